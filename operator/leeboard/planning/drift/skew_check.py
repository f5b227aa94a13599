"""The check of train-serve skew: logged inputs unlike those that are computed anew."""

from collections.abc import Sequence

from leeboard.api.drift_check import Check
from leeboard.planning.drift.figures import Figures, Skewed, Subject
from leeboard.planning.drift.results import Result, by_interval, nothing

NO_FIGURES = "there are no figures"


def skew(check: Check, watched: Sequence[Subject], figures: Figures) -> list[Result]:
    """Of every watched input: drift where surely more rows differ than may."""
    found = figures.skew
    if found is None or not found.inputs:
        return [nothing(check, "inputs", found.message if found is not None and found.message else NO_FIGURES)]
    names = {one.name for one in watched}
    return [_compared(check, one, found.rows) for one in found.inputs if one.name in names]


def _compared(check: Check, one: Skewed, rows: int) -> Result:
    if one.share is None:
        return nothing(check, one.name, one.message or NO_FIGURES)
    most = float(check.max_percent or "0")
    shift = ""
    if one.share.value:
        shift = f"{one.share.value:.3g} % of {rows} rows differ from what is computed anew"
        if one.ratio is not None and abs(one.ratio - 1) > 1e-3:
            shift += f", typically {one.ratio:.4g} times as large"
    return by_interval(check, one.name, one.share, most, rows=rows, written=f"{check.max_percent}", shift=shift)
