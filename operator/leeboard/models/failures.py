"""What can go wrong with a model."""

from collections.abc import Sequence

from leeboard.api.reasons import Reason


class ModelError(Exception):
    """A model that cannot be loaded or does not answer, with a reason that status and Events can carry."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


def cannot_score(error: Exception) -> ModelError:
    """The failure of a model while it answers. What it said stays in the log, as the cause: it may be anything."""
    return ModelError(Reason.EVALUATION_FAILED, f"the model cannot score: {type(error).__name__}")


def no_output(name: str, outputs: Sequence[str]) -> ModelError:
    """An output was asked for that there is not."""
    return ModelError(Reason.BAD_CONFIGURATION, f"the model has no output {name}; it has {', '.join(outputs[:20])}")
