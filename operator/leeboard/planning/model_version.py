"""ModelVersion: whether a version may serve, decided once from its own figures."""

from collections.abc import Iterator
from datetime import datetime

from leeboard.api import names
from leeboard.api.model import Model
from leeboard.api.model_format import FORMATS, is_unsafe
from leeboard.api.model_status import ServedVersion
from leeboard.api.model_version import GateResult, ModelVersion
from leeboard.api.reasons import Reason, explain
from leeboard.planning.conditions import Wanted, set_conditions
from leeboard.planning.gates import evaluate_gates
from leeboard.planning.lineage import imported
from leeboard.planning.plan import Event, Plan, Raw
from leeboard.planning.restored import past_to_note, waits_for_its_model
from leeboard.planning.rollout.memory import brought_along, kept
from leeboard.planning.rollout.selection import needs_approval
from leeboard.planning.snapshot import ModelVersionSnapshot

_DECIDED = ("AwaitingApproval", "Accepted")
_APPROVER_LIMIT = 253


def plan_model_version(snapshot: ModelVersionSnapshot, now: datetime) -> Plan:
    """The next status of a version. Gates are decided once: a later champion or rule does not change the verdict."""
    version, model = snapshot.version, snapshot.model
    if version.metadata.deletion_timestamp is not None:
        return Plan()
    if model is not None and waits_for_its_model(version, model):
        return Plan()  # it wakes this version when it has shut it out
    phase, gates, wanted = _judged(version, model)
    generation = version.metadata.generation
    status: Raw = version.status.model_copy(
        update={
            "observed_generation": generation,
            "phase": phase,
            "gates": gates,
            "approved_by": _approver(version),
            "serving_as": serving_as(version.metadata.name, model),
            **brought_along(version, model),
            **kept(version, model),
        }
    ).dump()
    status["conditions"] = set_conditions(
        version.status.conditions, [*wanted, verified(version), *accelerated(version)], generation, now
    )
    if status == version.status.dump():
        return Plan()
    if version.status.phase == phase:
        # the mark is taken away by what the Model says now: a moment too early, and the version could be deleted
        unmarked = bool(version.status.serving_as) and not status["servingAs"]
        return Plan(status=status, decides=unmarked or (model is not None and past_to_note(version) is not None))
    told = wanted[0]
    event = Event("Normal" if told.status == "True" else "Warning", str(told.reason), told.message)
    return Plan(status=status, decides=True, events=(event,))


def serving_as(version: str, model: Model | None) -> str:
    """The place that a Model gives a version, or the empty string; a version without a place may be deleted.

    A version has the mark before any request reaches it, for which the Model waits, and until its pods are gone.
    """
    if model is None:
        return ""
    status = model.status
    places: dict[str, ServedVersion | None] = {
        "Champion": status.champion,
        "Candidate": status.candidate,
        "Draining": status.draining,
        "Challenger": next((one for one in status.challengers if one.name == version), None),
    }
    held = next((place for place, served in places.items() if served is not None and served.name == version), "")
    return held or ("Pinned" if model.spec.promotion.version == version else "")


def missing_lineage(version: ModelVersion) -> list[str]:
    """The fields of a trained version's lineage that are empty; an imported one says itself that it has none."""
    spec = version.spec
    if spec.source.training_job is None:
        return [] if spec.source.import_ else ["source"]
    present = {
        "code.commit": spec.code is not None and (spec.code.commit is not None or not spec.code.verified),
        "image": spec.image is not None and "sha256:" in spec.image.reference,
        "datasets": bool(spec.datasets),
        "metrics": bool(spec.metrics),
        "signature.inputs": bool(spec.signature.inputs),
        "profile": spec.profile is not None,
        "goldenSamples": spec.golden_samples is not None,
        "cause": spec.cause is not None,
    }
    return [field for field, there in present.items() if not there]


def verified(version: ModelVersion) -> Wanted:
    """The condition Verified: whether a run observed commit, image and data; an import tells of none."""
    spec = version.spec
    if spec.source.import_ is not None:
        text = explain(Reason.CODE_UNKNOWN, "imported: nobody observed by which code and data it was made")
        return Wanted("Verified", "False", Reason.CODE_UNKNOWN, text)
    if spec.code is None or not spec.code.verified:
        text = explain(Reason.CODE_FROM_IMAGE, "the code came with the image: its commit was not observed")
        return Wanted("Verified", "False", Reason.CODE_FROM_IMAGE, text)
    return Wanted("Verified", "True", Reason.LINEAGE_OBSERVED, "commit, image and data were observed by the run")


def accelerated(version: ModelVersion) -> Iterator[Wanted]:
    """The condition Accelerated, where a conversion to ONNX was tried."""
    spec = version.spec
    if spec.accelerated is not None:
        parity = spec.accelerated.parity
        text = f"as ONNX {parity.rows} rows are answered as by the trained model, {parity.worst} apart at most"
        yield Wanted("Accelerated", "True", Reason.ACCELERATED, text)
    elif spec.not_accelerated:
        text = explain(Reason.NOT_CONVERTED, f"served as it was trained: {spec.not_accelerated}")
        yield Wanted("Accelerated", "False", Reason.NOT_CONVERTED, text)


def unservable(version: ModelVersion, model: Model | None) -> tuple[Reason, str] | None:
    """Why no pod of a Model could serve a version, or None."""
    spec, form = version.spec, version.spec.artifact.format
    if form not in FORMATS:
        return Reason.UNSAFE_FORMAT, f"registered as {form}: it is never loaded"
    if is_unsafe(form) and model is not None and not model.spec.serving.allow_unsafe_formats:
        return Reason.UNSAFE_FORMAT, f"{form} runs code that came with the model, and the Model does not allow that"
    if spec.source.import_ is not None and (spec.profile is None or spec.golden_samples is None):
        return Reason.REFERENCE_MISSING, "imported without a reference: it has no profile and no golden samples"
    return None


def _judged(version: ModelVersion, model: Model | None) -> tuple[str, tuple[GateResult, ...], list[Wanted]]:
    """Phase, gates and conditions, the Ready condition first."""
    missing, gates = missing_lineage(version), version.status.gates
    if missing:
        text = explain(Reason.LINEAGE_INCOMPLETE, f"nothing is recorded of {', '.join(missing)}")
        return "Rejected", gates, _refused(Reason.LINEAGE_INCOMPLETE, text)
    if (unfit := unservable(version, model)) is not None:
        reason, told = unfit
        return "Rejected", gates, _refused(reason, explain(reason, told))
    # a version that was refused for its format alone has met no gate yet
    decided = version.status.phase in _DECIDED or any(not gate.passed for gate in gates)
    if model is None:
        text = explain(Reason.MODEL_NOT_FOUND, f"there is no Model {version.spec.model_ref.name}")
        return (
            version.status.phase if decided else "Registered",
            gates,
            [Wanted("Ready", "False", Reason.MODEL_NOT_FOUND, text)],
        )
    gates = gates if decided else _gates(version, model)
    failed = [gate for gate in gates if not gate.passed]
    if failed:
        text = explain(Reason.GATE_FAILED, "; ".join(f"{gate.gate}: {gate.message}" for gate in failed))
        return (
            "Rejected",
            gates,
            [*_refused(Reason.GATE_FAILED, text), Wanted("GatesPassed", "False", Reason.GATE_FAILED, text)],
        )
    passed = Wanted("GatesPassed", "True", Reason.ACCEPTED, f"{len(gates)} of {len(gates)} gates passed")
    if _waits_for_approval(version, model):
        what = "import: its code and data are not known" if imported(version) else "version yet"
        text = explain(Reason.AWAITING_APPROVAL, f"nobody has approved this {what}")
        # not an error, and nothing that moves by itself: tools that wait for Ready must not wait for a person
        ready = Wanted("Ready", "True", Reason.AWAITING_APPROVAL, text)
        return (
            "AwaitingApproval",
            gates,
            [ready, Wanted("AwaitingApproval", "True", Reason.AWAITING_APPROVAL, text), passed],
        )
    approver = _approver(version)
    text = f"the version may serve, approved by {approver}" if approver else "the version may serve"
    return "Accepted", gates, [Wanted("Ready", "True", Reason.ACCEPTED, text), passed]


def _gates(version: ModelVersion, model: Model) -> tuple[GateResult, ...]:
    """The verdict of every gate. Where there is a champion, a version that was not compared with one fails."""
    results = evaluate_gates(model.spec.promotion.gates, version.spec.metrics, version.spec.comparison)
    champion = model.status.champion
    if champion is None or champion.name == version.metadata.name or version.spec.comparison is not None:
        return results
    return tuple(
        GateResult(gate=result.gate, passed=False, message=f"it was not compared with the champion {champion.name}")
        if gate.type == "VersusChampion"
        else result
        for gate, result in zip(model.spec.promotion.gates, results, strict=True)
    )


def _waits_for_approval(version: ModelVersion, model: Model) -> bool:
    champion = model.status.champion
    serves = champion is not None and champion.name == version.metadata.name
    return needs_approval(model, version) and not _approver(version) and not serves


def _approver(version: ModelVersion) -> str:
    """Who approved, once and for all: an annotation that vanishes again takes nothing back."""
    annotated = version.metadata.annotations.get(names.APPROVED_BY, "").strip()
    return version.status.approved_by or annotated[:_APPROVER_LIMIT]


def _refused(reason: Reason, text: str) -> list[Wanted]:
    return [Wanted("Ready", "False", reason, text), Wanted("Stalled", "True", reason, text)]
