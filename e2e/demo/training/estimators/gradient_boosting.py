"""Exact gradient boosting, which knows no missing values: flights that lack any are not fitted on."""

import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder

CATEGORIES = ["carrier", "origin", "dest"]


def fit(inputs: pd.DataFrame, labels: pd.Series, *, trees: int, seed: int) -> Pipeline:
    """A fitted pipeline."""
    complete = inputs.dropna().index
    rare_together = OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=500, sparse_output=False)
    columns = make_column_transformer((rare_together, CATEGORIES), remainder="passthrough")
    boosting = GradientBoostingClassifier(
        n_estimators=trees,
        learning_rate=0.1,
        max_depth=4,
        min_samples_leaf=200,
        subsample=0.5,
        max_features=0.4,
        random_state=seed,
    )
    return make_pipeline(columns, boosting).fit(inputs.loc[complete], labels.loc[complete])
