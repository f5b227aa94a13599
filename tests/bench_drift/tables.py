"""The tables that every tool is given, made from a seed and written once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

FEATURES = 20
SEED = 11


def table(rows: int, seed: int) -> pd.DataFrame:
    """Half normal, half lognormal columns."""
    generator = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            f"x{number:02}": generator.normal(size=rows) if number % 2 else generator.lognormal(size=rows)
            for number in range(FEATURES)
        }
    )


def written(folder: Path, rows: int) -> tuple[Path, Path]:
    """Reference and current table as Parquet; both are of one distribution."""
    paths = folder / f"reference-{rows}.parquet", folder / f"current-{rows}.parquet"
    for number, path in enumerate(paths):
        table(rows, SEED + number).to_parquet(path)
    return paths
