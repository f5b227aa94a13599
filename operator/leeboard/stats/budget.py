"""How sure each look has to be, so that all of them together raise no more false alarms than were allowed.

A monitor looks at a window every few minutes, for months, at many subjects. Windows overlap, so that looks are not
independent: what one sees by chance the next one sees too, and both are one alarm. How often a sum over a sliding
window strays beyond z standard errors is known (Siegmund 1985, "Sequential Analysis", chapters 8 to 10, and Pickands
1969 for the process of differences of a Brownian motion that Slepian studied): with windows of length 1 that begin
`step` apart,

    rate(z) = z φ(z) ν(z √(2 step))

separate excursions in the length of a window, where ν corrects for the looks being discrete. Looks that do not overlap
are the special case of step 1, where the rate is 1 - Φ(z) as it has to be.
"""

import math

from scipy.optimize import brentq
from scipy.special import ndtr

LEAST_Z, MOST_Z = 1.0, 12.0
"""Below, excursions follow each other without rest, and the rate means nothing; beyond, there is none."""


def excursions(z: float, step: float) -> float:
    """Separate excursions beyond z standard errors to one side, in the length of a window; looks are `step` lengths
    apart, more than 0 and no more than 1."""
    if not 0 < step <= 1:
        raise ValueError(f"looks are {step} of a window apart")
    independent = float(ndtr(-z)) / step
    return min(independent, z * _density(z) * _discrete(z * math.sqrt(2 * step)))


def critical_value(budget: float, windows: float, step: float, subjects: int = 1) -> float:
    """The z that a figure has to be away, in standard errors and to one side, to be drift.

    `budget` false alarms are expected in `windows` window lengths over all `subjects` together, which share it in equal
    parts; that holds whether they depend on each other or not. Raises ValueError where one of them is not positive.
    """
    if budget <= 0 or windows <= 0 or subjects < 1:
        raise ValueError(f"a budget of {budget} in {windows} windows of {subjects} subjects")
    allowed = budget / (windows * subjects)
    if excursions(LEAST_Z, step) <= allowed:
        return LEAST_Z
    if excursions(MOST_Z, step) >= allowed:
        return MOST_Z
    return float(brentq(lambda z: math.log(excursions(z, step) / allowed), LEAST_Z, MOST_Z))


def look_alpha(budget: float, windows: float, step: float, subjects: int = 1) -> float:
    """The same as the alpha of a two-sided interval, one end of which is compared with a threshold."""
    return 2 * float(ndtr(-critical_value(budget, windows, step, subjects)))


def _density(z: float) -> float:
    return math.exp(-z * z / 2) / math.sqrt(2 * math.pi)


def _discrete(x: float) -> float:
    """Siegmund and Yakir's closed form of ν (2007, "The Statistics of Gene Mapping", page 112); 1 for looks at once."""
    if x < 1e-6:
        return 1.0
    half = x / 2
    return (2 / x) * (float(ndtr(half)) - 0.5) / (half * float(ndtr(half)) + _density(half))
