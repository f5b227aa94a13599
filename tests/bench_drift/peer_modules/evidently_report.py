"""Evidently's DataDriftPreset on two tables, in its own environment: REFERENCE CURRENT ROUNDS → JSON."""

import json
import sys
import time

import pandas as pd
from evidently import DataDefinition, Dataset, Report
from evidently.presets import DataDriftPreset


def main() -> None:
    reference, current = (pd.read_parquet(path) for path in sys.argv[1:3])
    seconds = []
    for _ in range(int(sys.argv[3])):
        began = time.perf_counter()
        definition = DataDefinition(numerical_columns=list(reference.columns))
        sides = [Dataset.from_pandas(one, data_definition=definition) for one in (current, reference)]
        result = Report([DataDriftPreset()]).run(*sides).dict()
        seconds.append(time.perf_counter() - began)
    print(json.dumps({"seconds": seconds, "metrics": len(result["metrics"])}))


main()
