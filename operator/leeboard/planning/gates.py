"""Gates: whether a version's figures are good enough to serve.

They compare only figures of the evaluation on the candidate's holdout, never what a script says of itself.
A figure that is missing fails its gate.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from leeboard.api.metrics import higher_is_better
from leeboard.api.model import Gate
from leeboard.api.model_version import Comparison, GateResult, Metric


def evaluate_gates(
    gates: Iterable[Gate], metrics: Sequence[Metric], comparison: Comparison | None
) -> tuple[GateResult, ...]:
    """One result a gate, in order; `comparison` is None where there was no champion to compare with."""
    return tuple(
        _threshold(gate, metrics) if gate.type == "Threshold" else _versus_champion(gate, comparison) for gate in gates
    )


def _threshold(gate: Gate, metrics: Sequence[Metric]) -> GateResult:
    metric = _named(metrics, gate.metric)
    if metric is None:
        return _result(gate, False, f"{gate.metric} was not measured")
    value = Decimal(metric.value)
    too_low = gate.min is not None and value < Decimal(gate.min)
    too_high = gate.max is not None and value > Decimal(gate.max)
    bounds = " and ".join(
        f"{word} {bound}" for word, bound in (("at least", gate.min), ("at most", gate.max)) if bound is not None
    )
    return _result(gate, not (too_low or too_high), f"{gate.metric} {metric.value}, wanted {bounds}")


def _versus_champion(gate: Gate, comparison: Comparison | None) -> GateResult:
    """Non-inferiority: the whole interval of the paired difference has to lie above -maxDrop.

    The difference is candidate minus champion, turned so that more is better.
    """
    if comparison is None:
        return _result(gate, True, "no champion to compare with")
    difference = _named(comparison.differences, gate.metric)
    if difference is None:
        return _result(gate, False, f"{gate.metric} was not compared with {comparison.champion}")
    worst = Decimal(difference.low) if higher_is_better(gate.metric) else -Decimal(difference.high)
    passed = worst >= -Decimal(gate.max_drop or "0")
    return _result(
        gate,
        passed,
        f"{gate.metric} differs from {comparison.champion} by {difference.value} "
        f"[{difference.low}, {difference.high}], may be worse by at most {gate.max_drop or '0'}",
    )


def _named(metrics: Iterable[Metric], name: str) -> Metric | None:
    return next((metric for metric in metrics if metric.name == name), None)


def _result(gate: Gate, passed: bool, message: str) -> GateResult:
    return GateResult(gate=f"{gate.type} {gate.metric}", passed=passed, message=message[:1024])
