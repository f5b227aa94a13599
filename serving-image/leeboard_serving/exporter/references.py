"""profile.json as the exporter needs it: the bins that every input and the prediction are counted on."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from leeboard.api.reasons import Reason
from leeboard.stats.distributions import Distribution, empty, from_profile
from leeboard.stats.grouping import Starts, grouping
from leeboard.stats.segments import SegmentReference
from leeboard_serving.exporter.segments import read_segments
from leeboard_serving.failures import ServingError

CONTRACT = 1


@dataclass(frozen=True, eq=False)
class References:
    """Distributions in which nothing is counted yet: the inputs by name, in the profile's order, and the prediction.

    `score_groups` are groups of the prediction's bins, for metrics; `segments` those inputs by whose values rows are
    counted too.
    """

    features: Mapping[str, Distribution]
    prediction: Distribution
    score_groups: Starts
    segments: tuple[SegmentReference, ...] = ()

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read the file that `load` verified. Raises ServingError (BadData)."""
        try:
            return cls.parse(path.read_bytes())
        except (OSError, ValueError) as error:
            raise ServingError(Reason.BAD_DATA, f"{path.name} cannot be read: {type(error).__name__}") from error

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read profile.json. Raises ValueError where it is malformed, or of a contract that is not known."""
        try:
            raw = json.loads(data)
            if raw["contract"] != CONTRACT:
                raise ValueError(f"contract {raw['contract']}, not {CONTRACT}")
            distributions = [_reference(one) for one in raw["features"]]
            scores = from_profile(raw["prediction"])
            prediction = _reference(raw["prediction"])
            features = {one.name: one for one in distributions}
            segments = read_segments(raw, features)
        except (KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
            raise ValueError(f"not a profile: {error!r}") from error
        if len(features) < len(distributions) or prediction.bins.kind != "Numeric":
            raise ValueError("not a profile: an input is there twice, or the prediction is no number")
        return cls(features, prediction, grouping(scores), segments)


def _reference(raw: Mapping[str, Any]) -> Distribution:
    reference = from_profile(raw)
    edges = np.asarray(reference.bins.edges)
    if not bool(np.isfinite(edges).all() and (np.diff(edges) > 0).all()):
        raise ValueError(f"{reference.name}: edges that do not rise")
    return empty(reference)
