"""whylogs' profile of a table, in its own environment: CURRENT ROUNDS → JSON."""

import json
import sys
import time

import pandas as pd
import whylogs


def main() -> None:
    current = pd.read_parquet(sys.argv[1])
    # whylogs 1.6.4 takes no columns that pandas has made read-only
    current = pd.DataFrame({name: current[name].to_numpy().copy() for name in current.columns})
    seconds = []
    for _ in range(int(sys.argv[2])):
        began = time.perf_counter()
        profile = whylogs.log(pandas=current).profile()
        seconds.append(time.perf_counter() - began)
    size = len(profile.view().serialize())
    print(json.dumps({"seconds": seconds, "bytes": size}))


main()
