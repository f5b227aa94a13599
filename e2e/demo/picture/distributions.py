"""What the exporters counted in many windows, beside the reference that it is compared with."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from leeboard.evaluator.windows import Window
from leeboard.stats.distributions import Distribution, empty, from_profile, from_window


@dataclass(frozen=True)
class Pair:
    """One input, or the prediction, in the reference and in the windows."""

    reference: Distribution
    window: Distribution


def merge_windows(profile: Mapping[str, Any], windows: Iterable[Window]) -> dict[str, Pair]:
    """Every input and the prediction of a profile.json, with all windows of that version added up.

    `leeboard.evaluator.windows.parse_window` reads a window file. Raises ValueError where a window's bins are not
    those of the profile, or it lacks an input of it.
    """
    references = [from_profile(raw) for raw in (*profile["features"], profile["prediction"])]
    merged = {one.name: empty(one) for one in references}
    for window in windows:
        counted = {raw["name"]: raw for raw in (*window.features, *([window.prediction] if window.prediction else ()))}
        missing = sorted(merged.keys() - counted.keys())
        if window.rows and missing:
            raise ValueError(f"a window without {', '.join(missing)}")
        for one in references:
            if one.name in counted:
                merged[one.name] = merged[one.name].merge(from_window(counted[one.name], one))
    return {one.name: Pair(one, merged[one.name]) for one in references}
