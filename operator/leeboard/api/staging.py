"""Staging: how a candidate is tried before any request of a user reaches it."""

from leeboard.api.base import SpecModel
from leeboard.api.fields import Duration, described


class Staging(SpecModel):
    """A time in which a ready candidate answers at the Service <model>-candidate alone."""

    duration: Duration = described(
        "Shortest time that a candidate stays there once all its pods are ready, such as 30m.", default="0s"
    )
    hold: bool = described(
        "True: its rollout begins when somebody says so (leeboard promote), and never by itself.", default=False
    )
