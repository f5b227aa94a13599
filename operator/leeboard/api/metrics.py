"""The metrics that the evaluation measures, and which way each is good. Names and definitions are scikit-learn's, save
calibration_error, which it has not: leeboard.stats.calibration_error."""

import math
from typing import Literal, get_args

Task = Literal["BinaryClassification", "Regression"]
ClassificationMetric = Literal[
    "roc_auc",
    "average_precision",
    "log_loss",
    "brier",
    "accuracy",
    "error_rate",
    "precision",
    "recall",
    "f1",
    "calibration_error",
]
RegressionMetric = Literal["rmse", "mse", "mae", "r2"]
MetricName = Literal[ClassificationMetric, RegressionMetric]

OF_TASK: dict[Task, tuple[str, ...]] = {
    "BinaryClassification": get_args(ClassificationMetric),
    "Regression": get_args(RegressionMetric),
}
"""Everything a gate or a check may name, by task; the evaluation measures each of them when it is asked for."""

LARGEST_LOG_LOSS = -math.log(0.001)
"""Where log_loss needs a bound, probabilities are kept 0.001 from 0 and 1: the smaller the bound is, the fewer rows are
needed."""

LOWER_IS_BETTER = frozenset({"log_loss", "brier", "error_rate", "calibration_error", "mae", "mse", "rmse"})


def higher_is_better(name: str) -> bool:
    """True for metrics such as roc_auc, False for losses and errors such as log_loss.

    An unknown name counts as higher-is-better, as scikit-learn's scorers do.
    """
    return name not in LOWER_IS_BETTER
