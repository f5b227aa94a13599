"""Drift that has to be found more than once: in `count` of the newest `of` evaluations."""

from dataclasses import replace

from leeboard.api.drift_monitor import DriftMonitor
from leeboard.api.drift_status import Look
from leeboard.api.reasons import Reason
from leeboard.planning.drift.verdict import Verdict


def looks_after(monitor: DriftMonitor, champion: str, verdict: Verdict) -> tuple[Look, ...]:
    """The newest evaluations, this one last. Evaluations of another champion say nothing about this one."""
    most = monitor.spec.persistence.of
    if most == 1:
        return ()
    before = monitor.status.looks if monitor.status.version in {"", champion} else ()
    if verdict.observed_at is None:
        return before[-most:]
    # a reconcile may see the same figures again; what it makes of them now is what counts
    older = tuple(one for one in before if one.at < verdict.observed_at)
    return (*older, Look(at=verdict.observed_at, verdict=verdict.verdict))[-most:]


def persistent(monitor: DriftMonitor, verdict: Verdict, looks: tuple[Look, ...]) -> Verdict:
    """The verdict, where drift was found often enough; else Inconclusive, with the findings and what is missing."""
    wanted, found = monitor.spec.persistence, sum(one.verdict == "Drift" for one in looks)
    if verdict.verdict != "Drift" or wanted.of == 1 or found >= wanted.count:
        return verdict
    text = f"drift in {found} of the newest {len(looks)} evaluations, {wanted.count} of {wanted.of} are asked for: "
    return replace(verdict, verdict="Inconclusive", reason=Reason.INCONCLUSIVE, message=text + verdict.message)
