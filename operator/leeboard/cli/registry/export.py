"""`leeboard export`: versions with their lineage, and their artefacts where asked, as a bundle that can be carried."""

from __future__ import annotations

import argparse
import tarfile
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from leeboard.api import names
from leeboard.api.lineage_digest import lineage_digest
from leeboard.api.model import Model
from leeboard.api.model_version import ModelVersion
from leeboard.cli.command import DONE, Command, Session, on_cluster
from leeboard.cli.errors import CommandError, unknown
from leeboard.cli.objects import Objects, Raw, parsed, read
from leeboard.cli.options import add_output
from leeboard.cli.registry.archived import CONTRACT, INDEX, canonical
from leeboard.cli.registry.pasts import past_of
from leeboard.cli.registry.storing import Access, access, add_storage, storage_explained
from leeboard.cli.show.quantities import digest
from leeboard.cli.show.text import styled
from leeboard.cli.standing import parents, standing
from leeboard.cli.which import version_of
from leeboard.cli.why.version import annotated_at
from leeboard.planning.conditions import timestamp
from leeboard.planning.rollout.selection import age_order, registered_at
from leeboard.planning.training.registration import ARCHIVED
from leeboard.storage.digests import digest_of

if TYPE_CHECKING:
    from leeboard.cli.cluster import Cluster

_TARS = {".tar": "w", ".gz": "w:gz", ".tgz": "w:gz"}


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("target", metavar="MODEL[/VERSION]", help="all versions of a Model, or one of them")
    parser.add_argument(
        "--to", metavar="PLACE", required=True, help="a folder that is not there yet, or a file .tar, .tar.gz or .tgz"
    )
    parser.add_argument("--artefacts", action="store_true", help="with the models' files, not only their lineage")
    add_storage(parser)
    add_output(parser, "text")


async def _export(session: Session, cluster: Cluster) -> int:
    options = session.options
    raws = await read(cluster, (Model, ModelVersion), cluster.namespace)
    objects = parsed(raws)
    by_name = {raw["metadata"]["name"]: raw for raw in raws[ModelVersion]}
    chosen = _chosen(options.target, objects, cluster.namespace)
    target = _new_place(options.to)
    reach = await access(options, cluster) if options.artefacts else None
    with tempfile.TemporaryDirectory(prefix="leeboard-") as scratch:
        folder = Path(scratch) / "bundle"
        index = write_bundle(folder, chosen, by_name, objects, reach)
        index["exportedAt"] = timestamp(session.now)
        (folder / INDEX).write_bytes(canonical(index))
        _deliver(folder, target)
    if options.output != "text":
        session.terminal.document(index, options.output)
    else:
        rows = (f"{one['name']}  lineage {digest(one['lineageDigest'])}" for one in index["versions"])
        session.terminal.lines(styled(row) for row in rows)
        session.terminal.note(f"{len(chosen)} versions written to {target}")
    return DONE


def _new_place(text: str) -> Path:
    """Where the bundle goes. Raises CommandError where something is there."""
    target = Path(text).expanduser()
    if target.exists():
        raise CommandError(f"{target} is there already", "name a place that is not")
    return target


def _chosen(target: str, objects: Objects, namespace: str) -> list[ModelVersion]:
    """The versions meant, the oldest first."""
    if "/" in target:
        return [version_of(target, objects, namespace)]
    own = sorted((one for one in objects.versions if one.spec.model_ref.name == target), key=age_order)
    if not own:
        there = {one.spec.model_ref.name for one in objects.versions}
        raise unknown("Model with versions", target, namespace, there)
    return own


def write_bundle(
    folder: Path,
    versions: Iterable[ModelVersion],
    raws: dict[str, Raw],
    objects: Objects,
    reach: Access | None,
) -> dict[str, Any]:
    """Write versions into a new folder; the bundle's index. Without `reach` artefacts stay where they are.

    Raises CommandError.
    """
    entries: list[dict[str, Any]] = []
    for version in versions:
        name = version.metadata.name
        data = canonical(portable(raws[name], version))
        place = folder / "versions" / name
        place.mkdir(parents=True)
        (place / ARCHIVED).write_bytes(data)
        if reach is not None:
            _copy(version, reach, place / "artefact")
        model = objects.model(version.metadata.namespace, version.spec.model_ref.name)
        entries.append(
            {
                "name": name,
                "model": version.spec.model_ref.name,
                "lineageDigest": lineage_digest(version.spec),
                "documentDigest": digest_of(data),
                "artefact": reach is not None,
                "standing": standing(version, model, parents(objects.versions)).word,
                "past": past_of(version, model, annotated_at(raws[name], names.APPROVED_BY)).dump(),
            }
        )
    return {"contract": CONTRACT, "versions": entries}


def portable(raw: Raw, version: ModelVersion) -> Raw:
    """A version without what belongs to this cluster alone: name, labels, when it was registered, and its spec."""
    registered = registered_at(version)
    labels = raw["metadata"].get("labels")
    metadata = {"name": version.metadata.name} | ({"labels": labels} if labels else {})
    if registered is not None:
        metadata["annotations"] = {names.REGISTERED_AT: timestamp(registered)}
    return {"apiVersion": raw["apiVersion"], "kind": raw["kind"], "metadata": metadata, "spec": raw["spec"]}


def _copy(version: ModelVersion, reach: Access, folder: Path) -> None:
    store = reach.open(version.spec.artifact.uri)
    with storage_explained():
        for entry in store.list():
            if not entry.key.endswith("/"):
                store.read_to(entry.key, folder / entry.key)


def _deliver(folder: Path, target: Path) -> None:
    mode = _TARS.get(target.suffix)
    target.parent.mkdir(parents=True, exist_ok=True)
    if mode is None:
        _move(folder, target)
        return
    with tarfile.open(target, mode) as archive:  # type: ignore[call-overload]
        archive.add(folder, arcname=".")


def _move(folder: Path, target: Path) -> None:
    """Copies: the scratch folder may lie on another file system."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            place = target / path.relative_to(folder)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(path.read_bytes())


COMMAND = Command(
    name="export",
    summary="write versions with their lineage, and their files, into a bundle",
    description="Write the versions of a Model, or one of them, into a bundle: a folder or a tar file with every"
    " version's lineage and, with --artefacts, its files. Every document and every file has a digest in it, and each"
    " version the digest of its lineage, which stays the same wherever the bundle is restored."
    "\n\nA bundle also tells who approved each version, which were rolled back and why, and which served last. Storage"
    " alone does not: export regularly, without --artefacts where the bucket is kept anyway.",
    configure=_configure,
    run=on_cluster(_export),
    examples=(
        ("export late-flights --to late-flights.tar.gz --artefacts --secret s3", "all versions"),
        ("export late-flights --to late-flights.tar.gz", "the registry alone"),
        ("export late-flights/late-flights-5a3e91c07d --to bundle/", "one lineage"),
    ),
)
