"""What became of a version where it was before: carried along when a registry is exported and restored."""

from datetime import datetime

from leeboard.api.base import SpecModel
from leeboard.api.fields import ATOMIC, Text, described

MOST_APPROVALS = 8
"""Approvals that are carried along; the newest of them."""


class RolledBack(SpecModel):
    """Why a version was rolled back."""

    reason: str = described("Why, as one word.", max_length=128)
    message: Text = described("Why, with figures.", default="")
    at: datetime = described("When.")


class Approval(SpecModel):
    """Somebody's word that a version may serve."""

    by: str = described("User who approved the version.", min_length=1, max_length=253)
    at: datetime | None = described("When, where that is still known.", default=None)


class VersionPast(SpecModel):
    """What was known of a version where it was exported. It tells; what may serve here is decided here."""

    approvals: tuple[Approval, ...] = described(
        "Approvals that it had there, the newest last. None of them counts here.",
        default=(),
        max_length=MOST_APPROVALS,
        json_schema_extra=ATOMIC,
    )
    rolled_back: RolledBack | None = described(
        "That it was rolled back there, or that nothing tells whether it was: it gets no request here either.",
        default=None,
    )
    champion_since: datetime | None = described("When it last became champion there.", default=None)

    @property
    def tells(self) -> bool:
        """Whether there is anything to remember."""
        return bool(self.approvals) or self.rolled_back is not None or self.champion_since is not None
