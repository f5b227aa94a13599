"""What is said of one version: facts with a label, a digest where there is one, and words."""

from collections.abc import Iterator
from dataclasses import dataclass

from rich.text import Text

from leeboard.api.lineage import DatasetRecord
from leeboard.api.model_version import Artifact, ModelVersion, ModelVersionSpec, StoredFile
from leeboard.cli.registry.pasts import told
from leeboard.cli.show import styles
from leeboard.cli.show.quantities import count, digest, size
from leeboard.cli.show.text import styled
from leeboard.planning import lineage_changes as changes

_MOST_PARTITIONS = 6
_LABEL_OF_ROLE = {"Train": changes.TRAINING_DATA, "Holdout": changes.HOLDOUT_DATA}
_BLANKS = "   "


@dataclass(frozen=True)
class Fact:
    """One fact; `digest` is whole as it is recorded, `lines` are folded where they are too long."""

    label: str
    lines: tuple[Text, ...]
    digest: str = ""


def facts(version: ModelVersion, before: ModelVersion | None, *, wide: bool) -> Iterator[Fact]:
    """What the version was made of and what came of it; what is not recorded is said to be so."""
    spec = version.spec
    if spec.source.training_job is not None:
        yield _code(spec)
        yield _image(spec)
        yield from (_dataset(one, wide=wide) for one in spec.datasets)
        yield _parameters(spec, before.spec if before is not None else None)
        yield _environment(spec)
    yield _artefact(spec.artifact)
    for label, stored in (("profile", spec.profile), ("golden samples", spec.golden_samples)):
        yield _stored(label, stored, spec.artifact, wide=wide)
    yield from _gates(version)


def _code(spec: ModelVersionSpec) -> Fact:
    code = spec.code
    if code is None:
        return _not_recorded(changes.CODE)
    if not code.verified:
        return Fact(changes.CODE, (styled(("unverified: it came with the image", styles.NOTICE)),), code.commit or "")
    asked = f" at {code.revision}" if code.revision else ""
    return Fact(changes.CODE, (styled(f"{code.repository}{asked}, ", ("verified", styles.GOOD)),), code.commit or "")


def _image(spec: ModelVersionSpec) -> Fact:
    if spec.image is None:
        return _not_recorded(changes.IMAGE)
    repository, _, whole = spec.image.reference.rpartition("@")
    return Fact(changes.IMAGE, (styled(repository),), whole)


def _dataset(dataset: DatasetRecord, *, wide: bool) -> Fact:
    partitions = dataset.partitions
    if len(partitions) > _MOST_PARTITIONS and not wide:
        partitions = (*partitions[:2], "…", *partitions[-2:], f"({len(dataset.partitions)} partitions)")
    read = " ".join(partitions) if partitions else "all of it"
    what = styled(f"{dataset.name}: {count(dataset.rows)} rows of {dataset.uri}")
    parts = styled(f"{read}, columns ", (digest(dataset.schema_digest, wide=wide), styles.DIGEST))
    return Fact(_LABEL_OF_ROLE[dataset.role], (what, parts), dataset.digest)


def _parameters(spec: ModelVersionSpec, before: ModelVersionSpec | None) -> Fact:
    values = {**spec.params, "seed": str(spec.seed)}
    earlier = {**before.params, "seed": str(before.seed)} if before is not None else values
    pieces: list[str | tuple[str, str]] = []
    for name in dict.fromkeys((*values, *earlier)):
        value, was = values.get(name), earlier.get(name)
        text = f"{name}={value}" if value is not None else f"{name} left out"
        pieces += [text] if value == was else [text, (f" (was {was})" if was is not None else " (new)", styles.NOTICE)]
        pieces.append(_BLANKS)
    return Fact(changes.PARAMETERS, (styled(*pieces[:-1]),))


def _environment(spec: ModelVersionSpec) -> Fact:
    environment = spec.environment
    if environment is None or not (environment.python or environment.lock_digest):
        return _not_recorded(changes.ENVIRONMENT)
    python = f"Python {environment.python}" if environment.python else "an unknown Python"
    packages = " and its packages" if environment.lock_digest else ", packages not recorded"
    return Fact(changes.ENVIRONMENT, (styled(f"{python}{packages}"),), environment.lock_digest or "")


def _artefact(artefact: Artifact) -> Fact:
    said = styled(f"{artefact.uri}, {artefact.format}, {size(artefact.bytes)}")
    return Fact("artefact", (said,), artefact.digest)


def _stored(label: str, stored: StoredFile | None, artefact: Artifact, *, wide: bool) -> Fact:
    """A file beside the artefact, whose address is not repeated."""
    if stored is None:
        return _not_recorded(label)
    return Fact(label, (styled(stored.uri if wide else stored.uri.removeprefix(artefact.uri)),), stored.digest)


def _gates(version: ModelVersion) -> Iterator[Fact]:
    gates, approver = version.status.gates, version.status.approved_by
    if gates:
        passed = [gate.gate for gate in gates if gate.passed]
        failed = [styled((f"failed {gate.gate}", styles.BAD), f": {gate.message}") for gate in gates if not gate.passed]
        kept = [styled(("passed ", styles.GOOD), ", ".join(passed))] if passed else []
        yield Fact("gates", (*failed, *kept))
    if approver:
        yield Fact("approved by", (styled(approver),))
    if version.status.restored is not None and version.status.restored.tells:
        yield Fact("restored", tuple(styled(one) for one in told(version.status.restored)))


def _not_recorded(label: str) -> Fact:
    return Fact(label, (styled(("not recorded", styles.NOTICE)),))
