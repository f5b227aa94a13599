"""How many processes of a server answer requests."""

import math
from decimal import Decimal

from leeboard.api.pod import Resources

MOST = 32
"""As many as the server starts at most."""
_SUFFIXES = {"m": Decimal("0.001"), "k": Decimal(10**3), "M": Decimal(10**6), "G": Decimal(10**9), "T": Decimal(10**12)}
_BINARY = {"Ki": Decimal(1 << 10), "Mi": Decimal(1 << 20), "Gi": Decimal(1 << 30), "Ti": Decimal(1 << 40)}


def workers(resources: Resources) -> int:
    """One for each core that the container may use, else for each that it asks for; 1 is the least.

    Begun cores count: a process computes on one core at a time: with 1.5 cores a single one would leave a third unused.
    """
    said = resources.limits.cpu or resources.requests.cpu
    return min(MOST, max(1, math.ceil(cores(said)))) if said else 1


def cores(quantity: str) -> Decimal:
    """A Kubernetes quantity as a number, such as 0.5 for 500m."""
    for suffix, factor in (_BINARY | _SUFFIXES).items():
        if quantity.endswith(suffix):
            return Decimal(quantity.removesuffix(suffix)) * factor
    return Decimal(quantity)
