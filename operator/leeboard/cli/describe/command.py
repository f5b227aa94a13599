"""`leeboard describe`: reads one object with its children and Events, and shows what is with it."""

from __future__ import annotations

import argparse
from datetime import datetime
from typing import TYPE_CHECKING

from leeboard.api import names
from leeboard.api.drift_monitor import DriftMonitor
from leeboard.api.model import Model
from leeboard.api.model_version import ModelVersion
from leeboard.api.training_job import TrainingJob
from leeboard.cli.command import DONE, Command, Session, on_cluster
from leeboard.cli.describe import jobs, models, monitors, versions
from leeboard.cli.describe.children import children
from leeboard.cli.describe.happenings import happenings
from leeboard.cli.describe.page import Page, document, draw
from leeboard.cli.objects import KINDS, Objects, Raw, parsed, read
from leeboard.cli.options import add_output
from leeboard.cli.which import Meant, meant
from leeboard.kube.resources import DEPLOYMENT, JOB, POD, SERVICE, Resource

if TYPE_CHECKING:
    from leeboard.cli.cluster import Cluster

_WIDEST, _NARROWEST = 120, 60


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "target",
        metavar="[KIND] NAME",
        nargs="+",
        help="KIND is model, version, run, trainingjob or monitor; without it the first of them that has the name",
    )
    add_output(parser, "text")


async def _describe(session: Session, cluster: Cluster) -> int:
    namespace = cluster.namespace
    objects = parsed(await read(cluster, KINDS, namespace))
    for problem in objects.unreadable:
        session.terminal.note(f"leeboard: {problem}")
    found = meant(session.options.target, objects, namespace)
    made = await _children(cluster, found)
    page = page_of(found, objects, made, await cluster.events(namespace), now=session.now)
    if session.options.output == "text":
        width = min(_WIDEST, max(_NARROWEST, session.terminal.width or _WIDEST))
        session.terminal.lines(draw(page, session.now, width))
    else:
        session.terminal.document(document(page), session.options.output)
    return DONE


def page_of(found: Meant, objects: Objects, made: list[Raw], told: list[Raw], *, now: datetime) -> Page:
    """The page about an object: `made` is what was made for it, `told` the Events of its namespace."""
    thing, kind = found.object, found.object.kind
    about = [thing.metadata.uid, *(raw["metadata"].get("uid", "") for raw in made)]
    if isinstance(thing, Model):
        facts = tuple(models.facts(thing, now))
    elif isinstance(thing, ModelVersion):
        facts = tuple(versions.facts(thing, objects, now))
    elif isinstance(thing, DriftMonitor):
        facts = tuple(monitors.facts(thing, now))
    elif found.run is not None:
        kind, facts = "run", tuple(jobs.run_facts(thing, found.run, now))
    else:
        facts = tuple(jobs.facts(thing, now))
    return Page(
        kind,
        thing.metadata.namespace,
        found.run.id if found.run is not None else thing.metadata.name,
        facts,
        () if found.run is not None else thing.status.conditions,
        children(made, now),
        happenings(told, about),
    )


async def _children(cluster: Cluster, found: Meant) -> list[Raw]:
    """What was made for the object: serving for a Model or version, Jobs with their pods for training."""
    name, namespace = names.label_value(found.object.metadata.name), cluster.namespace
    if isinstance(found.object, DriftMonitor):
        return []
    if isinstance(found.object, TrainingJob):
        selector = f"{names.TRAINING_JOB}={name}" + (f",{names.RUN}={found.run.id}" if found.run is not None else "")
        kinds: tuple[Resource, ...] = (JOB, POD)
    else:
        selector = f"{names.MODEL if isinstance(found.object, Model) else names.VERSION}={name}"
        kinds = (DEPLOYMENT, POD) if isinstance(found.object, ModelVersion) else (DEPLOYMENT, SERVICE, POD)
    made = [raw for kind in kinds for raw in await cluster.children(kind, namespace, selector)]
    training = (names.TRAINING, names.EVALUATION)
    if isinstance(found.object, Model):
        return [raw for raw in made if (raw["metadata"].get("labels") or {}).get(names.PART) not in training]
    return made


COMMAND = Command(
    name="describe",
    summary="show what is with one object: state, reasons with hints, children, events",
    description="Show what is with a Model, a version, a run, a TrainingJob or a DriftMonitor: what it is, its"
    " conditions with the reason of each and what can be done about it, what was made for it, and what Events told"
    " lately (the API server keeps them for an hour unless it is told otherwise).",
    configure=_configure,
    run=on_cluster(_describe),
    examples=(
        ("describe late-flights", "the Model of that name"),
        ("describe version late-flights-5a3e91c07d", "one version"),
        ("describe run 77aa01bc9e", "one run, with its Jobs and pods"),
        ("describe monitor late-flights -o yaml", "the same for a program"),
    ),
)
