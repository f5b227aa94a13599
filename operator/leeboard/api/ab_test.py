"""An A/B test: which callers a challenger gets, and when the better version is known."""

from typing import Literal

from leeboard.api.assignment import Assignment
from leeboard.api.base import SpecModel
from leeboard.api.fields import Duration, NotNegativeDecimal, described
from leeboard.api.reward_metric import RewardMetric


class ABTest(SpecModel):
    """What champion and challengers share out between them, and what becomes of the winner."""

    metric: RewardMetric = described("By what the versions are compared.")
    assignment: Assignment = described(
        "How a caller stays with its version; requests without it are shared out one by one.",
        default=Assignment(),
    )
    percent: int | None = described(
        "Share of the callers for each challenger, in percent. Absent: 100 divided by challengers.most + 1.",
        default=None,
        ge=1,
        le=50,
    )
    margin: NotNegativeDecimal = described(
        "By how much the winner is better, in the metric's unit; where no challenger can be, it is the champion.",
        default="0",
    )
    duration: Duration = described("Shortest time of the test, such as 7d.", default="1d")
    then: Literal["Promote", "Hold"] = described(
        "What follows on a winner. Promote: it is champion, and the others go. Hold: somebody promotes or aborts.",
        default="Promote",
    )
