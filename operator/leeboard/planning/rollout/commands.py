"""Commands by annotation. All but pause are edges: an id that was acted on is never acted on again.

Each is one status write that holds the new state, the id and the answer: a command happens once or not at all.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from leeboard.api import names
from leeboard.api.commands import MOST_CHARACTERS, CommandAnswer, Verb, split
from leeboard.api.model_status import Candidate
from leeboard.api.reasons import Reason
from leeboard.planning.plan import Event
from leeboard.planning.rollout import moves
from leeboard.planning.rollout.challengers import commands as challengers
from leeboard.planning.rollout.moves import Move
from leeboard.planning.rollout.pausing import paused
from leeboard.planning.rollout.returning import Refused, target
from leeboard.planning.rollout.selection import awaiting_approval, earlier_champions, wanted_version
from leeboard.planning.rollout.staging import is_asked_for
from leeboard.planning.rollout.view import View

STAGED = "staged"
"""What stands before the id of a promote that is meant for a staged candidate alone: `staged/<id>`."""


@dataclass(frozen=True)
class Answer:
    """What a command does, which version it is about, and what is said of it."""

    move: Move
    subject: str
    message: str


def command_move(view: View) -> Move | None:
    """The move that a new command asks for, with the command recorded in the same write; None without a new one."""
    annotations, commands = view.model.metadata.annotations, view.status.commands
    for verb, annotation, limit, act in _EDGES:
        value = annotations.get(annotation, "")[:limit]
        if value and value != getattr(commands, verb):
            return _answered(view, verb, value, act)
    if paused(view) == commands.pause:
        return None
    held = paused(view)
    answer = Answer(Move(view.status), "", "the rollout is held" if held else "the rollout goes on")
    return _latched(view, "pause" if held else "resume", str(held).lower(), answer, {"pause": held})


def _answered(view: View, verb: Verb, value: str, act: Callable[[View, str], Answer]) -> Move:
    try:
        return _latched(view, verb, value, act(view, split(value)[0]), {verb: value})
    except Refused as refused:
        event = Event("Warning", Reason.COMMAND_REFUSED, f"{verb} {value}: {refused}"[:1024])
        answer = Answer(Move(view.status, (event,)), "", str(refused))
        return _latched(view, verb, value, answer, {verb: value}, accepted=False)


def _latched(
    view: View, verb: Verb, value: str, answer: Answer, update: dict[str, str | bool], *, accepted: bool = True
) -> Move:
    said = CommandAnswer(
        command=verb,
        id=value,
        accepted=accepted,
        subject=answer.subject,
        message=answer.message[:1024],
        at=view.now,
    )
    commands = view.status.commands.model_copy(update=update | {"answer": said})
    return Move(answer.move.status.model_copy(update={"commands": commands}), answer.move.events)


def _abort(view: View, named: str) -> Answer:
    status, candidate = view.status, view.status.candidate
    challenger = challengers.meant(view, named)
    if challenger is not None:
        ended = challengers.abort(view, challenger)
        return Answer(ended, challenger.name, f"{challenger.name} is not compared any more")
    if candidate is not None:
        if candidate.phase == "RollingBack":
            raise Refused(f"{candidate.name} is being rolled back already")
        if status.rollback is not None and status.rollback.to == candidate.name:
            given_up = moves.supersede(status, candidate, "aborted by command", view.now)
            return Answer(given_up, candidate.name, f"{candidate.name} is not returned to")
        aborted = moves.roll_back(status, candidate, Reason.ABORTED, "by command", view.now)
        return Answer(aborted, candidate.name, f"{candidate.name} is rolled back")
    champion, draining = status.champion, status.draining
    if champion is None or draining is None or view.now >= view.drain_ends(draining):
        raise Refused(_too_late(view))
    if any(one.name == draining.name for one in status.quarantined) or not view.whole(draining):
        raise Refused(f"{draining.name} cannot take over again; rollback names another version")
    reverted = moves.revert(status, champion, draining, view.now)
    return Answer(reverted, champion.name, f"{draining.name} serves again")


def _too_late(view: View) -> str:
    before = next(iter(earlier_champions(view.model)), None)
    to = f" to {before}, whose pods are made anew" if before is not None else " to the champion before"
    return f"no rollout is under way, and no champion before has its pods still: `leeboard rollback` goes back{to}"


def _promote(view: View, only: str) -> Answer:
    candidate = view.status.candidate
    challenger = challengers.meant(view, only) if only != STAGED else None
    if challenger is not None:
        crowned = challengers.promote(view, challenger)
        return Answer(crowned, challenger.name, f"{challenger.name} is promoted as soon as its pods are ready")
    if candidate is None:
        waiting = awaiting_approval(view.model, view.snapshot.versions)
        why = f": {waiting.metadata.name} awaits an approval" if waiting is not None else ""
        raise Refused(f"no rollout is under way{why}")
    if candidate.phase == "RollingBack":
        raise Refused(f"{candidate.name} is being rolled back; retry gives it another rollout")
    if candidate.phase == "Promoting":
        raise Refused(f"{candidate.name} is being promoted already")
    if candidate.phase == "Staged":
        return _released(view, candidate)
    if only == STAGED:
        raise Refused(f"{candidate.name} is not in staging; a command without {STAGED}/ promotes it outright")
    if candidate.phase == "Starting" and is_asked_for(view):
        raise Refused(f"{candidate.name} is not staged yet: promote begins its rollout once it is")
    promoted = moves.scale_for_promotion(view.status, candidate, "by command", view.now)
    return Answer(promoted, candidate.name, f"{candidate.name} is promoted as soon as its pods are ready")


def _released(view: View, candidate: Candidate) -> Answer:
    """Staging ends; stages and analysis of the rollout stay."""
    if candidate.released:
        raise Refused(f"the rollout of {candidate.name} begins already")
    begun = "all requests go to it at once" if view.direct else "its canary begins"
    return Answer(moves.release(view.status, candidate), candidate.name, f"{candidate.name} leaves staging: {begun}")


def _retry(view: View, named: str) -> Answer:
    if view.pinned:
        pinned = view.model.spec.promotion.version
        raise Refused(f"promotion.policy pins {pinned}: pinning wins over every command")
    if view.status.rollback is not None:
        raise Refused(f"{view.status.rollback.to} is being returned to; abort ends that")
    shut_out = sorted(view.status.quarantined, key=lambda one: one.at)
    known = [one.name for one in shut_out if one.name in view.versions]
    version = named or next(reversed(known), "")
    if not version:
        raise Refused("no version was rolled back")
    if version not in known:
        raise Refused(f"{version} was not rolled back, or left the registry")
    move = moves.readmit(view.status, version)
    readmitted = view.model.model_copy(update={"status": move.status})
    first = wanted_version(readmitted, view.snapshot.versions)
    again = View(replace(view.snapshot, model=readmitted), view.now)
    if challengers.gets_a_place(again, version):
        return Answer(move, version, f"{version} is compared once more")
    if first is None or first.metadata.name != version:
        instead = f"{first.metadata.name} is newer and comes first" if first is not None else "it is not eligible"
        champion = view.status.champion
        if first is None and champion is not None and view.versions[version].status.phase == "Accepted":
            instead = f"it is older than {champion.name}, which serves; rollback or pinning goes back to it"
        raise Refused(f"{version} would not be rolled out: {instead}")
    return Answer(move, version, f"{version} gets another rollout")


def _rollback(view: View, named: str) -> Answer:
    returned = target(view, named).metadata.name
    move = moves.ask_for_return(view.status, returned, view.now)
    return Answer(move, returned, f"{returned} is returned to as soon as its pods are ready")


_EDGES: tuple[tuple[Verb, str, int, Callable[[View, str], Answer]], ...] = (
    ("abort", names.ABORT, MOST_CHARACTERS, _abort),
    ("rollback", names.ROLLBACK, MOST_CHARACTERS, _rollback),
    ("retry", names.RETRY, MOST_CHARACTERS, _retry),
    ("promote", names.PROMOTE, MOST_CHARACTERS, _promote),
)
"""What stops or takes back comes before what goes on."""
