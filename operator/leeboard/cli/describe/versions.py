"""What is said of a ModelVersion."""

from collections.abc import Iterator
from datetime import datetime

from leeboard.api.model_format import is_unsafe
from leeboard.api.model_version import ModelVersion
from leeboard.cli.describe.page import Fact
from leeboard.cli.objects import Objects
from leeboard.cli.registry.pasts import told
from leeboard.cli.show.figures import figure
from leeboard.cli.show.moments import age
from leeboard.cli.show.quantities import digest, size
from leeboard.cli.standing import parents, standing, verified
from leeboard.planning.rollout.selection import registered_at


def facts(version: ModelVersion, objects: Objects, now: datetime) -> Iterator[Fact]:
    """How it stands, where it comes from, and how good it is."""
    spec = version.spec
    model = objects.model(version.metadata.namespace, spec.model_ref.name)
    stands = standing(version, model, parents(objects.versions))
    why = ": ".join(part for part in (stands.reason, stands.message) if part)
    yield "model", spec.model_ref.name + ("" if model is not None else " (does not exist)")
    yield "standing", f"{stands.word}{f': {why}' if why else ''}"
    yield "verified", verified(version)
    yield "registered", f"{age(registered_at(version), now)} ago"
    yield from _origin(version)
    artefact = spec.artifact
    yield "artefact", f"{digest(artefact.digest)} {artefact.uri}, {artefact.format}, {size(artefact.bytes)}"
    if artefact.libraries:
        yield "libraries", ", ".join(f"{name} {version}" for name, version in sorted(artefact.libraries.items()))
    if is_unsafe(artefact.format):
        yield "own code", f"loading runs code that came with the model, under the artefact's digest {artefact.digest}"
    if spec.accelerated is not None:
        parity = spec.accelerated.parity
        allowed = model is None or model.spec.serving.as_onnx
        served = "served as ONNX" if allowed else "as ONNX, but served as it was trained (acceleration.onnx: Never)"
        compared = f"{parity.rows} rows {parity.worst} apart at most"
        yield "accelerated", f"{served}: {digest(spec.accelerated.digest)}, {size(spec.accelerated.bytes)}, {compared}"
    elif spec.not_accelerated:
        yield "accelerated", f"no, served as it was trained: {spec.not_accelerated}"
    for metric in spec.metrics:
        yield "metric", f"{metric.name} {figure(metric)}"
    for gate in version.status.gates:
        yield "gate", f"{'passed' if gate.passed else 'FAILED'} {gate.gate}: {gate.message}"
    if version.status.approved_by:
        yield "approved by", version.status.approved_by
    if version.status.restored is not None:
        yield from (("restored", one) for one in told(version.status.restored))


def _origin(version: ModelVersion) -> Iterator[Fact]:
    spec = version.spec
    if spec.source.import_ is not None:
        yield "imported", spec.source.import_.reason
    if spec.source.training_job is not None:
        yield "run", f"{spec.source.training_job.run} of TrainingJob {spec.source.training_job.name}"
    if spec.cause is not None:
        yield "cause", f"{spec.cause.kind}: {spec.cause.reason}" if spec.cause.reason else spec.cause.kind
    if spec.code is not None and spec.code.commit:
        yield "commit", f"{digest(spec.code.commit)} of {spec.code.repository}"
    if spec.parent is not None:
        yield "parent", spec.parent.name
