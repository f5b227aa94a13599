"""Small models of every library, fitted in a moment on the same rows, and the files that they are kept in."""

from pathlib import Path

import numpy as np
import pandas as pd
import skops.io

from leeboard.models import Rows

NAMES = ("a", "b", "c", "d")


def numbers(rows: int = 300, seed: int = 3) -> np.ndarray:
    """A float64 matrix of shape (rows, 4)."""
    return np.random.default_rng(seed).normal(size=(rows, len(NAMES)))


def labels(matrix: np.ndarray) -> np.ndarray:
    """Two classes, 0 and 1."""
    return (matrix[:, 0] + 0.5 * matrix[:, 1] > 0).astype(np.int64)


def values(matrix: np.ndarray) -> np.ndarray:
    """A regression's target."""
    return 2.0 * matrix[:, 0] - matrix[:, 2]


def table(rows: int = 300, seed: int = 3) -> pd.DataFrame:
    """Named columns of every type that is served: numbers, whole numbers, truths and texts, some missing."""
    generator = np.random.default_rng(seed)
    matrix = numbers(rows, seed)
    colours = np.array(["red", "green", "blue", None], dtype=object)
    return pd.DataFrame(
        {
            "a": np.where(generator.random(rows) < 0.1, np.nan, matrix[:, 0]),
            "n": generator.integers(0, 100, rows),
            "yes": generator.random(rows) < 0.5,
            "colour": colours[generator.integers(0, 4, rows)],
        }
    )


def rows_of(matrix: np.ndarray) -> Rows:
    """A request of one matrix."""
    return Rows(NAMES[: matrix.shape[1]], np.ascontiguousarray(matrix))


def saved(folder: Path, estimator: object) -> Path:
    """A folder with model.skops."""
    folder.mkdir(parents=True, exist_ok=True)
    skops.io.dump(estimator, folder / "model.skops")
    return folder
