"""Which way a metric is good."""

LOWER_IS_BETTER = frozenset({"log_loss", "brier", "mae", "rmse", "mse", "mape", "error_rate"})
HIGHER_IS_BETTER = frozenset({"roc_auc", "average_precision", "accuracy", "f1", "precision", "recall", "r2"})


def higher_is_better(name: str) -> bool:
    """True for metrics such as roc_auc, False for losses and errors such as log_loss.

    A name of neither list counts as higher-is-better, as scikit-learn's scorers do.
    """
    return name not in LOWER_IS_BETTER
