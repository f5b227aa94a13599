"""What a pod has to mount to read an artefact that lies in a claim or in an image."""

from leeboard.api.artifact_uri import mounted_artifact
from leeboard.planning.plan import Raw
from leeboard.planning.restricted_pod import mount, variable

FOLDER = "/leeboard/source"
_NAME = "source"


def artifact_volumes(uri: str) -> list[Raw]:
    """The volume, read-only; none where the artefact comes over the network.

    A claim is mounted read-only as a whole, not only in the container: what lies in it would else be given to the
    pod's group. An image volume needs Kubernetes 1.35, or 1.33 with the feature gate ImageVolume.
    """
    place = mounted_artifact(uri)
    if place is None:
        return []
    if place.claim:
        return [{"name": _NAME, "persistentVolumeClaim": {"claimName": place.claim, "readOnly": True}}]
    return [{"name": _NAME, "image": {"reference": place.image, "pullPolicy": "IfNotPresent"}}]


def artifact_mounts(uri: str) -> list[Raw]:
    """Where the container that reads the artefact finds it."""
    return [mount(_NAME, FOLDER, read_only=True)] if mounted_artifact(uri) else []


def artifact_environment(uri: str) -> list[Raw]:
    """How that container knows."""
    return [variable("LEEBOARD_SOURCE_FOLDER", FOLDER)] if mounted_artifact(uri) else []
