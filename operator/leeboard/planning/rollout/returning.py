"""The way back to an earlier version: which one is meant, when it may not be, and what it leaves behind."""

from leeboard.api.model_version import ModelVersion
from leeboard.planning.rollout import moves
from leeboard.planning.rollout.moves import Move
from leeboard.planning.rollout.selection import age_order, earlier_champions, eligible
from leeboard.planning.rollout.view import View


class Refused(ValueError):
    """A command that makes no sense now; the text says why, and what does."""


def target(view: View, named: str) -> ModelVersion:
    """The version to return to: the one named, else the champion before, else the one the champion was trained after.

    Raises Refused.
    """
    if view.pinned:
        raise Refused(f"promotion.policy pins {view.model.spec.promotion.version}: pinning wins over every command")
    champion = view.status.champion
    if champion is None:
        raise Refused("nothing serves yet")
    earlier = (one for one in earlier_champions(view.model) if one in view.versions)
    wanted = named or next(earlier, "") or _parent(view, champion.name)
    if not wanted:
        raise Refused(f"no version is known to have served before {champion.name}: name one")
    found = view.versions.get(wanted)
    if found is None:
        raise Refused(f"{wanted} is not in the registry")
    _refuse(view, champion.name, found)
    return found


def left_behind(view: View, returned: ModelVersion) -> list[str]:
    """The versions that would be rolled out again at once: eligible, and newer than the one returned to."""
    shut_out = {one.name for one in view.status.quarantined}
    champion = view.status.champion
    return sorted(
        name
        for name, version in view.versions.items()
        if age_order(version) > age_order(returned)
        and (eligible(view.model, version) or (champion is not None and champion.name == name))
        and name not in shut_out
    )


def overtaken(view: View) -> Move | None:
    """The end of a return that cannot take place any more: another version is pinned, or the one meant is gone."""
    rollback, candidate = view.status.rollback, view.status.candidate
    if rollback is None or (candidate is not None and candidate.name == rollback.to):
        return None
    if view.pinned:
        return moves.forget_return(view.status, f"{rollback.to} is not returned to: another version is pinned")
    if rollback.to not in view.versions:
        return moves.forget_return(view.status, f"{rollback.to} is not returned to: it left the registry")
    return None


def _refuse(view: View, champion: str, version: ModelVersion) -> None:
    name = version.metadata.name
    if name == champion:
        raise Refused(f"{name} serves")
    if view.status.rollback is not None and view.status.rollback.to == name:
        raise Refused(f"{name} is being returned to already")
    shut_out = next((one for one in view.status.quarantined if one.name == name), None)
    if shut_out is not None:
        raise Refused(f"{name} was rolled back ({shut_out.reason}): retry gives it another rollout")
    serving = view.versions.get(champion)
    if serving is not None and age_order(version) > age_order(serving):
        raise Refused(f"{name} is newer than {champion}: a rollback goes to an earlier version")
    served = any(one.name == name for one in view.status.history)
    if version.status.phase == "Rejected" or not (served or eligible(view.model, version)):
        raise Refused(f"{name} may not serve: it is {version.status.phase or 'not judged yet'}")


def _parent(view: View, champion: str) -> str:
    serving = view.versions.get(champion)
    return serving.spec.parent.name if serving is not None and serving.spec.parent is not None else ""
