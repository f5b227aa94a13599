"""Tables that others publish inside a package, by requirements/data.txt; its code is never imported."""

import importlib.util
from functools import cache
from pathlib import Path

import pandas as pd


@cache
def nannyml_table(name: str) -> pd.DataFrame:
    """A table of NannyML's, such as `synthetic_car_loan_reference`; not to be changed by who reads it."""
    found = importlib.util.find_spec("nannyml")
    assert found is not None and found.submodule_search_locations is not None
    folder = Path(found.submodule_search_locations[0]) / "datasets" / "data"
    path = folder / f"{name}.pq"
    return pd.read_parquet(path) if path.exists() else pd.read_csv(folder / f"{name}.csv")
