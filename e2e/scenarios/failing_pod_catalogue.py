"""Pods that do not work, each in another way.

Their containers have the names that Leeboard's own pods have. What they say by themselves holds `SAID`, which must not
get into any status.
"""

from datetime import timedelta
from typing import Any

from e2e.cluster.settings import NODE
from e2e.scenarios.failing_pods import FailingPod
from e2e.support.kubectl import Document
from leeboard.api.reasons import Reason

SAID = "canary-3f9c1d"
"""What a user's program says: a secret, for example."""
SIZED = {"requests": {"cpu": "10m", "memory": "32Mi"}, "limits": {"memory": "64Mi", "ephemeral-storage": "64Mi"}}
_ABSENT = "sha256:" + "0" * 64
_NO_PROGRAM = ["no-such-program"]
_SLEEP = ["sleep", "600"]
_LONG_PAST = timedelta(minutes=3)
"""What only time tells is looked at so much later."""


def catalogue(image: str, repository: str) -> tuple[FailingPod, ...]:
    """All of them; `image` has Python and a user that is not root, `repository` is where the node pulls from."""
    return (
        *_images(image, repository),
        *_configurations(image),
        *_endings(image),
        *_beginnings(image),
        *_places(image),
        *_servers(image),
    )


def container(name: str, image: str, command: list[str], **more: Any) -> Document:
    """A container of that name."""
    return {"name": name, "image": image, "command": command, "resources": SIZED, **more}


def train(image: str, command: list[str] = _SLEEP, **more: Any) -> Document:
    """A pod's spec with the container of a user's script alone."""
    return {"containers": [container("train", image, command, **more)]}


def serve(image: str, command: list[str] = _SLEEP, **more: Any) -> Document:
    """A pod's spec with a server alone."""
    return {"containers": [container("server", image, command, **more)]}


def says(code: str) -> list[str]:
    """A program that says what must not be passed on, in its log and in its last words, and then does something."""
    words = f"print('{SAID}', flush=True); open('/dev/termination-log', 'w').write('{SAID}'); "
    return ["python3", "-c", words + code]


def _images(image: str, repository: str) -> tuple[FailingPod, ...]:
    absent = f"{repository}/leeboard/test@{_ABSENT}"
    fetch = [container("fetch", absent, _SLEEP)]
    return (
        FailingPod("absent image", train(absent), Reason.IMAGE_PULL, "not found in the registry"),
        FailingPod("absent image of a server", serve(absent), Reason.IMAGE_PULL, "not found", serves=True),
        FailingPod(
            "absent image of fetch", train(image) | {"initContainers": fetch}, Reason.IMAGE_PULL, "not found in the"
        ),
        FailingPod("unknown registry", train("registry.invalid/flights:1.4"), Reason.IMAGE_PULL, "registry"),
        FailingPod("invalid name", train(f"{repository}/UPPER:1"), Reason.IMAGE_PULL, "its name is not valid"),
        FailingPod(
            "never pulled",
            train(f"{repository}/leeboard/never:1", imagePullPolicy="Never"),
            Reason.IMAGE_PULL,
            "may not be pulled",
        ),
    )


def _configurations(image: str) -> tuple[FailingPod, ...]:
    def named(kind: str, name: str, key: str) -> list[Document]:
        return [{"name": "TOLD", "valueFrom": {f"{kind}KeyRef": {"name": name, "key": key}}}]

    whole = [{"secretRef": {"name": "no-such-secret"}}]
    return (
        FailingPod(
            "absent Secret", train(image, envFrom=whole), Reason.CONFIG_MISSING, "there is no Secret no-such-secret"
        ),
        FailingPod(
            "absent ConfigMap",
            train(image, env=named("configMap", "no-such-map", "ca")),
            Reason.CONFIG_MISSING,
            "there is no ConfigMap no-such-map",
        ),
        FailingPod(
            "absent key",
            train(image, env=named("secret", "keys", "no-such-key")),
            Reason.CONFIG_MISSING,
            "Secret keys has no key no-such-key",
        ),
        FailingPod(
            "user is root",
            train(image, securityContext={"runAsNonRoot": True, "runAsUser": 0}),
            Reason.BAD_CONFIGURATION,
            "runs as root",
        ),
        FailingPod("no program", train(image, _NO_PROGRAM), Reason.BAD_CONFIGURATION, "its command is not in the"),
        FailingPod("no executable", train(image, ["/etc/passwd"]), Reason.BAD_CONFIGURATION, "cannot be executed"),
        FailingPod(
            "no program of a server", serve(image, _NO_PROGRAM), Reason.BAD_CONFIGURATION, "not in the", serves=True
        ),
    )


def _endings(image: str) -> tuple[FailingPod, ...]:
    held = says("held = [bytearray(1 << 24) for _ in range(100)]")
    return (
        FailingPod("script fails", train(image, says("raise SystemExit(1)")), Reason.SCRIPT_FAILED, "exit code 1"),
        FailingPod(
            "script fails with its log",
            train(
                image,
                ["python3", "-c", f"raise SystemExit('{SAID}')"],
                terminationMessagePolicy="FallbackToLogsOnError",
            ),
            Reason.SCRIPT_FAILED,
            "exit code 1",
        ),
        FailingPod("out of memory", train(image, held), Reason.OOM_KILLED, "exit code 137"),
        FailingPod(
            "too late", train(image) | {"activeDeadlineSeconds": 3}, Reason.DEADLINE_EXCEEDED, "longer than it may"
        ),
        FailingPod(
            "too many bytes written",
            train(image, says("open('/tmp/large', 'wb').write(bytes(1 << 27)); import time; time.sleep(600)")),
            Reason.EVICTED,
            "its containers wrote more than 64Mi",
        ),
        FailingPod(
            "too large a volume",
            train(
                image,
                says("open('/data/large', 'wb').write(bytes(1 << 25)); import time; time.sleep(600)"),
                volumeMounts=[{"name": "data", "mountPath": "/data"}],
            )
            | {
                "volumes": [{"name": "data", "emptyDir": {"sizeLimit": "8Mi"}}],
                "securityContext": {"fsGroup": 65532},
            },
            Reason.EVICTED,
            "the volume data holds more than 8Mi",
        ),
        FailingPod(
            "drained",
            train(image),
            Reason.EVICTED,
            "being drained",
            evicted=True,
            metadata={"finalizers": ["leeboard.dev/seen"]},
        ),
    )


def _beginnings(image: str) -> tuple[FailingPod, ...]:
    def fetching(command: list[str], **more: Any) -> Document:
        return train(image) | {"initContainers": [container("fetch", image, command, **more)]}

    held = says("held = [bytearray(1 << 24) for _ in range(100)]")
    sidecar = container("publish", image, says("raise SystemExit(66)"), restartPolicy="Always")
    told = '{"contract":1,"reason":"StorageForbidden","message":"s3://train/: AccessDenied"}'
    speaks = ["python3", "-c", f"open('/dev/termination-log', 'w').write('{told}'); raise SystemExit(77)"]
    return (
        FailingPod("fetch fails", fetching(says("raise SystemExit(64)")), Reason.BAD_DATA, "exit code 64"),
        FailingPod("fetch says why", fetching(speaks), Reason.STORAGE_FORBIDDEN, "s3://train/: AccessDenied"),
        FailingPod("fetch without memory", fetching(held), Reason.OOM_KILLED, "exit code 137"),
        FailingPod("fetch without program", fetching(_NO_PROGRAM), Reason.BAD_CONFIGURATION, "not in the image"),
        FailingPod(
            "publish fails", train(image) | {"initContainers": [sidecar]}, Reason.PUBLISH_FAILED, "exit code 66"
        ),
    )


def _places(image: str) -> tuple[FailingPod, ...]:
    node = {"nodeName": NODE}
    huge = {"requests": {"cpu": "1000"}}
    absent = [{"name": "ca", "secret": {"secretName": "no-such-secret"}}]
    return (
        FailingPod("no room", train(image, resources=huge), Reason.UNSCHEDULABLE, "no node has enough cpu"),
        FailingPod(
            "no node of that kind",
            train(image) | {"nodeSelector": {"example.com/disk": "none"}},
            Reason.UNSCHEDULABLE,
            "podTemplateOverrides.nodeSelector",
        ),
        FailingPod(
            "node without room", train(image, resources=huge) | node, Reason.UNSCHEDULABLE, "not enough cpu any more"
        ),
        FailingPod(
            "another node",
            train(image) | node | {"nodeSelector": {"example.com/disk": "none"}},
            Reason.POD_REJECTED,
            "its node refused it: NodeAffinity",
        ),
        FailingPod(
            "absent volume",
            train(image, volumeMounts=[{"name": "ca", "mountPath": "/ca"}]) | {"volumes": absent},
            Reason.VOLUME_UNAVAILABLE,
            "volume ca: there is no Secret no-such-secret",
            last_look=_LONG_PAST,
        ),
    )


def _servers(image: str) -> tuple[FailingPod, ...]:
    probe = {"exec": {"command": ["false"]}, "periodSeconds": 1, "failureThreshold": 600}
    load = container("load", image, says("raise SystemExit(78)"))
    held = says("held = [bytearray(1 << 24) for _ in range(100)]")
    return (
        FailingPod(
            "server ends", serve(image, says("raise SystemExit(3)")), Reason.CRASH_LOOP, "exit code 3", serves=True
        ),
        FailingPod("server without memory", serve(image, held), Reason.OOM_KILLED, "exit code 137", serves=True),
        FailingPod(
            "server that does not start",
            serve(image, startupProbe=probe),
            Reason.PROBE_FAILING,
            "its startup probe",
            serves=True,
            last_look=_LONG_PAST,
        ),
        FailingPod(
            "server that is not ready",
            serve(image, readinessProbe=probe),
            Reason.PROBE_FAILING,
            "its readiness probe",
            serves=True,
            last_look=_LONG_PAST,
        ),
        FailingPod(
            "load fails",
            serve(image) | {"initContainers": [load]},
            Reason.BAD_CONFIGURATION,
            "exit code 78",
            serves=True,
        ),
    )
