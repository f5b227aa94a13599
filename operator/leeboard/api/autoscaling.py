"""Autoscaling: how many pods the champion has follows from what they use."""

from leeboard.api.base import SpecModel
from leeboard.api.cel import rules
from leeboard.api.fields import described


class Autoscaling(SpecModel):
    """A HorizontalPodAutoscaler of the champion, made and removed by Leeboard."""

    model_config = SpecModel.model_config | {
        "json_schema_extra": rules(
            ("!has(self.min) || self.min <= self.max", "autoscaling.min must not exceed autoscaling.max")
        )
    }

    min: int = described("Fewest pods of the champion, a count.", default=1, ge=1, le=100)
    max: int = described("Most pods of the champion, a count.", ge=1, le=100)
    target_cpu_percent: int = described(
        "CPU that the server container uses on average, in percent of what it requests; the number of pods follows it.",
        alias="targetCPUPercent",
        default=80,
        ge=1,
        le=1000,
    )

    def within(self, replicas: int) -> int:
        """The number of pods nearest to `replicas` that is allowed."""
        return min(max(replicas, self.min), self.max)
