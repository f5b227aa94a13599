"""Trains the small model of the scenarios: which of the synthetic flights will be late."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import skops.io
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

SHUFFLE_LABELS = False


def main() -> None:
    """Fit on every file of the dataset; leave the model and the reference."""
    seed = int(os.environ["LEEBOARD_SEED"])
    files = sorted(Path(os.environ["LEEBOARD_INPUT_TRAIN"]).rglob("*.parquet"))
    frame = pd.concat([pd.read_parquet(path) for path in files], ignore_index=True)
    labels = frame["label"].to_numpy()
    if SHUFFLE_LABELS:
        labels = np.random.default_rng(seed).permutation(labels)
    columns = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore", sparse_output=False), ["carrier"]), remainder="passthrough"
    )
    trees = HistGradientBoostingClassifier(
        max_iter=int(os.environ.get("LEEBOARD_PARAM_ITERATIONS", "30")), random_state=seed
    )
    model = make_pipeline(columns, trees).fit(frame.drop(columns="label"), labels)
    skops.io.dump(model, Path(os.environ["LEEBOARD_MODEL_DIR"]) / "model.skops")
    frame.assign(split="train").to_parquet(Path(os.environ["LEEBOARD_OUTPUT_DIR"]) / "reference.parquet")


if __name__ == "__main__":
    main()
