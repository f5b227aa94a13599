"""Commands by annotation. Promote and abort are edges: an id that was acted on is never acted on again."""

from leeboard.api import names
from leeboard.api.reasons import Reason
from leeboard.planning.rollout import moves
from leeboard.planning.rollout.moves import Move
from leeboard.planning.rollout.view import View

_ID_LIMIT = 128


def paused(view: View) -> bool:
    """Whether the rollout is held. The last `true` or `false` counts; an annotation that vanishes changes nothing."""
    asked = view.model.metadata.annotations.get(names.PAUSE, "").strip().lower()
    return asked == "true" if asked in ("true", "false") else view.status.commands.pause


def command_move(view: View) -> Move | None:
    """The move that a new command asks for, with the command recorded in the same write; None without a new one."""
    annotations, commands = view.model.metadata.annotations, view.status.commands
    abort, promote = annotations.get(names.ABORT, "")[:_ID_LIMIT], annotations.get(names.PROMOTE, "")[:_ID_LIMIT]
    if abort and abort != commands.abort:
        return _latched(view, _abort(view), {"abort": abort})
    if promote and promote != commands.promote:
        return _latched(view, _promote(view), {"promote": promote})
    if paused(view) != commands.pause:
        return _latched(view, None, {"pause": paused(view)})
    return None


def _latched(view: View, move: Move | None, update: dict[str, str | bool]) -> Move:
    done = move or Move(view.status)
    commands = view.status.commands.model_copy(update=update)
    return Move(done.status.model_copy(update={"commands": commands}), done.events)


def _abort(view: View) -> Move | None:
    status, candidate = view.status, view.status.candidate
    if candidate is not None:
        if candidate.phase == "RollingBack":
            return None
        return moves.roll_back(status, candidate, Reason.ABORTED, "by command", view.now)
    champion, draining = status.champion, status.draining
    if champion is None or draining is None or view.now >= view.drain_ends(draining):
        return None
    return moves.revert(status, champion, draining, view.now) if view.available(draining, view.replicas) else None


def _promote(view: View) -> Move | None:
    candidate = view.status.candidate
    if candidate is None or candidate.phase in ("RollingBack", "Promoting"):
        return None
    return moves.scale_for_promotion(view.status, candidate, "by command", view.now)
