"""`leeboard get models`: what serves, and what is on its way."""

from collections.abc import Iterator
from datetime import datetime

from rich.text import Text

from leeboard.api.model import Candidate, Model
from leeboard.cli.get.listing import Listed, Listing
from leeboard.cli.objects import Objects
from leeboard.cli.show import styles
from leeboard.cli.show.moments import age
from leeboard.cli.show.table import Column, cell


def _rows(objects: Objects, now: datetime) -> Iterator[Listed]:
    for model in sorted(objects.models, key=lambda one: (one.metadata.namespace, one.metadata.name)):
        yield Listed(model.metadata.namespace, model.metadata.name, _cells(model, now))


def _cells(model: Model, now: datetime) -> tuple[Text, ...]:
    champion, candidate = model.status.champion, model.status.candidate
    ready = model.condition("Ready")
    status = ready.status if ready is not None else ""
    return (
        cell(model.metadata.name, styles.NAME),
        cell(champion.name if champion else ""),
        cell(candidate.name if candidate else ""),
        cell(stage(model, candidate) if candidate else ""),
        cell(weights(candidate) if candidate else ""),
        cell(status, styles.of_word(status)),
        cell(ready.reason if ready is not None else ""),
        cell(age(model.metadata.creation_timestamp, now)),
    )


def stage(model: Model, candidate: Candidate) -> str:
    """Where the rollout is: its phase, and which of the canary's stages."""
    stages = len(model.spec.rollout.steps)
    numbered = candidate.phase == "Canary" and stages > 0
    return f"{candidate.phase} {candidate.step + 1}/{stages}" if numbered else candidate.phase


def weights(candidate: Candidate) -> str:
    """The candidate's share in percent: as asked for, of the pods, and of the requests where that is known."""
    observed = "?" if candidate.observed_weight is None else str(candidate.observed_weight)
    return f"{candidate.requested_weight}/{candidate.replica_weight}/{observed} %"


LISTING = Listing(
    name="models",
    aliases=("model", "mdl"),
    kind=Model,
    columns=(
        Column("MODEL"),
        Column("CHAMPION"),
        Column("CANDIDATE"),
        Column("STAGE"),
        Column("WEIGHT", right=True),
        Column("READY"),
        Column("REASON"),
        Column("AGE"),
    ),
    rows=_rows,
)
