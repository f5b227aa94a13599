"""What a comparison says of a challenger."""

from dataclasses import dataclass
from typing import Literal

from leeboard.api.reasons import Reason


@dataclass(frozen=True)
class Result:
    """What the figures say; `samples` is how many copies or requests the challenger has had.

    A wrong abort for failures or disagreement has a chance of at most alpha over the whole comparison, whatever the
    number of looks. `Lost`: another version is the better one.
    """

    verdict: Literal["Pass", "Abort", "Lost", "Continue", "Inconclusive"]
    reason: Reason
    message: str
    samples: int = 0
