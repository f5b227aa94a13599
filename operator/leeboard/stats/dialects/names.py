"""The distances of other tools, and of the trade, by name."""

from collections.abc import Callable

from leeboard.stats.dialects import deciles, evidently, nannyml
from leeboard.stats.dialects.samples import Sample

Dialect = Callable[[Sample, Sample], float]
"""A figure of a reference and a current sample. Raises ValueError where one of them has no values."""

DIALECTS: dict[str, Dialect] = {
    "PSI.evidently": evidently.psi,
    "PSI.deciles": deciles.psi,
    "KullbackLeibler.evidently": evidently.kullback_leibler,
    "JensenShannon.evidently": evidently.jensen_shannon,
    "Hellinger.evidently": evidently.hellinger,
    "Wasserstein.evidently": evidently.wasserstein,
    "KolmogorovSmirnovPValue.evidently": evidently.kolmogorov_smirnov,
    "ChiSquarePValue.evidently": evidently.chi_square,
    "JensenShannon.nannyml": nannyml.jensen_shannon,
    "Hellinger.nannyml": nannyml.hellinger,
    "LInfinity.nannyml": nannyml.l_infinity,
    "ChiSquare.nannyml": nannyml.chi_square,
    "KolmogorovSmirnov.nannyml": nannyml.kolmogorov_smirnov,
    "Wasserstein.nannyml": nannyml.wasserstein,
}


def dialect(name: str) -> Dialect:
    """The distance of that name. Raises ValueError for a name that is none."""
    if name not in DIALECTS:
        raise ValueError(f"{name[:60]!r} is none of {', '.join(DIALECTS)}")
    return DIALECTS[name]
