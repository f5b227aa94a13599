"""`leeboard lineage`: reads the registry, and draws where a version comes from."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from leeboard.api.model_version import ModelVersion
from leeboard.cli.command import DONE, FAILED, Command, Session, on_cluster
from leeboard.cli.lineage.chain import follow
from leeboard.cli.lineage.document import document
from leeboard.cli.lineage.target import resolve
from leeboard.cli.lineage.tree import draw
from leeboard.cli.objects import KINDS, parsed, read
from leeboard.cli.options import add_output

if TYPE_CHECKING:
    from leeboard.cli.cluster import Cluster

_WIDEST, _NARROWEST = 100, 60


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "target", metavar="MODEL[/VERSION]", help="a Model, or a version or run of it (default: champion)"
    )
    add_output(parser, "text")
    parser.add_argument(
        "--wide", action="store_true", help="digests, figures and addresses whole, lines as long as needed"
    )


async def _lineage(session: Session, cluster: Cluster) -> int:
    options, namespace = session.options, cluster.namespace
    raws = await read(cluster, KINDS, namespace)
    objects = parsed(raws)
    for problem in objects.unreadable:
        session.terminal.note(f"leeboard: {problem}")
    start = resolve(options.target, objects, namespace)
    chain = follow(start, {one.metadata.name: one for one in objects.versions})
    model = objects.model(namespace, start.spec.model_ref.name)
    if options.output != "text":
        by_name = {raw["metadata"]["name"]: raw for raw in raws[ModelVersion]}
        session.terminal.document(document(chain, model, objects, by_name), options.output)
    else:
        width = min(_WIDEST, max(_NARROWEST, session.terminal.width or _WIDEST))
        session.terminal.lines(draw(chain, model, objects, width=width, wide=options.wide))
    return FAILED if objects.unreadable else DONE


COMMAND = Command(
    name="lineage",
    summary="show where a model comes from, back to the first version",
    description="Show where a version comes from: why it was trained, by which code, image, data and parameters, how"
    " good it is beside the version before it, and the same of that one, back to the first."
    "\n\nDigests and commits are those that the runs observed, in their first 12 digits. Intervals are those of 95 %.",
    configure=_configure,
    run=on_cluster(_lineage),
    examples=(
        ("lineage late-flights", "of the version that serves"),
        ("lineage late-flights/late-flights-5a3e91c07d", "of that version"),
        ("lineage late-flights --wide", "with whole digests and addresses"),
        ("lineage late-flights -o json", "for a program"),
    ),
)
