"""Pods as kubelet, scheduler and node controller of Kubernetes 1.35 write them when something is wrong.

The texts are those of its sources and of a real node, with what they may quote in braces: `{quoted}` stands wherever a
text holds words that are not Kubernetes' own, such as an address that a registry redirected to.
"""

from copy import deepcopy
from dataclasses import dataclass
from typing import Any

Document = dict[str, Any]
IMAGE = "registry.example/ml/flights:1.4"


@dataclass(frozen=True)
class State:
    """What is wrong with a pod, and what has to be told of it."""

    title: str
    pod: Document
    reason: str
    fact: str

    def status(self, container: str, quoted: str = "") -> Document:
        """The pod's status, of a pod whose main container has that name."""
        return _filled(deepcopy(self.pod), container, quoted)


def waiting(title: str, word: str, message: str, reason: str, fact: str) -> State:
    """A container that cannot start."""
    state = {"name": "{container}", "image": IMAGE, "ready": False, "started": False, "restartCount": 0}
    state["state"] = {"waiting": {"reason": word, "message": message}}
    return State(title, {"phase": "Pending", "containerStatuses": [state]}, reason, fact)


def taken(title: str, expected: str, fact: str, /, **status: Any) -> State:
    """A pod that was ended or refused as a whole; its container was killed for it."""
    ended = {
        "exitCode": 137,
        "reason": "ContainerStatusUnknown",
        "message": "The container could not be located {quoted}",
    }
    container = {"name": "{container}", "restartCount": 0, "ready": False, "state": {"terminated": ended}}
    return State(title, {"phase": "Failed", "containerStatuses": [container], **status}, expected, fact)


def unscheduled(title: str, message: str, fact: str) -> State:
    """A pod that no node takes."""
    condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}
    return State(title, {"phase": "Pending", "conditions": [condition]}, "Unschedulable", fact)


_PULL = 'failed to pull and unpack image "registry.example/ml/flights:1.4": '
STATES: tuple[State, ...] = (
    waiting(
        "absent image", "ErrImagePull", _PULL + "registry.example/ml/flights:1.4: not found", "ImagePull", "not found"
    ),
    waiting(
        "absent image, again",
        "ImagePullBackOff",
        f'Back-off pulling image "{IMAGE}": ErrImagePull: {_PULL}{IMAGE}: not found',
        "ImagePull",
        "not found",
    ),
    waiting(
        "guarded image",
        "ErrImagePull",
        _PULL + "failed to authorize: failed to fetch oauth token: unexpected status from GET request to "
        "https://auth.example/token?account={quoted}&scope=pull: 401 Unauthorized",
        "ImagePull",
        "access is refused",
    ),
    waiting(
        "image behind a signed address",
        "ErrImagePull",
        _PULL
        + 'httpReadSeeker: failed open: failed to do request: Get "https://blobs.example/l?X-Amz-Signature={quoted}": '
        "dial tcp 10.0.0.1:443: i/o timeout",
        "ImagePull",
        "the registry gives no answer",
    ),
    waiting(
        "image of another architecture",
        "ErrImagePull",
        _PULL + "no match for platform in manifest: not found",
        "ImagePull",
        "architecture",
    ),
    waiting(
        "registry that is not known",
        "ErrImagePull",
        _PULL
        + 'failed to do request: Head "https://{quoted}@registry.example/v2/": dial tcp: lookup registry.example: '
        "no such host",
        "ImagePull",
        "name is not known",
    ),
    waiting(
        "registry with another certificate",
        "ErrImagePull",
        _PULL + "tls: failed to verify certificate: x509: certificate signed by unknown authority",
        "ImagePull",
        "certificate",
    ),
    waiting("registry that is away", "RegistryUnavailable", f"image pull failed for {IMAGE}", "ImagePull", "no answer"),
    waiting(
        "no image's name", "InvalidImageName", 'Failed to apply default image tag "{quoted}"', "ImagePull", "not valid"
    ),
    waiting(
        "image that may not be pulled",
        "ErrImageNeverPull",
        f'Container image "{IMAGE}" is not present with pull policy of Never',
        "ImagePull",
        "may not be pulled",
    ),
    waiting("unsigned image", "SignatureValidationFailed", "{quoted}", "ImagePull", "signature"),
    waiting("unreadable image", "ImageInspectError", "Failed to inspect image {quoted}", "ImagePull", "cannot read"),
    waiting("absent Secret", "CreateContainerConfigError", 'secret "s3" not found', "ConfigMissing", "no Secret s3"),
    waiting(
        "absent ConfigMap", "CreateContainerConfigError", 'configmap "ca" not found', "ConfigMissing", "no ConfigMap ca"
    ),
    waiting(
        "absent key",
        "CreateContainerConfigError",
        "couldn't find key AWS_ACCESS_KEY_ID in Secret ml/s3",
        "ConfigMissing",
        "Secret s3 has no key AWS_ACCESS_KEY_ID",
    ),
    waiting(
        "Secret that is not read in time",
        "CreateContainerConfigError",
        "failed to sync secret cache: timed out waiting for the condition {quoted}",
        "ConfigMissing",
        "cannot be read",
    ),
    waiting(
        "image that runs as root",
        "CreateContainerConfigError",
        'container has runAsNonRoot and image will run as root (pod: "p_ml(1-2-3)", container: train)',
        "BadConfiguration",
        "runs as root",
    ),
    waiting(
        "user that is root",
        "CreateContainerConfigError",
        'container\'s runAsUser breaks non-root policy (pod: "p_ml(1-2-3)", container: train)',
        "BadConfiguration",
        "runs as root",
    ),
    waiting(
        "command that is not there",
        "RunContainerError",
        "failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: "
        'unable to start container process: exec: "{quoted}": executable file not found in $PATH',
        "BadConfiguration",
        "its command is not in the image",
    ),
    waiting(
        "node that is too slow",
        "CreateContainerError",
        "context deadline exceeded {quoted}",
        "BadConfiguration",
        "in time",
    ),
    waiting("hook that fails", "PostStartHookError", "{quoted}", "BadConfiguration", "the node cannot start it"),
    waiting("image as a volume", "ImageVolumeMountFailed", "{quoted}", "VolumeUnavailable", "mounted as a volume"),
    unscheduled(
        "no room",
        "0/3 nodes are available: 1 Insufficient memory, 2 Insufficient cpu. preemption: 0/3 nodes are available: 3 No "
        "preemption victims found for incoming pod.",
        "no node has enough cpu and memory",
    ),
    unscheduled(
        "taints",
        "0/1 nodes are available: 1 node(s) had untolerated taint {{{quoted}: }}.",
        "podTemplateOverrides.tolerations",
    ),
    unscheduled(
        "no node of that kind",
        "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector.",
        "podTemplateOverrides.nodeSelector",
    ),
    unscheduled("no accelerator", "0/1 nodes are available: 1 Insufficient nvidia.com/gpu.", "enough nvidia.com/gpu"),
    unscheduled("no node at all", "no nodes available to schedule pods", "there is no node"),
    unscheduled("something else", "0/1 nodes are available: 1 {quoted}.", "no node takes it"),
    taken(
        "memory of the node",
        "Evicted",
        "low on memory",
        reason="Evicted",
        message="The node was low on resource: memory. Threshold quantity: 100Mi, available: 82304Ki. ",
    ),
    taken(
        "too large a volume",
        "Evicted",
        "the volume data holds more than 50Gi",
        reason="Evicted",
        message='Usage of EmptyDir volume "data" exceeds the limit "50Gi". ',
    ),
    taken(
        "too many files",
        "Evicted",
        "the container train wrote more than 1Gi",
        reason="Evicted",
        message='Container train exceeded its local ephemeral storage limit "1Gi". ',
    ),
    taken(
        "too many files of all containers",
        "Evicted",
        "its containers wrote more than 64Mi",
        reason="Evicted",
        message="Pod ephemeral local storage usage exceeds the total limit of containers 64Mi. ",
    ),
    taken("evicted for another reason", "Evicted", "took it away", reason="Evicted", message="{quoted}"),
    taken(
        "node that is shut down", "NodeLost", "shut down", reason="Terminated", message="Pod was terminated {quoted}"
    ),
    taken("node that refuses all", "NodeLost", "shut down", reason="NodeShutdown", message="Pod was rejected {quoted}"),
    taken("node that is silent", "NodeLost", "does not answer", reason="NodeLost", message="Node n {quoted}"),
    taken(
        "node that is gone",
        "NodeLost",
        "its node is gone",
        conditions=[{"type": "DisruptionTarget", "status": "True", "reason": "DeletionByPodGC", "message": "{quoted}"}],
    ),
    taken(
        "drained node",
        "Evicted",
        "being drained",
        conditions=[
            {"type": "DisruptionTarget", "status": "True", "reason": "EvictionByEvictionAPI", "message": "{quoted}"}
        ],
    ),
    taken(
        "preempted",
        "Evicted",
        "higher priority",
        conditions=[
            {"type": "DisruptionTarget", "status": "True", "reason": "PreemptionByScheduler", "message": "{quoted}"}
        ],
    ),
    taken("node without room", "Unschedulable", "enough cpu", reason="OutOfcpu", message="Node didn't have {quoted}"),
    taken(
        "node that admits nothing",
        "PodRejected",
        "UnexpectedAdmissionError",
        reason="UnexpectedAdmissionError",
        message="Update plugin resources failed due to {quoted}, which is unexpected.",
    ),
    taken("other node", "PodRejected", "NodeAffinity", reason="NodeAffinity", message="Predicate NodeAffinity failed"),
)
"""One row a way in which Kubernetes says that a pod does not work."""


def _filled(value: Any, container: str, quoted: str) -> Any:
    if isinstance(value, str):
        text = value.replace("{container}", container).replace("{quoted}", quoted)
        return text.replace("{{", "{").replace("}}", "}")
    if isinstance(value, dict):
        return {name: _filled(inner, container, quoted) for name, inner in value.items()}
    return [_filled(inner, container, quoted) for inner in value] if isinstance(value, list) else value
