"""`leeboard get models`: what serves, and what is on its way."""

from collections.abc import Iterator
from datetime import datetime

from rich.text import Text

from leeboard.api.model import Model
from leeboard.cli import comparing
from leeboard.cli.get.listing import Listed, Listing
from leeboard.cli.objects import Objects
from leeboard.cli.progress import samples, stage, time_left, weights
from leeboard.cli.show import styles
from leeboard.cli.show.moments import age
from leeboard.cli.show.table import Column, cell


def _rows(objects: Objects, now: datetime) -> Iterator[Listed]:
    for model in sorted(objects.models, key=lambda one: (one.metadata.namespace, one.metadata.name)):
        yield Listed(model.metadata.namespace, model.metadata.name, _cells(model, now))


def _cells(model: Model, now: datetime) -> tuple[Text, ...]:
    champion, candidate = model.status.champion, model.status.candidate
    compared = comparing.staying(model) if candidate is None else ()
    only = compared[0] if len(compared) == 1 else None
    ready = model.condition("Ready")
    status = ready.status if ready is not None else ""
    return (
        cell(model.metadata.name, styles.NAME),
        cell(champion.name if champion else ""),
        cell(candidate.name if candidate else only.name if only else f"{len(compared)} compared" if compared else ""),
        cell(stage(model, candidate) if candidate else only.phase if only else ""),
        cell(weights(candidate) if candidate else comparing.copied(only) if only else ""),
        cell(samples(model, candidate) if candidate else comparing.copies(model, only) if only else ""),
        cell(time_left(model, candidate, now) if candidate else comparing.time_left(model, only, now) if only else ""),
        cell(status, styles.of_word(status)),
        cell(ready.reason if ready is not None else ""),
        cell(age(model.metadata.creation_timestamp, now)),
    )


LISTING = Listing(
    name="models",
    aliases=("model", "mdl"),
    kind=Model,
    columns=(
        Column("MODEL"),
        Column("CHAMPION", end=True),
        Column("CANDIDATE", end=True),
        Column("STAGE"),
        Column("WEIGHT", right=True, spare=5),
        Column("SAMPLES", right=True, spare=3),
        Column("LEFT", spare=2),
        Column("READY"),
        Column("REASON", spare=4),
        Column("AGE", spare=1),
    ),
    rows=_rows,
)
