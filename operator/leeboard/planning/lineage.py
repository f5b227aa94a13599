"""What the objects that serve a version say about where it comes from, for people and for admission policies."""

import hashlib

from leeboard.api import names
from leeboard.api.model_version import ModelVersion
from leeboard.planning.restricted_pod import compact

OBSERVED, IMPORTED = "Observed", "Imported"


def imported(version: ModelVersion) -> bool:
    """Whether nobody observed by which code and from which data a version was made."""
    return version.spec.source.training_job is None


def stamps(version: ModelVersion) -> dict[str, str]:
    """Annotations for a version's Deployment and pods, the same for as long as the version lives.

    The artefact's digest, and of a trained version what stands for its code and its data. Code is told by its commit
    or, where it came with the image, by the image's digest.
    """
    spec = version.spec
    found = {names.ARTIFACT: spec.artifact.digest, names.LINEAGE: IMPORTED if imported(version) else OBSERVED}
    if imported(version):
        return found
    commit = spec.code.commit if spec.code is not None else None
    image = spec.image.reference.rpartition("@")[2] if spec.image is not None else ""
    return found | {names.CODE: commit or image, names.DATA: data_digest(version)}


def data_digest(version: ModelVersion) -> str:
    """One digest over name, role and digest of all datasets, whatever their order."""
    read = sorted([one.name, one.role, one.digest] for one in version.spec.datasets)
    return "sha256:" + hashlib.sha256(compact(read).encode()).hexdigest()
