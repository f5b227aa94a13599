"""Numbers that came in another unit: cents for euros, metres for kilometres."""

import math

from leeboard.stats.distributions import Distribution

LEAST_FACTOR = 5.0
"""What is multiplied by less may as well have grown."""
LEAST_ROWS = 30
AS_MUCH = 0.1
"""By which factor mean and standard deviation may be multiplied differently, as a logarithm."""


def unit_factor(reference: Distribution, window: Distribution) -> float | None:
    """By what all numbers of the window seem to be multiplied, 1 where they are not; None where that cannot be told.

    A change of unit multiplies mean and standard deviation alike; drift, an outlier or a new constant hardly ever does.
    """
    before, after, spread, now = reference.mean, window.mean, reference.std, window.std
    if before is None or after is None or spread is None or now is None or window.count < LEAST_ROWS:
        return None
    if before * after <= 0:
        return 1.0
    factor = after / before
    if spread > 0 and now > 0:
        if abs(math.log(now / spread) - math.log(factor)) > AS_MUCH:
            return 1.0
    elif spread > 0 or now > 0:
        return 1.0
    return factor if abs(math.log(factor)) >= math.log(LEAST_FACTOR) else 1.0
