"""`leeboard replay`: reads the record of a rollout, and computes its figures and its decision again."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text

from leeboard.cli.command import DONE, FAILED, Command, Session, on_cluster
from leeboard.cli.errors import CommandError
from leeboard.cli.lineage.target import resolve
from leeboard.cli.objects import KINDS, parsed, read
from leeboard.cli.options import add_output
from leeboard.cli.registry.storing import access, add_storage, missing, storage_explained
from leeboard.cli.show import styles
from leeboard.cli.show.moments import utc
from leeboard.cli.show.text import styled

if TYPE_CHECKING:
    from leeboard.cli.cluster import Cluster
    from leeboard.evaluator.guards.record import RolloutRecord

MOST_SHOWN = 20
MOST_BYTES = 32 << 20
"""Of a record."""


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "target",
        metavar="FILE|MODEL[/VERSION]",
        help="a record that was downloaded, or the newest of a version in the Model's storage",
    )
    add_storage(parser)
    add_output(parser, "text")


def _run(session: Session) -> int:
    path = Path(session.options.target)
    if path.is_file():
        return _replayed(session, str(path), _file(path))
    if path.suffix == ".json":
        raise CommandError(f"there is no file {path}")
    return on_cluster(_stored)(session)


def _file(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}") from error


async def _stored(session: Session, cluster: Cluster) -> int:
    objects = parsed(await read(cluster, KINDS, cluster.namespace))
    version = resolve(session.options.target, objects, cluster.namespace)
    model = objects.model(cluster.namespace, version.spec.model_ref.name)
    if model is None:
        raise CommandError(f"there is no Model {version.spec.model_ref.name}: give the file of the record")
    storage = model.spec.storage
    if session.options.endpoint is None:
        session.options.endpoint = storage.endpoint
    store = (await access(session.options, cluster)).open(storage.uri)
    folder = f"observations/{version.metadata.name}/rollouts/"
    with storage_explained():
        keys = sorted(entry.key for entry in store.list(folder) if entry.key.endswith(".json"))
        if not keys:
            raise CommandError(f"{version.metadata.name} has no record of a rollout below {storage.uri}{folder}")
        data = store.get(keys[-1], most=MOST_BYTES)
    return _replayed(session, keys[-1], data)


def _replayed(session: Session, name: str, data: bytes) -> int:
    try:
        # numpy and pydantic's models of evidence take a second to import, which no other command has need of
        from leeboard.evaluator.guards.record import read_record  # noqa: PLC0415
        from leeboard.evaluator.guards.replay import differences  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise missing(error, "evaluator") from error
    try:
        record = read_record(data)
        found = differences(record)
    except (ValueError, ArithmeticError) as error:
        raise CommandError(f"{name}: {error}") from error
    if session.options.output != "text":
        session.terminal.document(_document(name, record, found), session.options.output)
    else:
        session.terminal.lines(list(_lines(record, found)))
    return FAILED if found else DONE


def _document(name: str, record: RolloutRecord, found: list[str]) -> dict[str, object]:
    decision = record.decision
    return {
        "record": name,
        "namespace": record.namespace,
        "model": record.model,
        "candidate": record.candidate,
        "champion": record.champion,
        "startedAt": utc(record.started_at),
        "looks": len(record.looks),
        "decision": None if decision is None else decision.model_dump(mode="json", by_alias=True),
        "same": not found,
        "differences": found,
    }


def _lines(record: RolloutRecord, found: list[str]) -> Iterator[Text]:
    yield styled(f"{record.namespace}/{record.model}: {record.candidate} against {record.champion}", style=styles.NAME)
    yield styled(f"since {utc(record.started_at)}, {len(record.looks)} looks")
    if record.decision is None:
        yield styled("no decision yet")
    else:
        one = record.decision
        yield styled(f"{one.outcome} by {one.by.lower()}, {utc(one.at)}: {one.reason}: {one.message}")
    if not found:
        yield styled(
            "the same: every figure, every verdict and the decision come out as they were recorded", style=styles.GOOD
        )
        return
    yield styled(f"NOT the same: {len(found)} differences", style=styles.BAD)
    for text in found[:MOST_SHOWN]:
        yield styled(f"  {text}")
    if len(found) > MOST_SHOWN:
        yield styled(f"  and {len(found) - MOST_SHOWN} more")


COMMAND = Command(
    name="replay",
    summary="compute the figures and the decision of a rollout again",
    description="Compute the figures and the decision of a rollout again from its record, which the evaluator leaves in"
    " the Model's storage below observations/<version>/rollouts/: counts and sums of every look, the analysis that was"
    " asked for, and what was decided. Of a decision by command the figures alone are compared.",
    configure=_configure,
    run=_run,
    examples=(
        ("replay 20260302T100000Z.json", "of a record that was downloaded"),
        ("replay late-flights/late-flights-5a3e91c07d --secret s3", "of that version's newest one"),
    ),
    statuses=((0, "everything comes out as it was recorded"), (1, "something does not, or it is no record")),
)
