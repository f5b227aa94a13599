"""Whether a rollout's figures and its decision follow from the counts that its record holds."""

from collections.abc import Iterator

from leeboard.evaluator.guards.record import Looked, RolloutRecord, looked_again
from leeboard.evaluator.guards.shared_again import differences_of_shares

_FOLLOWS = {"Promoted": "Pass", "Aborted": "Abort", "Lost": "Lost", "Inconclusive": "Inconclusive"}


def differences(record: RolloutRecord) -> list[str]:
    """What comes out otherwise when it is computed again, as sentences; nothing where all is the same. Raises
    ValueError for counts that cannot be."""
    again = [looked_again(record, one) for one in record.looks]
    pairs = zip(record.looks, again, strict=True)
    looks = (text for one, computed in pairs for text in _of_look(one, computed))
    return [*looks, *differences_of_shares(record), *_of_decision(record, again)]


def _of_look(one: Looked, again: Looked) -> Iterator[str]:
    for told, computed in zip(one.guards, again.guards, strict=False):
        yield from (
            f"{one.at.isoformat()}: {computed['name']}: {field} was {told.get(field)}, comes out as {value}"
            for field, value in computed.items()
            if told.get(field) != value
        )
    if len(one.guards) != len(again.guards):
        yield f"{one.at.isoformat()}: {len(one.guards)} figures, {len(again.guards)} come out"
    for field in ("verdict", "reason", "message"):
        if getattr(one, field) != getattr(again, field):
            yield f"{one.at.isoformat()}: {field} was {getattr(one, field)}, comes out as {getattr(again, field)}"


def _of_decision(record: RolloutRecord, again: list[Looked]) -> Iterator[str]:
    """Of a decision by the analysis: a look comes out so, and for the same reason.

    That need not be the newest one: the evaluator may look once more before the operator has acted.
    """
    decision = record.decision
    if decision is None or decision.by != "Analysis":
        return
    fitting = [one for one in again if one.verdict == _FOLLOWS.get(decision.outcome)]
    if not fitting:
        newest = f"the newest as {again[-1].verdict}" if again else "there is none"
        yield f"{decision.outcome} by the analysis; no look comes out so, {newest}"
    elif decision.outcome != "Promoted" and decision.reason not in {one.reason for one in fitting}:
        yield f"{decision.outcome} for {decision.reason}; the looks come out for {fitting[-1].reason}"
