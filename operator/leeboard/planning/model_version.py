"""ModelVersion: whether a version may serve, decided once from its own figures."""

from datetime import datetime
from typing import Literal

from leeboard.api import names
from leeboard.api.model_version import GateResult, ModelVersion
from leeboard.api.reasons import Reason, explain
from leeboard.planning.conditions import Wanted, set_conditions
from leeboard.planning.gates import evaluate_gates
from leeboard.planning.plan import Event, Plan, Raw
from leeboard.planning.snapshot import ModelVersionSnapshot


def plan_model_version(snapshot: ModelVersionSnapshot, now: datetime) -> Plan:
    """The next status of a version. Gates are decided once: a later champion does not change the verdict."""
    version, model = snapshot.version, snapshot.model
    if version.metadata.deletion_timestamp is not None:
        return Plan()
    if model is None:
        name = version.spec.model_ref.name
        message = explain(Reason.MODEL_NOT_FOUND, f"there is no Model {name}")
        return _plan(version, "Registered", (), [Wanted("Ready", "False", Reason.MODEL_NOT_FOUND, message)], now)
    results = version.status.gates or evaluate_gates(
        model.spec.promotion.gates, version.spec.metrics, version.spec.comparison
    )
    failed = [result for result in results if not result.passed]
    if failed:
        text = explain(Reason.GATE_FAILED, "; ".join(f"{one.gate}: {one.message}" for one in failed))
        wanted = [Wanted("Ready", "True", Reason.GATE_FAILED, text), Wanted("GatesPassed", "False", "GateFailed", text)]
        return _plan(version, "Rejected", results, wanted, now)
    passed = Wanted("GatesPassed", "True", Reason.ACCEPTED, f"{len(results)} gates passed")
    if model.spec.promotion.policy == "Approval" and not _approver(version):
        text = explain(Reason.AWAITING_APPROVAL, "nobody has approved this version yet")
        waiting = Wanted("AwaitingApproval", "True", Reason.AWAITING_APPROVAL, text)
        ready = Wanted("Ready", "True", Reason.AWAITING_APPROVAL, text)
        return _plan(version, "AwaitingApproval", results, [ready, waiting, passed], now)
    ready = Wanted("Ready", "True", Reason.ACCEPTED, "the version may serve")
    return _plan(version, "Accepted", results, [ready, passed], now)


def _approver(version: ModelVersion) -> str:
    return version.status.approved_by or version.metadata.annotations.get(names.APPROVED_BY, "")


def _plan(
    version: ModelVersion, phase: str, gates: tuple[GateResult, ...], wanted: list[Wanted], now: datetime
) -> Plan:
    generation = version.metadata.generation
    status: Raw = {
        "observedGeneration": generation,
        "phase": phase,
        "gates": [gate.dump() for gate in gates],
        "approvedBy": _approver(version),
        "conditions": set_conditions(version.status.conditions, wanted, generation, now),
    }
    before = version.status
    same = before.phase == phase and before.observed_generation == generation and before.gates == gates
    if same and before.approved_by == status["approvedBy"]:
        return Plan()
    kind: Literal["Warning", "Normal"] = "Warning" if phase == "Rejected" else "Normal"
    events = () if before.phase == phase else (Event(kind, str(wanted[0].reason), wanted[0].message),)
    return Plan(status=status, events=events)
