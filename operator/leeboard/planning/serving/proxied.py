"""The main containers of a pod whose server is the user's: that server, and the proxy which observes it.

Both hear of the end at once. The server is told to sleep through the seconds in which the proxy sends its callers away,
so that every request that comes meanwhile is answered.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from leeboard.api.durations import parse_duration
from leeboard.api.model_server import ModelServer
from leeboard.api.serving import Serving
from leeboard.planning import restricted_pod
from leeboard.planning.container_states import container_statuses
from leeboard.planning.plan import Raw
from leeboard.planning.restricted_pod import TEMPORARY, mount, variable
from leeboard.planning.serving.ports import HTTP_PORT, PRE_STOP

SERVER, PROXY = "server", "proxy"
DRAINING = timedelta(seconds=10)
"""Beyond preStop, in which the proxy's callers are told to leave: 8 seconds, and some to spare."""
GRACE_PERIOD = timedelta(seconds=90)
"""The server's sleep 15, its own end 45, the exporter's last flush 28. The proxy ends within 35."""
TEMPORARY_SIZE = "1Gi"
"""Of /tmp, the only folder that a user's server may write to."""
_MODEL = "/leeboard/model"
_TOLD = ("LEEBOARD_MODEL", "LEEBOARD_VERSION", "LEEBOARD_TASK", "LEEBOARD_SCORE_OUTPUT", "LEEBOARD_POSITIVE_CLASS")
"""What a user's server hears of what it serves; where that lies is none of its business."""
_STARTUP_PERIOD = 1


def server_of_user(asked: ModelServer, serving: Serving, told: list[Raw], resources: Raw) -> Raw:
    """The container that runs the user's image. `told` are the variables of Leeboard's own containers."""
    patience = int(parse_duration(serving.ready_within).total_seconds())
    ready, live = _probe("/v2/health/ready", "model"), _probe("/v2/health/live", "model")
    overrides = serving.pod_template_overrides
    container = restricted_pod.container(SERVER, asked.image, list(asked.command))
    return {name: value for name, value in container.items() if name != "command" or value} | {
        **({"args": list(asked.args)} if asked.args else {}),
        "env": [one for one in told if one["name"] in _TOLD]
        + [variable("LEEBOARD_MODEL_DIR", f"{_MODEL}/model"), variable("LEEBOARD_SERVER_PORT", str(asked.port))]
        + [variable(one.name, one.value) for one in overrides.env if not one.name.startswith("LEEBOARD_")],
        "ports": [{"name": "model", "containerPort": asked.port, "protocol": "TCP"}],
        "resources": resources,
        "startupProbe": ready
        | {"periodSeconds": _STARTUP_PERIOD, "timeoutSeconds": 5, "failureThreshold": max(1, patience)},
        "readinessProbe": ready | {"periodSeconds": 2, "timeoutSeconds": 5, "failureThreshold": 3},
        "livenessProbe": live | {"periodSeconds": 10, "timeoutSeconds": 5, "failureThreshold": 3},
        "lifecycle": _sleep(PRE_STOP + DRAINING),
        "volumeMounts": [
            mount("model", _MODEL, read_only=True),
            mount("server-temporary", TEMPORARY),
            *restricted_pod.mounts_of_user(overrides),
        ],
    }


def proxy(asked: ModelServer, serving: Serving, told: list[Raw]) -> Raw:
    """What the proxy's container has beside its image. It lives as long as it answers, whatever the server does."""
    live = _probe("/leeboard/live", "http")
    own = [variable("LEEBOARD_PROXY_TARGET", f"http://127.0.0.1:{asked.port}")]
    if asked.tolerance is not None:
        own.append(variable("LEEBOARD_GOLDEN_TOLERANCE", asked.tolerance))
    if serving.access_log:
        own.append(variable("LEEBOARD_ACCESS_LOG", "true"))
    return {
        "env": told + own,
        "ports": [{"name": "http", "containerPort": HTTP_PORT, "protocol": "TCP"}],
        "resources": {"requests": {"cpu": "100m", "memory": "256Mi"}, "limits": {"memory": "512Mi"}},
        "startupProbe": live | {"periodSeconds": _STARTUP_PERIOD, "failureThreshold": 120},
        "readinessProbe": _probe("/v2/health/ready", "http")
        | {"periodSeconds": 2, "timeoutSeconds": 5, "failureThreshold": 3},
        "livenessProbe": live | {"periodSeconds": 10, "timeoutSeconds": 5, "failureThreshold": 3},
        "lifecycle": _sleep(PRE_STOP),
    }


def has_server_of_user(pod: Raw) -> bool:
    """Whether the container `server` of a live pod runs a user's image."""
    return any(one["name"] == PROXY for one in pod.get("status", {}).get("containerStatuses", []))


def statuses_of_leeboard(pod: Raw) -> list[Raw]:
    """The states of the containers of a live pod that run Leeboard's image."""
    statuses = container_statuses(pod)
    return [one for one in statuses if one["name"] != SERVER] if has_server_of_user(pod) else statuses


def container_of_leeboard(spec: Mapping[str, Any]) -> Raw:
    """Of the main containers of a pod that serves, the one that runs Leeboard's image."""
    by_name: dict[str, Raw] = {one["name"]: one for one in spec["containers"]}
    return by_name[PROXY] if PROXY in by_name else by_name[SERVER]


def _probe(path: str, port: str) -> Raw:
    return {"httpGet": {"path": path, "port": port}}


def _sleep(span: timedelta) -> Raw:
    return {"preStop": {"sleep": {"seconds": int(span.total_seconds())}}}
