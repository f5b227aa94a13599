"""Trains the model that tells late flights: `python3 train.py`, in the environment that Leeboard gives a training.

What is fitted stands in estimator.py. Parameters: `trees` (their number), and `shuffle_labels` ("true": fit on labels
in random order, to see that such a model is refused).
"""

import os
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import skops.io
from estimator import fit

LABEL = "label"
BLOCK = 1000
"""Rows, about a day of flights: neighbours share the weather, and stay together when rows are set aside."""
SET_ASIDE = 10
"""One block in ten is not fitted on: how sure the model is of what it has not seen is known from these."""


def main() -> None:
    """Fit on every file of the dataset; leave model.skops and reference.parquet."""
    seed = int(os.environ["LEEBOARD_SEED"])
    trees = int(os.environ.get("LEEBOARD_PARAM_TREES", "150"))
    frame = read(Path(os.environ["LEEBOARD_INPUT_TRAIN"]))
    seen = np.arange(len(frame)) // BLOCK % SET_ASIDE != SET_ASIDE - 1
    inputs, labels = frame[seen].drop(columns=LABEL), frame.loc[seen, LABEL]
    if os.environ.get("LEEBOARD_PARAM_SHUFFLE_LABELS") == "true":
        labels = pd.Series(np.random.default_rng(seed).permutation(labels), index=labels.index)
    model = fit(inputs, labels, trees=trees, seed=seed)
    path = Path(os.environ["LEEBOARD_MODEL_DIR"]) / "model.skops"
    skops.io.dump(model, path, compression=zipfile.ZIP_DEFLATED)
    reference = frame.assign(split=np.where(seen, "train", "test"))
    reference.to_parquet(Path(os.environ["LEEBOARD_OUTPUT_DIR"]) / "reference.parquet", index=False)
    print(f"fitted on {int(seen.sum())} of {len(frame)} flights", flush=True)


def read(folder: Path) -> pd.DataFrame:
    """All partitions, the oldest first: the names of their folders are dates, and the rows of a file are in order."""
    files = sorted(folder.rglob("*.parquet"))
    return pd.concat([pd.read_parquet(path) for path in files], ignore_index=True)


if __name__ == "__main__":
    main()
