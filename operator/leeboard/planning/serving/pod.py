"""The pod that serves one version. It is the same for a candidate and for the champion: promotion restarts nothing."""

from dataclasses import dataclass
from datetime import timedelta

from leeboard.api import names
from leeboard.api.durations import parse_duration
from leeboard.api.model import Model
from leeboard.api.model_format import is_unsafe
from leeboard.api.model_server import ModelServer
from leeboard.api.model_version import Accelerated, ModelVersion, StoredFile
from leeboard.planning import restricted_pod
from leeboard.planning.lineage import stamps
from leeboard.planning.plan import Raw
from leeboard.planning.restricted_pod import TEMPORARY, compact, empty_directory, mount
from leeboard.planning.serving import proxied
from leeboard.planning.serving.exporter_container import exporter_environment, exporter_mounts, exporter_volumes
from leeboard.planning.serving.load_container import load_environment, load_mounts, load_volumes
from leeboard.planning.serving.ports import FEEDBACK_PORT, GRPC_PORT, HTTP_PORT, METRICS_PORT, PRE_STOP
from leeboard.planning.serving.workers import workers

GRACE_PERIOD = timedelta(seconds=60)
"""preStop 5, connections told to end 8, requests under way 10, the server's last words 5, the exporter's last flush 28:
56 seconds where everything takes as long as it may."""

_MODEL, _RUN = "/leeboard/model", "/leeboard/run"
_STARTUP_PERIOD = 1
_SCRAPED = {"prometheus.io/scrape": "true", "prometheus.io/port": str(METRICS_PORT)}
"""For a Prometheus that goes by annotations: the exporter. Users may say otherwise."""
_MEBIBYTE = 1024 * 1024


@dataclass(frozen=True)
class Adopted:
    """What a version was adopted with. It stays as it was when the operator's own settings change."""

    server_image: str
    flush_interval: timedelta
    image_pull_secrets: tuple[str, ...] = ()


def selector(model: str, version: str | None = None) -> dict[str, str]:
    """The labels of the pods of a Model, or of one of its versions; never those of its training pods."""
    labels = {names.MODEL: names.label_value(model), names.PART: names.SERVER}
    return labels | {names.VERSION: names.label_value(version)} if version else labels


def pod_template(model: Model, version: ModelVersion, adopted: Adopted) -> Raw:
    """The template of the pods of one version."""
    overrides = model.spec.serving.pod_template_overrides
    asked = model.spec.serving.server
    grace_period = int((GRACE_PERIOD if asked is None else proxied.GRACE_PERIOD).total_seconds())
    labels = selector(model.metadata.name, version.metadata.name) | {names.MANAGED_BY: names.MANAGER}
    return {
        "metadata": {
            "labels": overrides.labels | labels,
            "annotations": overrides.annotations
            | {"kubectl.kubernetes.io/default-container": "server"}
            | stamps(version),
        },
        "spec": _shared_volume_once(
            model, restricted_pod.pod_spec(overrides, adopted.image_pull_secrets, grace_period=grace_period)
        )
        | {
            "topologySpreadConstraints": _spread(model.metadata.name, version.metadata.name),
            "initContainers": [_load(model, version, adopted), _exporter(model, version, adopted)],
            "containers": [_server(model, version, adopted)]
            if asked is None
            else _proxied(asked, model, version, adopted),
            "volumes": _volumes(version, asked)
            + load_volumes(model.spec.serving, version.spec.artifact.uri)
            + exporter_volumes(model.spec.serving)
            + restricted_pod.volumes_of_user(overrides),
        },
    }


def _spread(model: str, version: str) -> list[Raw]:
    """Over nodes and zones where there is room: the end of one takes a part of the pods, and no pod waits for it."""
    chosen = {"matchLabels": selector(model, version)}
    shared = {"maxSkew": 1, "whenUnsatisfiable": "ScheduleAnyway", "labelSelector": chosen}
    return [shared | {"topologyKey": key} for key in ("kubernetes.io/hostname", "topology.kubernetes.io/zone")]


def _shared_volume_once(model: Model, spec: Raw) -> Raw:
    """A cache is given to the pods' group when it is new, and not file by file at every start."""
    if model.spec.serving.cache is None:
        return spec
    return spec | {"securityContext": spec["securityContext"] | {"fsGroupChangePolicy": "OnRootMismatch"}}


def _load(model: Model, version: ModelVersion, adopted: Adopted) -> Raw:
    serving, uri = model.spec.serving, version.spec.artifact.uri
    mounts = [mount("model", _MODEL), mount("temporary", TEMPORARY), *load_mounts(serving, uri)]
    return _container("load", "leeboard_serving.load", adopted) | {
        "env": _environment(model, version, adopted)
        + restricted_pod.storage_environment(model.spec.storage)
        + load_environment(serving, uri),
        "resources": {"requests": {"cpu": "50m", "memory": "128Mi"}, "limits": {"memory": "512Mi"}},
        "volumeMounts": mounts,
    }


def _exporter(model: Model, version: ModelVersion, adopted: Adopted) -> Raw:
    health = {"httpGet": {"path": "/healthz", "port": "metrics"}}
    return _container("exporter", "leeboard_serving.exporter", adopted) | {
        "restartPolicy": "Always",
        "env": _environment(model, version, adopted)
        + restricted_pod.storage_environment(model.spec.storage)
        + exporter_environment(model.spec.serving),
        "ports": [
            {"name": "metrics", "containerPort": METRICS_PORT, "protocol": "TCP"},
            {"name": "feedback", "containerPort": FEEDBACK_PORT, "protocol": "TCP"},
        ],
        "resources": {"requests": {"cpu": "50m", "memory": "128Mi"}, "limits": {"memory": "512Mi"}},
        "startupProbe": health | {"periodSeconds": _STARTUP_PERIOD, "failureThreshold": 120},
        "livenessProbe": health | {"periodSeconds": 10, "timeoutSeconds": 5, "failureThreshold": 3},
        "volumeMounts": [
            mount("model", _MODEL, read_only=True),
            mount("run", _RUN),
            mount("exporter-temporary", TEMPORARY),
            *exporter_mounts(model.spec.serving),
        ],
    }


def _server(model: Model, version: ModelVersion, adopted: Adopted) -> Raw:
    patience = int(parse_duration(model.spec.serving.ready_within).total_seconds())
    ready = {"httpGet": {"path": "/v2/health/ready", "port": "http"}}
    live = {"httpGet": {"path": "/v2/health/live", "port": "http"}}
    extra = [{"name": one.name, "value": one.value} for one in model.spec.serving.pod_template_overrides.env]
    figures = {"OMP_NUM_THREADS": 1, "LEEBOARD_WORKERS": workers(model.spec.serving.resources)}
    own = _environment(model, version, adopted) + [{"name": name, "value": str(n)} for name, n in figures.items()]
    if model.spec.serving.access_log:
        own.append({"name": "LEEBOARD_ACCESS_LOG", "value": "true"})
    given = {one["name"] for one in extra}
    return _container("server", "leeboard_serving.server", adopted) | {
        # the user's variables win, save over those that tell the server which model it is
        "env": [one for one in own if one["name"] not in given or one["name"].startswith("LEEBOARD_")]
        + [one for one in extra if not one["name"].startswith("LEEBOARD_")],
        "ports": [
            {"name": "http", "containerPort": HTTP_PORT, "protocol": "TCP"},
            {"name": "grpc", "containerPort": GRPC_PORT, "protocol": "TCP"},
        ],
        "resources": _resources(model),
        "startupProbe": ready
        | {"periodSeconds": _STARTUP_PERIOD, "timeoutSeconds": 5, "failureThreshold": max(1, patience)},
        "readinessProbe": ready | {"periodSeconds": 2, "timeoutSeconds": 5, "failureThreshold": 3},
        "livenessProbe": live | {"periodSeconds": 10, "timeoutSeconds": 5, "failureThreshold": 3},
        "lifecycle": {"preStop": {"sleep": {"seconds": int(PRE_STOP.total_seconds())}}},
        "volumeMounts": [
            mount("model", _MODEL, read_only=True),
            mount("run", _RUN),
            mount("server-temporary", TEMPORARY),
            *restricted_pod.mounts_of_user(model.spec.serving.pod_template_overrides),
        ],
    }


def _proxied(asked: ModelServer, model: Model, version: ModelVersion, adopted: Adopted) -> list[Raw]:
    told = _environment(model, version, adopted)
    mounts = [mount("model", _MODEL, read_only=True), mount("run", _RUN)]
    return [
        proxied.server_of_user(asked, model.spec.serving, told, _resources(model)),
        _container(proxied.PROXY, "leeboard_serving.proxy", adopted)
        | proxied.proxy(asked, model.spec.serving, told)
        | {"volumeMounts": mounts},
    ]


def _container(name: str, module: str, adopted: Adopted) -> Raw:
    return restricted_pod.container(name, adopted.server_image, ["python", "-m", module])


def _resources(model: Model) -> Raw:
    asked: Raw = model.spec.serving.resources.dump()
    limits = asked.get("limits", {})
    # where only a limit is given it is the request too: a default above it would be refused
    usual = {"cpu": "100m", "memory": "256Mi"}
    requests = {name: amount for name, amount in usual.items() if name not in limits} | asked.get("requests", {})
    return {"requests": requests, "limits": limits} if limits else {"requests": requests}


def _environment(model: Model, version: ModelVersion, adopted: Adopted) -> list[Raw]:
    artifact, prediction = version.spec.artifact, model.spec.prediction
    values = {
        "LEEBOARD_MODEL": model.metadata.name,
        "LEEBOARD_VERSION": version.metadata.name,
        "LEEBOARD_ARTIFACT": compact(
            {"uri": artifact.uri, "digest": artifact.digest, "format": artifact.format, "bytes": artifact.bytes}
        ),
        "LEEBOARD_PROFILE": _stored(version.spec.profile),
        "LEEBOARD_GOLDEN": _stored(version.spec.golden_samples),
        "LEEBOARD_OBSERVATIONS_URI": f"{model.spec.storage.uri}observations/{version.metadata.name}/",
        "LEEBOARD_FLUSH_INTERVAL": f"{adopted.flush_interval.total_seconds():g}",
        "LEEBOARD_TASK": prediction.task,
        "LEEBOARD_SCORE_OUTPUT": prediction.score_output,
        "LEEBOARD_POSITIVE_CLASS": prediction.positive_class,
    }
    if is_unsafe(artifact.format) and model.spec.serving.allow_unsafe_formats:
        # nothing is said to the pods of other formats: allowing it restarts none of them
        values["LEEBOARD_ALLOW_UNSAFE_FORMATS"] = "true"
    if (faster := accelerated(model, version)) is not None:
        told = {"uri": faster.uri, "digest": faster.digest, "bytes": faster.bytes}
        values["LEEBOARD_ACCELERATED"] = compact(told)
    pod = {"name": "LEEBOARD_POD", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}
    return [{"name": name, "value": value} for name, value in values.items() if value] + [pod]


def accelerated(model: Model, version: ModelVersion) -> Accelerated | None:
    """The form of a version as ONNX, where it has one and its Model allows that it is served."""
    return version.spec.accelerated if model.spec.serving.as_onnx else None


def _volumes(version: ModelVersion, asked: ModelServer | None) -> list[Raw]:
    faster = version.spec.accelerated
    stored = version.spec.artifact.bytes + (faster.bytes if faster is not None else 0)
    mebibytes = 64 + 2 * -(-stored // _MEBIBYTE)
    sizes = {
        "model": f"{mebibytes}Mi",
        "run": "16Mi",
        "temporary": "64Mi",
        "exporter-temporary": "256Mi",
        "server-temporary": "64Mi" if asked is None else proxied.TEMPORARY_SIZE,
    }
    return [empty_directory(name, size) for name, size in sizes.items()]


def _stored(file: StoredFile | None) -> str:
    return compact({"uri": file.uri, "digest": file.digest}) if file else ""
