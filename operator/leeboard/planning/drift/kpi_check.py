"""The check of a figure of the business: whether it left its bounds."""

from collections.abc import Sequence

from leeboard.api.drift_check import Check
from leeboard.planning.drift.figures import Figures, Subject
from leeboard.planning.drift.results import Result, by_value, nothing


def kpi(check: Check, _: Sequence[Subject], figures: Figures) -> list[Result]:
    """Drift where the newest value lies outside; it is taken as it is, without an interval."""
    name = check.kpi or ""
    found = next((one for one in figures.kpis if one.name == name), None)
    if found is None or found.value is None:
        return [nothing(check, name, found.message if found is not None and found.message else "there are no figures")]
    value, shown = found.value, f"{found.value:.6g}"
    beyond = (
        (check.min, float(check.min or "0") - value, "at least"),
        (check.max, value - float(check.max or "0"), "at most"),
    )
    for bound, excess, usual in beyond:
        if bound is not None and excess > 0:
            shift = f"{name} is {shown}, {usual} {bound} is usual"
            return [by_value(check, name, excess, 0.0, written=bound, shift=shift, shown=shown)]
    return [by_value(check, name, 0.0, 0.0, written=f"{check.min or check.max}", shift="", shown=shown)]
