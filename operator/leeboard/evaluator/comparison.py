"""What a window is compared with: the reference as a whole, or what it holds of the window's own season."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leeboard.evaluator.seasons import Seasons
from leeboard.stats.distances import Name
from leeboard.stats.distributions import Distribution
from leeboard.stats.measures import Measure, measure
from leeboard.stats.noise import Noise
from leeboard.stats.seasons import Season


@dataclass(frozen=True, eq=False)
class Basis:
    """The season that a monitor compares by, and how many rows its windows hold in each hour of the week."""

    season: Season
    rows_by_hour: NDArray[np.float64]

    @classmethod
    def of(cls, season: Season | None, rows_by_hour: NDArray[np.float64]) -> "Basis | None":
        """None where the reference is taken as a whole."""
        return None if season is None else cls(season, rows_by_hour)


@dataclass(frozen=True, eq=False)
class Comparison:
    """A reference and a window on the same bins, and by what their distances are measured."""

    reference: Distribution
    window: Distribution
    noise: Noise
    measure: Callable[[Name], Measure | None]


def compare(
    reference: Distribution, noise: Noise, seasons: Seasons | None, window: Distribution, basis: Basis | None
) -> Comparison | None:
    """None where the basis is a season that the reference does not tell of: nothing is then a fair comparison."""
    if basis is None:
        return Comparison(reference, window, noise, lambda name: measure(name, reference))
    expected = seasons.counts.expected(basis.season, basis.rows_by_hour) if seasons is not None else None
    if seasons is None or expected is None:
        return None
    on_cells = Distribution(
        window.name, seasons.cells.bins, seasons.cells.counted(window.counts), window.missing, window.infinite,
        window.total, window.total_of_squares,
    )  # fmt: skip
    return Comparison(expected, on_cells, seasons.noise.get(basis.season, noise), seasons.measure)


def reference_figures(seasons: Seasons | None, basis: Basis | None) -> dict[str, Any]:
    """`reference` of `status.evaluation`: the season, and how many rows of equal weight its mixture is worth.

    Where there is none, `lacking` names seasons of which the reference holds too few rows; neither of the two where it
    does not say when its rows were. Nothing where it is taken as a whole.
    """
    if basis is None:
        return {}
    figures: dict[str, Any] = {"season": basis.season}
    if seasons is not None:
        lacking = seasons.counts.lacking(basis.season, basis.rows_by_hour)
        rows = round(seasons.counts.effective_rows(basis.season, basis.rows_by_hour))
        figures |= {"lacking": list(lacking)} if lacking else {"rows": rows}
    return {"reference": figures}
