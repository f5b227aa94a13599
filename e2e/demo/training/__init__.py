"""The training code of the demo, as files that its team commits to a Git repository: train.py and an estimator.py."""

from pathlib import Path
from typing import Literal, get_args

Estimator = Literal["first", "smaller_trees", "gradient_boosting"]
ESTIMATORS: tuple[Estimator, ...] = get_args(Estimator)
_FOLDER = Path(__file__).parent


def files(estimator: Estimator) -> dict[str, str]:
    """The contents of the repository by name, with that estimator.

    `first` is the first commit and `smaller_trees` the one that improves on it. `gradient_boosting` is as good on
    complete rows and answers a row that lacks a value with an error.
    """
    return {
        "train.py": (_FOLDER / "train.py").read_text(encoding="utf-8"),
        "estimator.py": (_FOLDER / "estimators" / f"{estimator}.py").read_text(encoding="utf-8"),
    }
