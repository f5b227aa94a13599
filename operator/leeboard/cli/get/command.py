"""`leeboard get`: reads what the listings need, and shows it as tables or as JSON."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from rich.text import Text

from leeboard.cli.command import DONE, FAILED, MISUSED, Command, Session, on_cluster
from leeboard.cli.errors import CommandError
from leeboard.cli.get import models, monitors, runs, versions
from leeboard.cli.get.listing import Listing, render
from leeboard.cli.get.watching import watch
from leeboard.cli.objects import Kind, Objects, Raw, parsed, read
from leeboard.cli.options import add_output

if TYPE_CHECKING:
    from leeboard.cli.cluster import Cluster

LISTINGS: tuple[Listing, ...] = (models.LISTING, versions.LISTING, runs.LISTING, monitors.LISTING)
_BY_NAME = {name: listing for listing in LISTINGS for name in (listing.name, *listing.aliases)}


def _configure(parser: argparse.ArgumentParser) -> None:
    names = ", ".join(listing.name for listing in LISTINGS)
    parser.add_argument("what", nargs="?", metavar="WHAT", type=_listing, help=f"{names} (default: all four)")
    parser.add_argument("-A", "--all-namespaces", action="store_true", help="look at every namespace")
    parser.add_argument("-m", "--model", metavar="NAME", help="only what belongs to this Model")
    parser.add_argument("-w", "--watch", action="store_true", help="go on, and show what changes; ^C ends it")
    add_output(parser, "table")


def _listing(name: str) -> Listing:
    try:
        return _BY_NAME[name]
    except KeyError:
        known = ", ".join(listing.name for listing in LISTINGS)
        raise argparse.ArgumentTypeError(f"there are {known}, and no {name}") from None


async def _get(session: Session, cluster: Cluster) -> int:
    options = session.options
    listings = (options.what,) if options.what else LISTINGS
    namespace = None if options.all_namespaces else cluster.namespace
    kinds = dict.fromkeys(kind for listing in listings for kind in (listing.kind, *listing.beside))
    if options.watch:
        return await _watch(session, cluster, listings, kinds)
    raws = await read(cluster, kinds, namespace)
    if options.output != "table":
        session.terminal.document(document(listings, raws, options.model), options.output)
        return DONE
    objects = parsed(raws)
    lines = tables(listings, objects, session, namespaces=namespace is None)
    if lines:
        session.terminal.lines(lines)
    else:
        session.terminal.note(_nothing(listings, namespace, options.model))
    for problem in objects.unreadable:
        session.terminal.note(f"leeboard: {problem}")
    return FAILED if objects.unreadable else DONE


async def _watch(session: Session, cluster: Cluster, listings: tuple[Listing, ...], kinds: Iterable[Kind]) -> int:
    """The tables for as long as the user looks. Raises CommandError."""
    options = session.options
    if options.output != "table":
        raise CommandError("--watch shows tables; a program watches the API server itself", status=MISUSED)
    namespace = None if options.all_namespaces else cluster.namespace

    def show(objects: Objects, now: datetime) -> list[Text]:
        at_that_moment = Session(options, session.terminal, now)
        return tables(listings, objects, at_that_moment, namespaces=namespace is None)

    await watch(cluster, session.terminal, kinds, namespace, show)
    return DONE


def tables(listings: Iterable[Listing], objects: Objects, session: Session, *, namespaces: bool) -> list[Text]:
    """The tables that have rows, with an empty line between them."""
    lines: list[Text] = []
    for listing in listings:
        width, model = session.terminal.width, session.options.model
        found = render(listing, objects, session.now, model=model, namespaces=namespaces, width=width)
        lines += [Text(), *found] if lines and found else found
    return lines


def document(listings: Iterable[Listing], raws: Mapping[Kind, Iterable[Raw]], model: str | None) -> dict[str, Any]:
    """A List as kubectl gives it: objects without their managedFields, and runs with the place they stand in."""
    items = [
        item
        for listing in listings
        for raw in raws[listing.kind]
        if model in (None, _model_of(raw))
        for item in listing.documents(_without_managed_fields(raw))
    ]
    return {"apiVersion": "v1", "kind": "List", "items": items}


def _without_managed_fields(raw: Raw) -> Raw:
    metadata = {key: value for key, value in raw["metadata"].items() if key != "managedFields"}
    return {**raw, "metadata": metadata}


def _model_of(raw: Raw) -> str:
    name: str = raw["spec"].get("modelRef", raw["metadata"])["name"]
    return name


def _nothing(listings: tuple[Listing, ...], namespace: str | None, model: str | None) -> str:
    what = listings[0].name if len(listings) == 1 else "models, versions, runs or monitors"
    place = "in any namespace" if namespace is None else f"in namespace {namespace}"
    return f"no {what}{f' of {model}' if model else ''} {place}"


COMMAND = Command(
    name="get",
    summary="list models, versions, runs or monitors",
    description="List models, versions, runs or monitors: what serves, what is on its way, what was trained, what"
    " drifts.\n\nWEIGHT is the candidate's share in percent: as asked for, of the pods, and of the requests (? where"
    " that is not known yet). SAMPLES are the requests to it that were counted, of those that a promotion needs, and"
    " LEFT is what its stage still takes at least. ROWS are those in the window and, in brackets, how many more a"
    " verdict needs.",
    configure=_configure,
    run=on_cluster(_get),
    examples=(
        ("get", "everything in the context's namespace"),
        ("get models -A", "what serves in the whole cluster"),
        ("get versions -m late-flights", "every version of one Model, the newest first"),
        ("get models --watch", "how a rollout goes on"),
        ("get runs -o json", "runs as JSON, one item a run"),
    ),
)
