"""Versions of the model as the operator would have them: trained by the demo's code, with a profile of their own."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from e2e.demo.flights import FILE, parquet, partition
from e2e.demo.manifests import PARAMS, SCORE_OUTPUT, SEED
from e2e.demo.training import Estimator
from e2e.demo.training.local import train
from leeboard.evaluator.columns import LABEL, Input, as_served, inputs_of
from leeboard.evaluator.drift_figures import Profile
from leeboard.evaluator.profile import make_profile, unseen_rows
from leeboard.models import Predictor, Rows, load, score

TASK, POSITIVE_CLASS = "BinaryClassification", "1"
FORMAT = "sklearn-skops"
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Version:
    """A trained model, its inputs, and the profile of its reference."""

    name: str
    model: Predictor
    inputs: tuple[Input, ...]
    profile: Profile

    def served(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The inputs as the server gives them to the model."""
        return as_served(frame, self.inputs)

    def scores(self, frame: pd.DataFrame) -> Floats:
        """The probability of being late. Raises ModelError where the model does not answer."""
        return score(self.model, Rows.of_frame(self.served(frame)), TASK, POSITIVE_CLASS)


def truth(frame: pd.DataFrame) -> Floats:
    """The labels as numbers."""
    return frame[LABEL].to_numpy(dtype=np.float64)


def make_version(
    estimator: Estimator, flights: pd.DataFrame, months: tuple[str, ...], folder: Path, **params: str
) -> Version:
    """Train on these months, with the manifest's parameters and seed; `params` are added to the parameters."""
    data = folder / "data"
    for month in months:
        (data / month).mkdir(parents=True)
        (data / month / FILE).write_bytes(parquet(partition(flights, month)))
    train(estimator, data, folder, seed=SEED, params=PARAMS | params)
    return read_version(f"{estimator} {months[0]}..{months[-1]}", folder)


def read_version(name: str, folder: Path) -> Version:
    """What a training left in a folder."""
    model = load(folder / "model", FORMAT)
    reference = pd.read_parquet(folder / "output" / "reference.parquet")
    inputs = inputs_of(reference)
    served = as_served(reference, inputs)
    scores = score(model, Rows.of_frame(served[unseen_rows(reference)]), TASK, POSITIVE_CLASS)
    profile = make_profile(served, inputs, scores, SCORE_OUTPUT)
    return Version(name, model, inputs, Profile.parse(json.dumps(profile).encode()))
