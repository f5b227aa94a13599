"""A bandit: shares of the requests that follow what the versions earn, and when one of them has won."""

from typing import Literal

from leeboard.api.base import SpecModel
from leeboard.api.fields import Duration, NotNegativeDecimal, PositiveDuration, described
from leeboard.api.reward_metric import RewardMetric


class Bandit(SpecModel):
    """How champion and challengers share out the requests, and what becomes of the winner."""

    reward: RewardMetric = described("What every prediction earns.")
    floor: int = described("Least share of the requests for each version, in percent.", default=5, ge=1, le=45)
    interval: PositiveDuration = described("Shortest time between two decisions about shares.", default="10m")
    half_life: Duration = described(
        "After how long a reward counts half for the shares, so that they follow changes; 0s: always in full.",
        default="7d",
    )
    min_labels: int = described(
        "A version keeps its least share until the reward of so many of its predictions is known, a count.",
        default=100,
        ge=1,
        le=100000000,
    )
    margin: NotNegativeDecimal = described(
        "By how much the winner is better, in the reward's unit; where no challenger can be, it is the champion.",
        default="0",
    )
    duration: Duration = described(
        "How long the winner has had all that the least shares leave, such as 1d.", default="1d"
    )
    then: Literal["Promote", "Hold"] = described("What follows on a winner, as in abTest.", default="Promote")

    @property
    def metric(self) -> RewardMetric:
        """By what the versions are compared, as an A/B test has it."""
        return self.reward
