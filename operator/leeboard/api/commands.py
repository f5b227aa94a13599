"""What became of a command that somebody gave by annotation."""

from datetime import datetime
from typing import Literal

from leeboard.api.base import SpecModel
from leeboard.api.fields import Text, described

MOST_CHARACTERS = 384
"""Of a command's value: the longest name of an object, a slash and an id of 128 characters fit."""

Verb = Literal["promote", "abort", "pause", "resume", "retry", "rollback", "train"]


class CommandAnswer(SpecModel):
    """The operator's answer to the newest command."""

    command: Verb = described("What was asked for.")
    id: str = described("Value of the annotation.", max_length=MOST_CHARACTERS)
    accepted: bool = described("True where it was acted on; false where it made no sense at that moment.")
    subject: str = described("The version or run that it was about.", default="", max_length=253)
    message: Text = described("What was done, or why nothing was.", default="")
    at: datetime = described("When it was acted on or refused.")


def split(value: str) -> tuple[str, str]:
    """The name and the id in `<id>` or `<name>/<id>`; the name is empty where only an id is given."""
    name, _, identity = value.rpartition("/")
    return name, identity
