"""RewardMetric: by what arms are compared, versions that each answer a part of the callers."""

from typing import Literal

from leeboard.api.base import SpecModel
from leeboard.api.cel import belongs, rules
from leeboard.api.fields import Decimal, described
from leeboard.api.metrics import LARGEST_LOG_LOSS

MeanMetric = Literal["accuracy", "error_rate", "log_loss", "brier", "mae", "mse"]
"""Metrics that are means over predictions."""
UNBOUNDED: tuple[MeanMetric, ...] = ("mae", "mse")
"""Those of them whose numbers have no bound of their own."""


class RewardMetric(SpecModel):
    """A number that every prediction earns, and which way it is good."""

    model_config = SpecModel.model_config | {
        "json_schema_extra": rules(
            (belongs("metric", "Performance"), "metric belongs to type Performance, which needs it"),
            (
                "self.type == 'Outcome' || !(has(self.goal) || has(self.unlabelled) || has(self.min))",
                "goal, unlabelled and min belong to type Outcome",
            ),
            (
                f"!has(self.metric) || (self.metric in {list(UNBOUNDED)}) == has(self.max)",
                "mae and mse need max; other metrics have a bound of their own",
            ),
            (
                "has(self.max) ? double(self.max) > double(has(self.min) ? self.min : '0') : !has(self.min)",
                "min needs max; max must be greater than min, or than 0",
            ),
        )
    }

    type: Literal["Outcome", "Performance"] = described(
        "Outcome: the label itself, such as whether a customer bought. Performance: how good the prediction was by it."
    )
    metric: MeanMetric | None = described("Performance: the metric, such as log_loss.", default=None)
    goal: Literal["Maximize", "Minimize"] | None = described(
        "Outcome: which way it is good; Maximize where absent.", default=None
    )
    min: Decimal | None = described("Outcome of a Regression: the least that counts; 0 where absent.", default=None)
    max: Decimal | None = described(
        "Outcome of a Regression, mae, mse: the most that counts; what lies beyond counts as this.", default=None
    )
    unlabelled: Literal["Ignore", "Zero"] | None = described(
        "Outcome: what a prediction is without a label for prediction.labelDelay: not counted, the default, or 0.",
        default=None,
    )

    @property
    def maximizes(self) -> bool:
        """Whether more of it is better."""
        if self.type == "Performance":
            return self.metric == "accuracy"
        return self.goal != "Minimize"

    @property
    def bounds(self) -> tuple[float, float]:
        """What no number lies below or above."""
        if self.metric == "log_loss":
            return 0.0, LARGEST_LOG_LOSS
        return float(self.min or "0"), float(self.max or "1")
