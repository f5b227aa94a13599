"""Comparing versions on copies of the champion's requests: how many copies, for how long, and of how many versions."""

from typing import Literal

from leeboard.api.base import SpecModel
from leeboard.api.fields import Duration, Share, described


class Shadow(SpecModel):
    """What a challenger gets, and what becomes of it."""

    percent: int = described(
        "Share of the champion's requests that is copied, in percent; which requests follows from their ids.",
        default=10,
        ge=1,
        le=100,
    )
    max_requests_per_second: int = described(
        "Most copies a second that each of the champion's pods sends to a challenger, a count; what is more is not "
        "copied, and counted.",
        default=20,
        ge=1,
        le=1000,
    )
    replicas: int = described("Pods of a challenger, a count.", default=1, ge=1, le=100)
    duration: Duration = described("Shortest time of the comparison, such as 1d.", default="1d")
    max_disagreement: Share | None = described(
        "BinaryClassification: share of the pairs, 0 to 1, of which the challenger may give another label than the "
        "champion; a label is whether the score is at least 0.5. Absent: it decides nothing.",
        default=None,
    )
    then: Literal["Promote", "Hold"] = described(
        "What follows on a comparison that passed. Promote: the challenger becomes champion. Hold: it is compared "
        "further, until somebody promotes or aborts it.",
        default="Promote",
    )


class Challengers(SpecModel):
    """How many versions are compared with the champion, and what a newer one means for them."""

    most: int = described("Most versions that are compared at once, a count.", default=1, ge=1, le=5)
    when_newer: Literal["Replace", "Queue"] = described(
        "What happens where all places are taken and a newer version comes. Replace: it takes the place of the oldest. "
        "Queue: it waits until one is free, and the versions that wait come in the order of their age.",
        default="Replace",
    )
