"""The record of one rollout: everything that its decision rested on, look by look, without a row of data.

It is read strictly, by whoever replays it: a file that was made or changed by somebody else is refused, or gives other
figures than it tells.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any, Literal, Protocol

from pydantic import Field, ValidationError, model_validator

from leeboard.api.durations import parse_duration
from leeboard.api.rollout import Analysis
from leeboard.evaluator.guards.evidence import Count, Evidence, Strict
from leeboard.evaluator.guards.figures import row_of
from leeboard.evaluator.guards.tested import Tested
from leeboard.planning.rollout.challengers.result import Result
from leeboard.planning.rollout.guards.analysis import Result as Analysed
from leeboard.planning.rollout.guards.analysis import analyse, out_of_time
from leeboard.planning.rollout.guards.counts import Counts
from leeboard.planning.rollout.guards.figures import guard_figures
from leeboard.planning.rollout.guards.rule import limit_of

CONTRACT = 1
MOST_LOOKS = 120
MOST_EVIDENCE = 64
MOST_BYTES = 32 << 20
Version = Annotated[str, Field(min_length=1, max_length=253)]
Outcome = Literal["Promoted", "Aborted", "Lost", "Inconclusive", "Superseded"]


class Window(Protocol):
    """What is counted in one window of a pod."""

    @property
    def requests(self) -> int: ...

    @property
    def errors(self) -> int: ...


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
    tested: Tested | None = None
    verdict: Literal["Pass", "Abort", "Lost", "Continue", "Inconclusive"]
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
    """A rollout from the candidate's first request on; of an A/B test the candidate is one of its challengers."""

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


def looked_again(record: RolloutRecord, look: Looked) -> Looked:
    """What follows from the counts of a look that was recorded. Raises ValueError for what cannot be."""
    sides = (look.candidate, look.champion)
    if look.tested is None:
        return looked(record.analysis, record.started_at, look.at, sides, look.evidence)
    return tested(record.analysis, record.candidate, look.at, sides, found=look.evidence, test=look.tested)


def looked(
    analysis: Analysis, started_at: datetime, at: datetime, sides: tuple[Traffic, Traffic], found: tuple[Evidence, ...]
) -> Looked:
    """What follows from counts. Pure: the same counts give the same rows and the same verdict."""
    rows = rows_of(analysis, found)
    return _looked(at, sides, found, rows, verdict(analysis, started_at, at, sides, rows))


def tested(
    analysis: Analysis,
    challenger: str,
    at: datetime,
    sides: tuple[Traffic, Traffic],
    *,
    found: tuple[Evidence, ...],
    test: Tested,
) -> Looked:
    """The same of one challenger in an A/B test. Raises ValueError for what cannot be."""
    rows = rows_of(analysis, found)
    result = test.result(analysis, challenger, guarded(analysis, sides, rows))
    return _looked(at, sides, found, rows, result).model_copy(update={"tested": test})


def traffic_of(windows: Iterable[Window]) -> Traffic:
    """What the pods of a version counted."""
    counted = [(one.requests, one.errors) for one in windows]
    return Traffic(requests=sum(one for one, _ in counted), errors=sum(one for _, one in counted))


def guarded(analysis: Analysis, sides: tuple[Traffic, Traffic], rows: tuple[dict[str, Any], ...]) -> Result:
    """What the guards of a challenger say."""
    found, requests = _analysed(analysis, sides, rows), sides[0].requests
    return Result(found.verdict, found.reason, found.message, requests)


def _looked(
    at: datetime,
    sides: tuple[Traffic, Traffic],
    found: tuple[Evidence, ...],
    rows: tuple[dict[str, Any], ...],
    result: Result | Analysed,
) -> Looked:
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
) -> Analysed:
    """The operator's own rule on the rows of a look."""
    result = _analysed(analysis, sides, rows)
    longest = analysis.max_duration
    if longest is not None and at >= started_at + parse_duration(longest):
        return out_of_time(result, longest)
    return result


def _analysed(analysis: Analysis, sides: tuple[Traffic, Traffic], rows: tuple[dict[str, Any], ...]) -> Analysed:
    counts = [Counts(one.requests, one.errors, float("nan"), float("nan")) for one in sides]
    return analyse(analysis, counts[0], counts[1], guard_figures({"guards": list(rows)}))


def _names(look: Looked) -> set[str]:
    return {arm.name for arm in look.tested.arms} if look.tested is not None else set()


def with_look(record: RolloutRecord, look: Looked) -> RolloutRecord:
    """The record with one more look; of too many every second is left out, never the newest, one where the verdict
    changed, or the last one with a version that went."""
    looks = (*record.looks, look)
    if len(looks) > MOST_LOOKS:
        looks = tuple(
            one
            for place, one in enumerate(looks)
            if place % 2 == 0
            or place >= len(looks) - 2
            or one.verdict != looks[place - 1].verdict
            or _names(one) - _names(looks[place + 1])
        )[-MOST_LOOKS:]
    return record.model_copy(update={"looks": looks})
