"""The conditions of a Model, as kstatus, Argo CD and a person read them."""

from leeboard.api.model_format import is_unsafe
from leeboard.api.model_status import ModelStatus, ServedVersion
from leeboard.api.reasons import Reason, explain
from leeboard.planning.conditions import Wanted
from leeboard.planning.rollout.canary.stages import unreachable_weight
from leeboard.planning.rollout.readiness import failure
from leeboard.planning.rollout.selection import awaiting_approval
from leeboard.planning.rollout.view import View
from leeboard.planning.serving.deployment import unavailable_since
from leeboard.planning.serving.problems import is_fatal
from leeboard.planning.serving.redaction import unknown_redactions
from leeboard.planning.serving.silent_exporters import silent_exporters
from leeboard.planning.serving.unheard_exporters import heard
from leeboard.planning.traffic.conditions import route_accepted, unrouted

_MAY_SERVE = ("Accepted", "AwaitingApproval")


def conditions(view: View, status: ModelStatus) -> list[Wanted]:
    """Ready always; the others only while they are true. A canary of days is Ready, and not Reconciling."""
    found = _without_champion(view, status) if status.champion is None else _with_champion(view, status)
    waiting = awaiting_approval(view.model, view.snapshot.versions)
    if waiting is not None:
        message = explain(Reason.AWAITING_APPROVAL, f"{waiting.metadata.name} passed its gates")
        found.append(Wanted("AwaitingApproval", "True", Reason.AWAITING_APPROVAL, message))
    if (unsafe := _unsafe(view, status)) is not None:
        found.append(unsafe)
    served = view.versions.get(status.champion.name) if status.champion is not None else None
    if (misspelt := unknown_redactions(view.model, served)) is not None:
        found.append(misspelt)
    if served is not None and (silent := _silent(view, served.metadata.name)) is not None:
        found.append(silent)
    if (routed := route_accepted(view.routing, status)) is not None:
        found.append(routed)
    candidate = status.candidate
    if candidate is not None and candidate.phase == "Staged":
        found.append(
            Wanted("Staged", "True", candidate.reason or Reason.STAGED, f"{candidate.name}: {candidate.message}")
        )
    if candidate is not None and candidate.phase in ("Canary", "Promoting"):
        asked = f"{candidate.requested_weight} % asked, {candidate.replica_weight} % of the pods"
        warning = unreachable_weight(view, candidate.requested_weight) if candidate.phase == "Canary" else None
        message = f"{candidate.name}: {asked}; {f'{warning}; ' if warning else ''}{candidate.message}"
        found.append(Wanted("CanaryInProgress", "True", candidate.reason or Reason.PROGRESSING, message))
    return [*found, *_compared(status)]


def _silent(view: View, champion: str) -> Wanted | None:
    known = heard(view.snapshot.monitors, champion)
    return silent_exporters(view.snapshot.pods, champion, view.now, view.snapshot.warnings, known)


def _compared(status: ModelStatus) -> list[Wanted]:
    """That versions are compared with the champion; it may take weeks, and the Model is Ready meanwhile."""
    compared = [one for one in status.challengers if one.phase == "Comparing"]
    if not compared:
        return []
    said = [f"{one.name}: {one.reason or Reason.COMPARING}: {one.message}" for one in compared]
    reason = compared[0].reason if len(compared) == 1 else ""
    return [Wanted("ChallengersInProgress", "True", reason or Reason.COMPARING, "; ".join(said)[:1024])]


def _unsafe(view: View, status: ModelStatus) -> Wanted | None:
    """Which versions that serve, or may, run code that came with them; nobody should have to look for that."""
    places = (status.champion, status.candidate, status.draining, *status.challengers)
    served = {one.name for one in places if one is not None}
    unsafe = [
        f"{name} ({version.spec.artifact.format})"
        for name, version in view.versions.items()
        if is_unsafe(version.spec.artifact.format) and (name in served or version.status.phase in _MAY_SERVE)
    ]
    if not unsafe or not view.model.spec.serving.allow_unsafe_formats:
        return None
    message = f"code that came with the model runs in the pods of {', '.join(unsafe[:5])}"
    return Wanted("UnsafeFormatAllowed", "True", Reason.UNSAFE_FORMAT_ALLOWED, message)


def _with_champion(view: View, status: ModelStatus) -> list[Wanted]:
    champion, wanted = status.champion, view.replicas
    assert champion is not None  # noqa: S101 - told by the caller
    ready = view.serving(champion)
    message = f"{champion.name} serves, {ready} of {wanted} pods ready"
    stuck = _stuck(view, status)
    if ready == 0:
        lacking = _lacking(view, champion, f"{champion.name} has no ready pod")
        return [Wanted("Ready", "False", lacking.reason, lacking.message), lacking]
    rolled_back = _rolled_back(view, status)
    message += f"; {rolled_back[1]}" if rolled_back else _lost(view, status)
    found = [Wanted("Ready", "True", Reason.SERVING, message)]
    if stuck is not None:
        return [*found, Wanted("Stalled", "True", *stuck)]
    if not view.available(champion, wanted):
        return [*found, _lacking(view, champion, message)]
    if rolled_back:
        return [*found, Wanted("Stalled", "True", *rolled_back)]
    without_route = unrouted(view.routing, status)
    return [*found, without_route] if without_route is not None else found


def _lacking(view: View, champion: ServedVersion, otherwise: str) -> Wanted:
    """Reconciling; Stalled where a pod cannot work, or one was lacking for longer than pods may take to be ready."""
    problems, lost = view.problems(champion.name), unavailable_since(view.live(champion.name))
    for_long = lost is not None and view.now - lost >= view.ready_within
    if problems:
        state = "Stalled" if is_fatal(problems[0]) or for_long else "Reconciling"
        return Wanted(state, "True", problems[0].reason, view.troubles(champion.name))
    if for_long:
        return Wanted("Stalled", "True", Reason.NOT_READY_IN_TIME, explain(Reason.NOT_READY_IN_TIME, otherwise))
    return Wanted("Reconciling", "True", Reason.PROGRESSING, otherwise)


def _rolled_back(view: View, status: ModelStatus) -> tuple[Reason, str] | None:
    """What became of the newest version, where it was rolled back and an older one therefore serves.

    What was last registered is what the Model was asked for; that it does not serve is no state of rest, unless a user
    has said by a pin that another one should.
    """
    if view.pinned:
        return None
    newest = next(iter(view.versions), None)
    found = next((one for one in status.quarantined if one.name == newest), None)
    if found is None or (status.champion is not None and status.champion.name == newest):
        return None
    if found.reason == Reason.PAST_UNKNOWN:
        return Reason.PAST_UNKNOWN, explain(Reason.PAST_UNKNOWN, f"{found.name} is held back: {found.message}")
    if found.reason == Reason.TEST_LOST:
        return None  # a test has done what it is for, and nothing has to be mended: `_lost` tells
    reason = Reason.ABORTED if found.reason == Reason.ABORTED else Reason.ROLLED_BACK
    return reason, explain(reason, f"{found.name} was rolled back: {found.reason}: {found.message}")


def _lost(view: View, status: ModelStatus) -> str:
    """What is added where the newest version does not serve because a test of callers found another one better."""
    newest = next(iter(view.versions), None)
    found = next((one for one in status.quarantined if one.name == newest), None)
    return f"; {found.name} has lost its test: {found.message}" if found and found.reason == Reason.TEST_LOST else ""


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
    if awaiting_approval(view.model, view.snapshot.versions) is not None:
        text = explain(Reason.AWAITING_APPROVAL, "no version may serve before one is approved")
        return [Wanted("Ready", "False", Reason.AWAITING_APPROVAL, text)]
    rejected = [one for one in view.versions.values() if one.status.phase == "Rejected"]
    rolled_back = _rolled_back(view, status)
    if rolled_back is not None:
        return [Wanted("Ready", "False", *rolled_back), Wanted("Stalled", "True", *rolled_back)]
    text = f"no version may serve; {len(view.versions)} registered, {len(rejected)} rejected"
    found = [Wanted("Ready", "False", Reason.NO_VERSION, explain(Reason.NO_VERSION, text))]
    if rejected and rejected[0].metadata.name == next(iter(view.versions)):
        # another version has to be made first: waiting for this one to serve ends nowhere
        found.append(Wanted("Stalled", "True", Reason.NO_VERSION, explain(Reason.NO_VERSION, text)))
    return found


def _stuck(view: View, status: ModelStatus) -> tuple[Reason, str] | None:
    """What only a change by a user heals: a pinned version that is missing, or pods that cannot work."""
    pinned = view.model.spec.promotion.version
    if view.pinned and pinned not in view.versions:
        return Reason.VERSION_NOT_FOUND, explain(Reason.VERSION_NOT_FOUND, f"there is no version {pinned}")
    candidate = status.candidate
    if candidate is None or candidate.phase == "RollingBack" or not (view.pinned or status.champion is None):
        return None
    return failure(view, candidate)
