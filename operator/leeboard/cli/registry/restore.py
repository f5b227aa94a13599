"""`leeboard restore`: rebuilds the registry from what is archived beside the artefacts, or from a bundle."""

from __future__ import annotations

import argparse
import tarfile
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from leeboard.api import names
from leeboard.api.model_version import ModelVersion
from leeboard.cli.command import DONE, FAILED, Command, Session, on_cluster
from leeboard.cli.errors import CommandError, Taken, some
from leeboard.cli.objects import parsed, read
from leeboard.cli.options import add_output
from leeboard.cli.registry.archived import INDEX, Archived, read_bundle, read_storage
from leeboard.cli.registry.holding_back import held_back
from leeboard.cli.registry.restoring import Intent, intents, manifest_for, upload, verified
from leeboard.cli.registry.storing import Access, access, add_storage, place, storage_explained
from leeboard.cli.show import styles
from leeboard.cli.show.quantities import digest
from leeboard.cli.show.table import Column, cell, table
from leeboard.kube.resources import SERVICE

if TYPE_CHECKING:
    from leeboard.cli.cluster import Cluster

_TARS = (".tar", ".gz", ".tgz")
_WORDS = {"create": "restored", "present": "is there", "conflict": "conflict"}


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "source", metavar="SOURCE", help="s3://bucket/folder/ that runs wrote to, or a bundle: a folder or tar file"
    )
    parser.add_argument("-m", "--model", metavar="NAME", help="only the versions of this Model")
    parser.add_argument(
        "--to", metavar="URI", help="bring the files below this folder in storage, and register them there"
    )
    parser.add_argument(
        "--approve",
        action="store_true",
        help="approve, by your own name, those that had an approval and were not rolled back (needs the verb approve)",
    )
    parser.add_argument(
        "--champion",
        metavar="VERSION",
        action="append",
        default=[],
        help="that version served last: newer ones of its Model are held back, where nothing else tells of them",
    )
    parser.add_argument("--dry-run", action="store_true", help="verify everything and say what would be done, no more")
    add_storage(parser)
    add_output(parser, "text")


async def _restore(session: Session, cluster: Cluster) -> int:
    options = session.options
    reach = await access(options, cluster)
    with _archives(options.source, reach) as archived:
        chosen = [one for one in archived if options.model in (None, one.version.spec.model_ref.name)]
        if not chosen:
            raise CommandError(f"no version is archived at {options.source}", _WHERE)
        live = parsed(await read(cluster, (ModelVersion,), cluster.namespace)).versions
        serving = [*_named(options.champion, chosen), *await _champions(cluster)]
        approver = await _approver(cluster) if options.approve else ""
        planned = intents(held_back(chosen, live, serving, session.now), live, serving)
        for intent in planned:
            if intent.action == "create":
                verified(intent, reach)
        results = [await _carried_out(session, cluster, intent, reach, approver) for intent in planned]
    _show(session, cluster.namespace, planned, results)
    return FAILED if any(intent.action == "conflict" for intent in planned) else DONE


_WHERE = "a run archives version.json beside its artefact, below spec.output.uri of its TrainingJob"


@contextmanager
def _archives(source: str, reach: Access) -> Iterator[Iterable[Archived]]:
    """The archived versions of a place, for as long as they are needed. Raises CommandError."""
    path = Path(source).expanduser()
    if path.is_file() and path.suffix in _TARS:
        with tempfile.TemporaryDirectory(prefix="leeboard-") as scratch:
            try:
                with tarfile.open(path) as archive:
                    archive.extractall(scratch, filter="data")
            except tarfile.TarError as error:
                raise CommandError(f"{path} is no bundle", str(error)) from error
            yield _read(place(scratch), reach)
        return
    yield _read(place(source), reach)


def _read(uri: str, reach: Access) -> Iterable[Archived]:
    store = reach.open(uri)
    with storage_explained():
        is_bundle = any(entry.key == INDEX for entry in store.list(INDEX))
    return read_bundle(store, uri) if is_bundle else read_storage(store, uri)


async def _champions(cluster: Cluster) -> list[str]:
    """The versions that Services lead to: those that serve, whatever a Model's status remembers."""
    services = await cluster.children(SERVICE, cluster.namespace, names.MODEL)
    selectors = [service["spec"].get("selector") or {} for service in services]
    return [one[names.VERSION] for one in selectors if names.VERSION in one]


def _named(champions: Iterable[str], archived: Iterable[Archived]) -> list[str]:
    """Labels of the versions that the user says served last. Raises CommandError for one that is not archived."""
    there = {one.version.metadata.name for one in archived}
    for name in champions:
        if name not in there:
            raise CommandError(f"--champion {name} is not among what is restored", f"there are: {some(sorted(there))}")
    return [names.label_value(name) for name in champions]


async def _approver(cluster: Cluster) -> str:
    """The user's name, which is what an approval consists of. Raises CommandError where the API server has none."""
    user = await cluster.user()
    if not user:
        raise CommandError("the API server does not tell your name, and an approval is one's own name")
    return user


async def _carried_out(session: Session, cluster: Cluster, intent: Intent, reach: Access, approver: str) -> str:
    """What became of one version, in a word."""
    options, archived = session.options, intent.archived
    if intent.action != "create":
        return _WORDS[intent.action]
    if options.dry_run:
        return "would be restored"
    document = upload(archived, reach, place(options.to)) if options.to else archived.document
    try:
        await cluster.create(manifest_for(document, archived, cluster.namespace, approver=approver))
    except Taken:
        return "is there"
    session.terminal.note(f"{archived.version.metadata.name} restored")
    return _WORDS["create"]


def _show(session: Session, namespace: str, planned: list[Intent], results: list[str]) -> None:
    pairs = list(zip(planned, results, strict=True))
    if session.options.output != "text":
        session.terminal.document(document(namespace, session.options.source, pairs), session.options.output)
        return
    columns = [Column("VERSION"), Column("LINEAGE"), Column("REGISTERED"), Column("RESULT"), Column("NOTE")]
    rows = [
        (
            cell(intent.archived.version.metadata.name, styles.NAME),
            cell(digest(intent.archived.lineage), styles.DIGEST),
            cell(intent.archived.registered_at),
            cell(result, styles.BAD if intent.action == "conflict" else ""),
            cell(intent.message),
        )
        for intent, result in pairs
    ]
    session.terminal.lines(table(columns, rows, session.terminal.width))


def document(namespace: str, source: str, pairs: Iterable[tuple[Intent, str]]) -> dict[str, Any]:
    """What was done with each version."""
    return {
        "namespace": namespace,
        "source": source,
        "versions": [
            {
                "name": intent.archived.version.metadata.name,
                "model": intent.archived.version.spec.model_ref.name,
                "lineageDigest": intent.archived.lineage,
                "registeredAt": intent.archived.registered_at,
                "result": result,
                "message": intent.message,
                "past": intent.archived.past.dump() if intent.archived.past is not None else {},
            }
            for intent, result in pairs
        ],
    }


COMMAND = Command(
    name="restore",
    summary="rebuild the registry from object storage, or from a bundle",
    description="Rebuild ModelVersions from the documents that runs archive beside their artefacts, or from a bundle of"
    " `leeboard export`. The digest of every document, manifest and lineage is verified before anything is created;"
    " versions that are there are left alone, so that it can be repeated."
    "\n\nGates are decided again. A bundle tells which versions were rolled back, and they stay shut out; who had"
    " approved is shown, and counts only where you approve anew, with --approve by your own name. Storage alone tells"
    " neither: of its versions those that are newer than the one known to serve are held back, until"
    " `leeboard retry rollout` gives them a rollout."
    "\n\nRestored versions are as old as they were, and those that serve come first: an empty Model takes its champion"
    " from its Service."
    "\n\nTrained versions, and pasts, need the verb restore on modelversions.leeboard.dev, which the chart's"
    " ClusterRole leeboard-registrar has.",
    configure=_configure,
    run=on_cluster(_restore),
    examples=(
        ("restore s3://models/late-flights/ --secret s3 --dry-run", "what would be restored"),
        ("restore s3://models/late-flights/ --secret s3", "what runs archived there"),
        ("restore late-flights.tar.gz --to s3://other/ --secret s3", "a bundle, with its files"),
    ),
)
