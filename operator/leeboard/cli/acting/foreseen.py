"""What the operator would answer to a command, from the same rules: nothing is asked that makes no sense."""

from collections.abc import Iterable
from datetime import datetime

from leeboard.api.commands import CommandAnswer
from leeboard.api.model import Model
from leeboard.api.model_version import ModelVersion
from leeboard.planning.rollout.commands import command_move
from leeboard.planning.rollout.view import View
from leeboard.planning.settings import Settings
from leeboard.planning.snapshot import ModelSnapshot


def foreseen(
    model: Model, versions: Iterable[ModelVersion], annotation: str, value: str, now: datetime
) -> CommandAnswer | None:
    """The answer, or None where the operator would not take it for a new command.

    Pods are not looked at: of an abort after a promotion only the operator knows whether it can still be had.
    """
    metadata = model.metadata.model_copy(update={"annotations": {annotation: value}})
    asked = model.model_copy(update={"metadata": metadata})
    settings = Settings(runtime_image="", server_image="")
    snapshot = ModelSnapshot(asked, tuple(versions), (), (), (), (), settings)
    move = command_move(View(snapshot, now))
    return move.status.commands.answer if move is not None else None
