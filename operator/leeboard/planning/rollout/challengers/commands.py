"""Commands about challengers: which one is meant, and what becomes of it."""

from leeboard.api.model_status import Challenger
from leeboard.api.reasons import Reason
from leeboard.planning.rollout.challengers import moves
from leeboard.planning.rollout.challengers.contenders import contenders
from leeboard.planning.rollout.challengers.terms import compares, limits_of
from leeboard.planning.rollout.moves import Move
from leeboard.planning.rollout.returning import Refused
from leeboard.planning.rollout.view import View


def meant(view: View, named: str) -> Challenger | None:
    """The challenger that a command is about; None where it is about the candidate, or about nothing.

    Without a name the candidate is meant, and without one the only challenger. Raises Refused where several might be
    meant, or the version that is named is neither.
    """
    status = view.status
    staying = [one for one in status.challengers if one.stays]
    if named:
        found = next((one for one in staying if one.name == named), None)
        if found is None and (status.candidate is None or status.candidate.name != named):
            raise Refused(f"{named} is neither candidate nor challenger")
        return found
    if status.candidate is not None or not staying:
        return None
    if len(staying) > 1:
        several = ", ".join(one.name for one in staying)
        raise Refused(f"{several} are compared: say which one, as MODEL/VERSION")
    return staying[0]


def abort(view: View, one: Challenger) -> Move:
    """Its comparison ends, and it is not tried again."""
    return moves.shut_out(view.status, one, Reason.ABORTED, "by command", view.now)


def promote(view: View, one: Challenger) -> Move:
    """It becomes champion, whatever the pairs say. Raises Refused."""
    status = view.status
    if status.rollback is not None:
        raise Refused(f"{status.rollback.to} is being returned to; abort ends that")
    if status.candidate is not None:
        raise Refused(f"{status.candidate.name} is on its way; one version at a time becomes champion")
    return moves.crown(status, one, "by command", view.now)


def gets_a_place(view: View, version: str) -> bool:
    """Whether a version would be compared, were it not for how many there are already."""
    if not compares(view):
        return False
    names = contenders(view.model, view.snapshot.versions)
    limits = limits_of(view.model)
    return version in (names if limits.when_newer == "Queue" else names[: limits.most])
