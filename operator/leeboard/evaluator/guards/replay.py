"""Whether a rollout's figures and its decision follow from the counts that its record holds."""

from collections.abc import Iterator

from leeboard.evaluator.guards.record import Looked, RolloutRecord, looked


def differences(record: RolloutRecord) -> list[str]:
    """What comes out otherwise when it is computed again, as sentences; nothing where all is the same."""
    found = [text for one in record.looks for text in _of_look(record, one)]
    return [*found, *_of_decision(record)]


def _of_look(record: RolloutRecord, one: Looked) -> Iterator[str]:
    again = looked(record.analysis, record.started_at, one.at, (one.candidate, one.champion), one.evidence)
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


_FOLLOWS = {"Promoted": "Pass", "Aborted": "Abort", "Inconclusive": "Inconclusive"}


def _of_decision(record: RolloutRecord) -> Iterator[str]:
    """Of a decision by the analysis: the newest look says the same, and the same reason."""
    decision = record.decision
    if decision is None or decision.by != "Analysis":
        return
    if not record.looks:
        yield f"{decision.outcome} by the analysis, without a look"
        return
    one = record.looks[-1]
    again = looked(record.analysis, record.started_at, one.at, (one.candidate, one.champion), one.evidence)
    if again.verdict != _FOLLOWS.get(decision.outcome):
        yield f"{decision.outcome} by the analysis; the last look comes out as {again.verdict}"
    elif decision.outcome != "Promoted" and decision.reason != again.reason:
        yield f"{decision.outcome} for {decision.reason}; the last look comes out as {again.reason}"
