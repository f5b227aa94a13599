"""The record of one rollout: everything that its decision rested on, look by look, without a row of data.

It is read strictly, by whoever replays it: a file that was made or changed by somebody else is refused, or gives other
figures than it tells.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, model_validator

from leeboard.api.durations import parse_duration
from leeboard.api.rollout import Analysis
from leeboard.evaluator.guards.evidence import Count, Evidence, Strict
from leeboard.evaluator.guards.figures import row_of
from leeboard.planning.rollout.guards.analysis import Result, analyse, out_of_time
from leeboard.planning.rollout.guards.counts import Counts
from leeboard.planning.rollout.guards.figures import guard_figures
from leeboard.planning.rollout.guards.rule import limit_of

CONTRACT = 1
MOST_LOOKS = 120
MOST_EVIDENCE = 64
MOST_BYTES = 32 << 20
Version = Annotated[str, Field(min_length=1, max_length=253)]
Outcome = Literal["Promoted", "Aborted", "Inconclusive", "Superseded"]


class Traffic(Strict):
    """What the pods of one version counted."""

    requests: Count
    errors: Count


class Looked(Strict):
    """One look: the counts, and what followed from them when they were looked at."""

    at: datetime
    candidate: Traffic
    champion: Traffic
    evidence: Annotated[tuple[Evidence, ...], Field(max_length=MOST_EVIDENCE)]
    guards: Annotated[tuple[dict[str, Any], ...], Field(max_length=MOST_EVIDENCE)]
    verdict: Literal["Pass", "Abort", "Continue", "Inconclusive"]
    reason: Annotated[str, Field(max_length=128)]
    message: Annotated[str, Field(max_length=8192)]


class Decision(Strict):
    """How the rollout ended: by the analysis, or by somebody's command or for another cause."""

    at: datetime
    outcome: Outcome
    by: Literal["Analysis", "Command", "Other"]
    reason: Annotated[str, Field(max_length=128)]
    message: Annotated[str, Field(max_length=8192)]


class RolloutRecord(Strict):
    """A rollout from the candidate's first request on. `alpha` is that of each guard."""

    contract: Literal[1] = 1
    namespace: Annotated[str, Field(max_length=63)]
    model: Annotated[str, Field(max_length=63)]
    candidate: Version
    champion: Version
    started_at: datetime
    analysis: Analysis
    looks: Annotated[tuple[Looked, ...], Field(max_length=MOST_LOOKS)] = ()
    decision: Decision | None = None

    @model_validator(mode="after")
    def _in_order(self) -> "RolloutRecord":
        moments = [one.at for one in self.looks]
        if any(one.tzinfo is None for one in (self.started_at, *moments)) or moments != sorted(moments):
            raise ValueError("looks have to be in the order of time, with a zone")
        return self

    def to_bytes(self) -> bytes:
        """As it is stored."""
        return self.model_dump_json(by_alias=True, exclude_none=True).encode()


def read_record(data: bytes) -> RolloutRecord:
    """Raises ValueError with the first thing that is wrong where it is no record of this contract."""
    if len(data) > MOST_BYTES:
        raise ValueError(f"{len(data)} bytes are no record of a rollout: it has {MOST_BYTES} at most")
    try:
        return RolloutRecord.model_validate_json(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "document"
        raise ValueError(f"no record of a rollout of contract {CONTRACT}: {place}: {first['msg']}") from error
    except RecursionError as error:
        raise ValueError("no record of a rollout: it is nested too deeply") from error


def looked(
    analysis: Analysis, started_at: datetime, at: datetime, sides: tuple[Traffic, Traffic], found: tuple[Evidence, ...]
) -> Looked:
    """What follows from counts. Pure: the same counts give the same rows and the same verdict."""
    rows = rows_of(analysis, found)
    result = verdict(analysis, started_at, at, sides, rows)
    return Looked(
        at=at,
        candidate=sides[0],
        champion=sides[1],
        evidence=found,
        guards=rows,
        verdict=result.verdict,
        reason=str(result.reason),
        message=result.message[:8192],
    )


def rows_of(analysis: Analysis, found: Iterable[Evidence]) -> tuple[dict[str, Any], ...]:
    """The rows of guards in the status."""
    limits = {(one.type, one.subject): limit_of(one) for one in analysis.guards}
    return tuple(row_of(one, limits.get((one.guard, one.subject), 0.0)) for one in found)


def verdict(
    analysis: Analysis,
    started_at: datetime,
    at: datetime,
    sides: tuple[Traffic, Traffic],
    rows: tuple[dict[str, Any], ...],
) -> Result:
    """The operator's own rule on the rows of a look."""
    counts = [Counts(one.requests, one.errors, float("nan"), float("nan")) for one in sides]
    result = analyse(analysis, counts[0], counts[1], guard_figures({"guards": list(rows)}))
    longest = analysis.max_duration
    if longest is not None and at >= started_at + parse_duration(longest):
        return out_of_time(result, longest)
    return result


def with_look(record: RolloutRecord, look: Looked) -> RolloutRecord:
    """The record with one more look; of too many every second is left out, never the newest or one where the verdict
    changed."""
    looks = (*record.looks, look)
    if len(looks) > MOST_LOOKS:
        looks = tuple(
            one
            for place, one in enumerate(looks)
            if place % 2 == 0 or place >= len(looks) - 2 or one.verdict != looks[place - 1].verdict
        )[-MOST_LOOKS:]
    return record.model_copy(update={"looks": looks})
