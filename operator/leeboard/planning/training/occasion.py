"""A reason to start a run."""

from dataclasses import dataclass
from typing import Literal

from leeboard.api.lineage import Cause


@dataclass(frozen=True)
class Occasion:
    """A reason to start a run; `identity` tells it from other occasions of the same kind.

    `verb` is the command that brought it, if one did, and `command` that command's id where `identity` is another.
    """

    cause: Cause
    identity: str
    verb: Literal["", "train", "retry"] = ""
    command: str = ""
