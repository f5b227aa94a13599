"""Gradient boosting as it comes, with a high learning rate."""

import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OrdinalEncoder

CATEGORIES = ["carrier", "origin", "dest"]


def fit(inputs: pd.DataFrame, labels: pd.Series, *, trees: int, seed: int) -> Pipeline:
    """A fitted pipeline; a missing value, or a category that was never seen, is one more branch of a tree."""
    codes = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan, encoded_missing_value=np.nan)
    columns = make_column_transformer((codes, CATEGORIES), remainder="passthrough")
    boosting = HistGradientBoostingClassifier(
        max_iter=trees,
        learning_rate=0.3,
        categorical_features=list(range(len(CATEGORIES))),
        random_state=seed,
    )
    return make_pipeline(columns, boosting).fit(inputs, labels)
