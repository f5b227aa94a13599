"""Keeps an upgrade of Leeboard from restarting what serves.

A newer release may write the pods of a version differently: another probe, another variable. A Deployment says by two
annotations from what its template was made and which template that gave. Where all that users say is the same and only
the template differs, the release differs, and the live template stays. When users change what the pods are made of,
the release of that day writes them anew; so it does for the next version.

Nothing in the annotations is run: forging them can keep or renew a template, and no more. While the release is the same
a template that somebody else changed is put right, as every child is.
"""

import hashlib

from leeboard.api import names
from leeboard.api.model import Model
from leeboard.api.model_version import ModelVersion
from leeboard.planning.lineage import stamps
from leeboard.planning.plan import Raw
from leeboard.planning.restricted_pod import compact
from leeboard.planning.serving.pod import Adopted, pod_template


def template_and_marks(
    live: Raw | None, model: Model, version: ModelVersion, adopted: Adopted
) -> tuple[Raw, dict[str, str]]:
    """The pod template of a version's Deployment, and the annotations that go with it."""
    fresh = pod_template(model, version, adopted)
    marks = {names.TEMPLATE_INPUTS: inputs(model, version, adopted), names.TEMPLATE: _digest(fresh)}
    before = (live["metadata"].get("annotations") or {}) if live else {}
    recorded = before.get(names.TEMPLATE)
    same_wishes = before.get(names.TEMPLATE_INPUTS) == marks[names.TEMPLATE_INPUTS]
    if live is None or recorded is None or not same_wishes or recorded == marks[names.TEMPLATE]:
        return fresh, marks
    return live["spec"]["template"], marks | {names.TEMPLATE: recorded}


def inputs(model: Model, version: ModelVersion, adopted: Adopted) -> str:
    """A digest of everything that users say about a version's pods, and of what it was adopted with.

    Defaults are left out, so that a field that a later release adds changes nothing.
    """
    spec = model.spec
    said = [
        one.model_dump(mode="json", exclude_defaults=True, exclude_none=True)
        for one in (spec.serving.model_copy(update={"replicas": 1, "autoscaling": None}), spec.storage, spec.prediction)
    ]
    adopted_with = [adopted.server_image, adopted.flush_interval.total_seconds(), list(adopted.image_pull_secrets)]
    return _digest([model.metadata.name, version.metadata.name, stamps(version), said, adopted_with])


def _digest(value: Raw | list[object]) -> str:
    return hashlib.sha256(compact(value).encode()).hexdigest()[:32]
