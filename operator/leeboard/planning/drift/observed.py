"""Whether the windows hold what was served: what is missing may be what drifted."""

from datetime import timedelta

from leeboard.planning.conditions import timestamp
from leeboard.planning.drift.figures import Figures

LEAST_COVERAGE = 0.9
"""Share of the served requests, and of the windows, that figures have to be about."""
MISSED_WINDOWS = 5
"""After so many lengths of a window without one, exporters are not just late."""
LEAST_PATIENCE = timedelta(minutes=1)


def observations_missing(figures: Figures) -> str | None:
    """What the windows lack, in words; None where they hold enough of what was served."""
    windows = figures.windows
    if windows is not None and windows.newest is not None and windows.seconds is not None:
        quiet = figures.observed_at - windows.newest
        if quiet > max(LEAST_PATIENCE, MISSED_WINDOWS * timedelta(seconds=windows.seconds)):
            every = f"one is due every {windows.seconds:g} s"
            return f"no exporter has left a window since {timestamp(windows.newest)}, and {every}"
    if windows is not None and figures.unreadable > (1 - LEAST_COVERAGE) * windows.count:
        text = "cannot be read, or are on other bins than the version's profile"
        return f"{figures.unreadable} of {windows.count} windows {text}"
    if figures.undecoded and figures.requests < LEAST_COVERAGE * ((figures.served or 0) + figures.undecoded):
        told = f"{figures.undecoded} messages of servers to their exporters, of a request each at least"
        return f"{told}, could not be decoded, and {figures.requests} requests are known"
    if figures.served is not None and figures.requests < LEAST_COVERAGE * figures.served:
        return f"the windows hold {figures.requests} of {figures.served} requests that were served"
    return None
