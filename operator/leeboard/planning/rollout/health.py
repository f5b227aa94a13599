"""The conditions of a Model, as kstatus, Argo CD and a person read them."""

from leeboard.api.model import ModelStatus
from leeboard.api.reasons import Reason, explain
from leeboard.planning.conditions import Wanted
from leeboard.planning.rollout.advance import failure
from leeboard.planning.rollout.selection import awaiting_approval
from leeboard.planning.rollout.view import View


def conditions(view: View, status: ModelStatus) -> list[Wanted]:
    """Ready always; the others only while they are true. A canary of days is Ready, and not Reconciling."""
    found = _without_champion(view, status) if status.champion is None else _with_champion(view, status)
    waiting = awaiting_approval(view.model, view.snapshot.versions)
    if waiting is not None:
        message = explain(Reason.AWAITING_APPROVAL, f"{waiting.metadata.name} passed its gates")
        found.append(Wanted("AwaitingApproval", "True", Reason.AWAITING_APPROVAL, message))
    candidate = status.candidate
    if candidate is not None and candidate.phase in ("Canary", "Promoting"):
        asked = f"{candidate.requested_weight} % asked, {candidate.replica_weight} % of the pods"
        message = f"{candidate.name}: {asked}; {candidate.message}"
        found.append(Wanted("CanaryInProgress", "True", candidate.reason or Reason.PROGRESSING, message))
    return found


def _with_champion(view: View, status: ModelStatus) -> list[Wanted]:
    champion, wanted = status.champion, view.replicas
    assert champion is not None  # noqa: S101 - told by the caller
    ready = view.serving(champion)
    message = f"{champion.name} serves, {ready} of {wanted} pods ready"
    stuck = _stuck(view, status)
    problems = view.problems(champion.name)
    if ready == 0:
        told = problems[0].text() if problems else f"{champion.name} has no ready pod"
        reason = problems[0].reason if problems else Reason.PROGRESSING
        found = [Wanted("Ready", "False", reason, told)]
        fatal = bool(problems) and problems[0].fatal
        return [*found, Wanted("Stalled" if fatal else "Reconciling", "True", reason, told)]
    message += _rolled_back(view, status)
    found = [Wanted("Ready", "True", Reason.SERVING, message)]
    if stuck is not None:
        return [*found, Wanted("Stalled", "True", *stuck)]
    if not view.available(champion, wanted):
        told = problems[0].text() if problems else message
        found.append(Wanted("Reconciling", "True", problems[0].reason if problems else Reason.PROGRESSING, told))
    return found


def _rolled_back(view: View, status: ModelStatus) -> str:
    """What became of the newest version, where it was rolled back and an older one therefore serves."""
    newest = next(iter(view.versions), None)
    found = next((one for one in status.quarantined if one.name == newest), None)
    serves = status.champion is not None and status.champion.name == newest
    return f"; {found.name} was rolled back: {found.reason}: {found.message}" if found and not serves else ""


def _without_champion(view: View, status: ModelStatus) -> list[Wanted]:
    stuck = _stuck(view, status)
    if stuck is not None:
        return [Wanted("Ready", "False", *stuck), Wanted("Stalled", "True", *stuck)]
    if status.candidate is not None:
        message = f"{status.candidate.name}: {status.candidate.message}"
        return [
            Wanted("Ready", "False", Reason.PROGRESSING, message),
            Wanted("Reconciling", "True", Reason.PROGRESSING, message),
        ]
    rejected = [one for one in view.versions.values() if one.status.phase == "Rejected"]
    text = f"no version may serve; {len(view.versions)} registered, {len(rejected)} rejected"
    return [Wanted("Ready", "False", Reason.NO_VERSION, explain(Reason.NO_VERSION, text))]


def _stuck(view: View, status: ModelStatus) -> tuple[Reason, str] | None:
    """What only a change by a user heals: a pinned version that is missing, or pods that cannot work."""
    pinned = view.model.spec.promotion.version
    if view.pinned and pinned not in view.versions:
        return Reason.VERSION_NOT_FOUND, explain(Reason.VERSION_NOT_FOUND, f"there is no version {pinned}")
    candidate = status.candidate
    if candidate is None or candidate.phase == "RollingBack" or not (view.pinned or status.champion is None):
        return None
    return failure(view, candidate)
