"""Gates decide on the evaluation's figures, and fail closed."""

import pytest

from leeboard.api.model import Gate
from leeboard.api.model_version import Comparison, Metric
from leeboard.planning.gates import evaluate_gates


def metric(name: str, value: str, low: str = "0", high: str = "0") -> Metric:
    return Metric(name=name, value=value, low=low, high=high)


@pytest.mark.parametrize(
    ("gate", "passed"),
    [
        ({"metric": "roc_auc", "min": "0.60"}, True),
        ({"metric": "roc_auc", "min": "0.70"}, True),
        ({"metric": "roc_auc", "min": "0.71"}, False),
        ({"metric": "log_loss", "max": "0.5"}, True),
        ({"metric": "log_loss", "max": "0.39"}, False),
        ({"metric": "roc_auc", "min": "0.6", "max": "0.65"}, False),
        ({"metric": "f1", "min": "0"}, False),
    ],
)
def test_a_threshold_bounds_the_value(gate: dict[str, str], passed: bool) -> None:
    measured = [metric("roc_auc", "0.70"), metric("log_loss", "0.40")]
    (result,) = evaluate_gates([Gate.model_validate({"type": "Threshold", **gate})], measured, None)
    assert result.passed is passed and result.gate == f"Threshold {gate['metric']}"


@pytest.mark.parametrize(
    ("name", "difference", "max_drop", "passed"),
    [
        ("roc_auc", ("0.05", "0.04", "0.06"), "0.005", True),
        ("roc_auc", ("0.000", "-0.004", "0.004"), "0.005", True),
        ("roc_auc", ("0.000", "-0.008", "0.008"), "0.005", False),  # too few rows to be sure
        ("roc_auc", ("-0.20", "-0.21", "-0.19"), "0.005", False),  # trained on shuffled labels
        ("log_loss", ("-0.10", "-0.12", "-0.08"), "0.01", True),  # lower is better
        ("log_loss", ("0.10", "0.08", "0.12"), "0.01", False),
        ("log_loss", ("0.000", "-0.02", "0.009"), "0.01", True),
    ],
)
def test_a_champion_may_only_be_followed_by_what_is_surely_no_worse(
    name: str, difference: tuple[str, str, str], max_drop: str, passed: bool
) -> None:
    gate = Gate.model_validate({"type": "VersusChampion", "metric": name, "maxDrop": max_drop})
    comparison = Comparison(champion="v1", differences=(metric(name, *difference),))
    (result,) = evaluate_gates([gate], [], comparison)
    assert result.passed is passed and "v1" in result.message


def test_the_first_version_has_no_champion_to_beat_but_a_missing_comparison_fails() -> None:
    gate = Gate.model_validate({"type": "VersusChampion", "metric": "roc_auc", "maxDrop": "0"})
    assert evaluate_gates([gate], [], None)[0].passed
    assert not evaluate_gates([gate], [], Comparison(champion="v1"))[0].passed
