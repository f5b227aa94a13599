"""Drawing rows by their ids: the same everywhere, whoever draws, and without a memory of what was drawn."""

import math

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
_ALL = 1 << 64


def id_hashes(ids: NDArray[np.object_]) -> Hashes:
    """SipHash-2-4 of the UTF-8 of each id, with pandas' key. Needs pandas.

    64 bits keep a million ids in 8 MB; two of a million ids meet with a chance of 1 in 37 million.
    """
    # all else here is numpy and scipy alone
    import pandas as pd  # noqa: PLC0415

    return np.asarray(pd.util.hash_array(ids, categorize=False), dtype=np.uint64)


def sampled(hashes: Hashes, rate: float) -> NDArray[np.bool_]:
    """Which ids are among a share `rate` of all, above 0 to 1. What a smaller share holds is in every larger one."""
    return hashes <= np.uint64(min(math.ceil(rate * _ALL), _ALL) - 1)


def uniform(hashes: Hashes) -> NDArray[np.float64]:
    """A number above 0 and below 1 for each id, which tells nothing of whether it is in a sample (SplitMix64)."""
    mixed = hashes + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed = (mixed ^ (mixed >> np.uint64(31))) >> np.uint64(12)
    return mixed.astype(np.float64) * 2.0**-52 + 2.0**-53
