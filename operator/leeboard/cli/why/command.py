"""`leeboard why`: from a champion, a version or a run back to its cause, with time and reference of every step."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from rich.text import Text

from leeboard.api.model_version import ModelVersion
from leeboard.cli.command import DONE, Command, Session, on_cluster
from leeboard.cli.describe.happenings import happenings
from leeboard.cli.objects import KINDS, Objects, Raw, parsed, read
from leeboard.cli.options import add_output
from leeboard.cli.show import styles
from leeboard.cli.show.moments import utc
from leeboard.cli.show.quantities import digest
from leeboard.cli.show.text import folded, joined, styled
from leeboard.cli.which import meant
from leeboard.cli.why.story import Story, story
from leeboard.cli.why.timeline import Entry, Reference
from leeboard.cli.why.version import Sources
from leeboard.kube.resources import JOB
from leeboard.planning.conditions import timestamp

if TYPE_CHECKING:
    from leeboard.cli.cluster import Cluster

_WIDEST, _NARROWEST = 120, 60
_TIME_WIDTH = 22
_MOST_EVENTS = 1000
_KINDS = ("model", "version", "run")


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "target",
        metavar="[KIND] NAME",
        nargs="+",
        help="KIND is model, version or run; without it the first of them that has the name",
    )
    parser.add_argument("--wide", action="store_true", help="UIDs and digests whole, lines as long as needed")
    add_output(parser, "text")


async def _why(session: Session, cluster: Cluster) -> int:
    namespace = cluster.namespace
    raws = await read(cluster, KINDS, namespace)
    objects = parsed(raws)
    for problem in objects.unreadable:
        session.terminal.note(f"leeboard: {problem}")
    found = meant(session.options.target, objects, namespace, _KINDS)
    jobs = await cluster.children(JOB, namespace)
    told = sources_of(objects, raws[ModelVersion], jobs, await cluster.events(namespace))
    whole = story(found, told)
    if session.options.output != "text":
        session.terminal.document(document(whole), session.options.output)
        return DONE
    width = None if session.options.wide else min(_WIDEST, max(_NARROWEST, session.terminal.width or _WIDEST))
    session.terminal.lines(draw(whole, width))
    return DONE


def sources_of(objects: Objects, versions: list[Raw], jobs: list[Raw], events: list[Raw]) -> Sources:
    """What a story is told from."""
    uids = [one.metadata.uid for one in objects.models]
    told = {uid: happenings(events, [uid], _MOST_EVENTS) for uid in uids}
    return Sources(objects, tuple(jobs), {raw["metadata"]["name"]: raw for raw in versions}, told)


def draw(whole: Story, width: int | None) -> Iterator[Text]:
    """The timeline, oldest entry first; `width` None folds nothing and shows references whole."""
    yield styled(f"{whole.kind} ", (whole.name, styles.NAME), f" in {whole.namespace}")
    for entry in whole.entries:
        yield from _entry(entry, width)
    if whole.unknown:
        yield Text()
        yield styled(("no longer known", styles.HEADING))
        for sentence in whole.unknown:
            yield from _indented(styled(sentence), width, 2)


def _entry(entry: Entry, width: int | None) -> Iterator[Text]:
    moment = utc(entry.at) if entry.at is not None else "time not known"
    reason = f" ({entry.reason})" if entry.reason and entry.reason not in entry.title else ""
    about = f" {entry.about}" if entry.about and entry.about not in entry.title else ""
    head = styled((f"{moment:<{_TIME_WIDTH}}", styles.LABEL), (entry.title, styles.NAME), (about, styles.QUIET), reason)
    yield from _indented(head, width, 0)
    if entry.message:
        yield from _indented(styled(entry.message), width, _TIME_WIDTH)
    references = ", ".join(_short(one) if width is not None else _whole(one) for one in entry.references)
    if references:
        yield from _indented(styled((references, styles.DIGEST)), width, _TIME_WIDTH)


def _indented(line: Text, width: int | None, indent: int) -> Iterator[Text]:
    blanks = Text(" " * indent)
    parts = [line] if width is None else folded(line, max(20, width - indent))
    for index, part in enumerate(parts):
        hanging = Text(" " * _TIME_WIDTH) if index and not indent else blanks
        yield joined(hanging, part)


def _short(reference: Reference) -> str:
    shown = digest(reference.id) if reference.id.startswith("sha256:") else reference.id[:12]
    return " ".join(part for part in (reference.kind, reference.name, shown) if part)


def _whole(reference: Reference) -> str:
    return " ".join(part for part in (reference.kind, reference.name, reference.id) if part)


def document(whole: Story) -> dict[str, Any]:
    """The same for a program: every entry with its step, time (null where it is not known), source and references."""
    return {
        "kind": whole.kind,
        "namespace": whole.namespace,
        "name": whole.name,
        "timeline": [
            {
                "step": one.step,
                "at": timestamp(one.at) if one.at is not None else None,
                "title": one.title,
                "reason": one.reason,
                "message": one.message,
                "source": one.source,
                "about": one.about,
                "references": [{"kind": r.kind, "name": r.name, "id": r.id} for r in one.references],
            }
            for one in whole.entries
        ],
        "unknown": list(whole.unknown),
    }


COMMAND = Command(
    name="why",
    summary="tell why a version serves, or does not: one timeline from its cause on",
    description="Tell what led to a version: its cause, the run, the evaluation, the gates, the approval, the stages of"
    " its rollout and their end, each with its time and with references (UID, digest, event) that can be followed."
    "\n\nOf a Model it is the story of its champion and candidate, with all champions that its status remembers. What"
    " nothing remembers any more is said at the end.",
    configure=_configure,
    run=on_cluster(_why),
    examples=(
        ("why late-flights", "why this version serves"),
        ("why version late-flights-c41a6f83d9", "why that version does not"),
        ("why run 0d4e55aa10", "why that run came to nothing"),
        ("why late-flights -o json", "for a program"),
    ),
)
