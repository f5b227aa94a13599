"""What the API server refuses, by the field, and what it lets pass that lies close by."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from e2e.cluster.binaries import KUBERNETES
from e2e.cluster.control_plane import ControlPlane
from e2e.support.kubectl import Kubectl, KubectlError
from tests.support.examples import DIGEST, DOCUMENTS, Document, put
from tests.support.requests import Answer, Requests

pytestmark = pytest.mark.apiserver

PLACES = "must be s3://<bucket>/…, https://<host>/…, http://<host>/…, pvc://<claim>/… or oci://<repository>@sha256:"


def imported(uri: str) -> Document:
    """A version that was made elsewhere and lies at this place."""
    document = put(DOCUMENTS["model-version"](), "spec.source", {"import": {"reason": "made elsewhere"}})
    return put(put(document, "spec.code.verified", False), "spec.artifact.uri", uri)


def routed(**gateway: Any) -> Document:
    """`spec.traffic` with a Gateway, fields of which are given."""
    return {"mode": "Gateway", "gateway": {"parentRefs": [{"name": "public"}]} | gateway}


OWN_SERVER = {"image": "registry.example/ml/mlserver:1.7"}
WITH_GRPC = routed(hostnames=["a.example"], grpc={"hostnames": ["b.example"]})
AB_TEST = {"strategy": "ABTest", "abTest": {"metric": {"type": "Outcome"}}}


def routed_test(metric: Document | None = None, **test: Any) -> Document:
    """`spec` of a classifier whose versions share out the callers behind a Gateway."""
    return {
        "prediction": {"task": "BinaryClassification"},
        "storage": {"uri": "s3://observations/"},
        "traffic": routed(),
        "rollout": {"strategy": "ABTest", "abTest": {"metric": metric or {"type": "Outcome"}} | test},
    }


def routed_bandit(reward: Document | None = None, **bandit: Any) -> Document:
    """`spec` of a classifier whose versions share out the requests behind a Gateway by what they earn."""
    rollout = {"strategy": "Bandit", "bandit": {"reward": reward or {"type": "Outcome"}} | bandit}
    return routed_test() | {"rollout": rollout}


MODEL: list[tuple[str, Any, str]] = [
    ("metadata.name", "9lives", "metadata.name is also the name of the Service"),
    ("metadata.name", "late.flights", "metadata.name is also the name of the Service"),
    ("metadata.name", "x" * 64, "metadata.name is also the name of the Service"),
    ("spec.prediction.task", "Clustering", "spec.prediction.task"),
    ("spec.prediction", None, "spec.prediction: Required"),
    ("spec.prediction.task", "Regression", "promotion.gates[].metric is no metric of prediction.task"),
    ("spec.storage.uri", "s3://no-slash", "spec.storage.uri"),
    ("spec.storage.uri", None, "spec.storage.uri: Required"),
    ("spec.storage.uri", "file:///etc/", 'spec.storage.uri: Invalid value: "file:///etc/": must begin with s3://'),
    ("spec.storage.endpoint", "s3.storage", "spec.storage.endpoint"),
    ("spec.storage.endpoint", "http://key:secret@s3.storage/", "must begin with http:// or https:// and hold no"),
    ("spec.storage.endpoint", "ftp://s3.storage/", "must begin with http:// or https:// and hold no"),
    ("spec.storage.secretRef.name", "", "spec.storage.secretRef.name"),
    ("spec.serving.replicas", 0, "spec.serving.replicas"),
    ("spec.serving.replicas", "two", "spec.serving.replicas"),
    ("spec.serving.resources.limits.memory", "1 GB", "spec.serving.resources.limits.memory"),
    ("spec.serving.resources.limits.memory", "100Mi", "requests.memory must not exceed limits.memory"),
    ("spec.serving.resources.limits.cpu", "50m", "requests.cpu must not exceed limits.cpu"),
    ("spec.serving.readyWithin", "0s", 'spec.serving.readyWithin: Invalid value: "0s": must be longer than zero'),
    ("spec.serving.server", {}, "spec.serving.server.image: Required"),
    ("spec.serving.server", {"image": "A b"}, "spec.serving.server.image"),
    *(
        ("spec.serving.server", {"image": "i", "port": port}, "8080, 8081, 8082, 9090 are Leeboard's own in the pod")
        for port in (8080, 8081, 8082, 9090)
    ),
    ("spec.serving.server", {"image": "i", "port": 0}, "spec.serving.server.port"),
    ("spec.serving.server", {"image": "i", "port": 65536}, "spec.serving.server.port"),
    ("spec.serving.server", {"image": "i", "args": ["a" * 4097]}, "spec.serving.server.args[0]"),
    ("spec.serving.server", {"image": "i", "tolerance": "-1"}, "must not be negative"),
    ("spec.serving.server", {"image": "i", "env": []}, "unknown field"),
    ("spec.serving.cache", {}, "spec.serving.cache.persistentVolumeClaim: Required"),
    ("spec.serving.cache", {"persistentVolumeClaim": {"claimName": "c"}, "maxSize": "500m"}, "must be at least 1Mi"),
    ("spec.serving.cache", {"persistentVolumeClaim": {"claimName": "c"}, "maxSize": "much"}, "serving.cache.maxSize"),
    ("spec.serving.cache", {"hostPath": {"path": "/"}}, "unknown field"),
    ("spec.serving.verification.signature", {}, "spec.serving.verification.signature.configMapRef: Required"),
    ("spec.serving.feedback", {}, "spec.serving.feedback.secretRef: Required"),
    ("spec.serving.feedback", {"secretRef": {"name": ""}}, "spec.serving.feedback.secretRef.name"),
    ("spec.serving.logging", {}, "spec.serving.logging.sampleRate: Required"),
    ("spec.serving.logging", {"sampleRate": 0.1}, "spec.serving.logging.sampleRate"),
    ("spec.serving.logging", {"sampleRate": "0.0"}, "must be greater than 0 and at most 1"),
    ("spec.serving.logging", {"sampleRate": "1.01"}, "must be greater than 0 and at most 1"),
    ("spec.serving.logging", {"sampleRate": "1", "retain": "0s"}, "must be longer than zero"),
    ("spec.serving.logging", {"sampleRate": "1", "redact": ["a", "a"]}, "spec.serving.logging.redact[1]: Duplicate"),
    ("spec.promotion.policy", "Pinned", "promotion.version belongs to policy Pinned"),
    ("spec.promotion.version", "v1", "promotion.version belongs to policy Pinned"),
    ("spec.promotion.gates.0.min", "high", "spec.promotion.gates[0].min"),
    ("spec.promotion.gates.0.min", 0.6, "spec.promotion.gates[0].min"),
    ("spec.promotion.gates.0.min", None, "a Threshold gate needs min or max"),
    ("spec.promotion.gates.0.max", "0.5", "spec.promotion.gates[0]: Invalid value"),
    ("spec.promotion.gates.0.maxDrop", "0.1", "a VersusChampion gate needs maxDrop; it belongs to no other type"),
    ("spec.promotion.gates.0.metric", "roc_acu", 'spec.promotion.gates[0].metric: Unsupported value: "roc_acu"'),
    ("spec.promotion.gates.1.maxDrop", None, "a VersusChampion gate needs maxDrop"),
    ("spec.promotion.gates.1.maxDrop", "-0.1", 'gates[1].maxDrop: Invalid value: "-0.1": must not be negative'),
    ("spec.promotion.gates.1.min", "0.6", "they belong to no other type"),
    ("spec.rollout.steps", [], "strategy Canary needs steps"),
    ("spec.rollout.steps.0.weight", 101, "spec.rollout.steps[0].weight"),
    ("spec.rollout.steps.0.weight", 60, "the weights of steps have to rise"),
    ("spec.rollout.steps.1.weight", 33, "the weights of steps have to rise"),
    ("spec.rollout.steps.0.duration", "ten minutes", "spec.rollout.steps[0].duration"),
    ("spec.rollout.strategy", "Luck", "spec.rollout.strategy"),
    ("spec.rollout.strategy", "Bandit", "strategy Bandit needs bandit, with a reward"),
    ("spec.rollout.bandit", {"reward": {"type": "Outcome"}}, "bandit belongs to strategy Bandit"),
    ("spec.rollout", {"strategy": "Bandit", "bandit": {}}, "spec.rollout.bandit.reward: Required"),
    ("spec.rollout", routed_bandit()["rollout"], "rollout.strategy Bandit needs traffic.mode Gateway"),
    ("spec", routed_bandit(floor=0), "spec.rollout.bandit.floor"),
    ("spec", routed_bandit(floor=46), "spec.rollout.bandit.floor"),
    (
        "spec",
        put(routed_bandit(floor=31), "rollout.challengers", {"most": 2}),
        "bandit.floor times all versions may be",
    ),
    ("spec", routed_bandit(interval="0s"), "must be longer than zero"),
    ("spec", routed_bandit(halfLife="often"), "spec.rollout.bandit.halfLife"),
    ("spec", routed_bandit(minLabels=0), "spec.rollout.bandit.minLabels"),
    ("spec", routed_bandit(margin="-1"), "must not be negative"),
    ("spec", routed_bandit(then="Canary"), "spec.rollout.bandit.then"),
    ("spec", routed_bandit({"type": "Performance"}), "metric belongs to type Performance"),
    ("spec", routed_bandit({"type": "Outcome", "max": "9"}), "bandit.reward of a Regression is"),
    ("spec.rollout.blueGreen", {"scaleDownDelay": "1h"}, "blueGreen belongs to strategy BlueGreen"),
    ("spec.rollout", {"strategy": "Replace", "blueGreen": {}}, "blueGreen belongs to strategy BlueGreen"),
    ("spec.rollout.staging", {"duration": "soon"}, "spec.rollout.staging.duration"),
    ("spec.rollout.staging", {"hold": "yes"}, "spec.rollout.staging.hold"),
    ("spec.serving.autoscaling", {"min": 2}, "spec.serving.autoscaling.max: Required"),
    ("spec.serving.autoscaling", {"min": 5, "max": 4}, "autoscaling.min must not exceed autoscaling.max"),
    ("spec.serving.autoscaling", {"min": 0, "max": 4}, "spec.serving.autoscaling.min"),
    ("spec.serving.autoscaling", {"max": 101}, "spec.serving.autoscaling.max"),
    ("spec.serving.autoscaling", {"max": 4, "targetCPUPercent": 0}, "spec.serving.autoscaling.targetCPUPercent"),
    ("spec.rollout.strategy", "BlueGreen", "steps belong to strategy Canary"),
    ("spec.rollout.strategy", "Replace", "analysis.guards belong to strategies Canary, Shadow, ABTest and"),
    ("spec.rollout.shadow", {}, "shadow belongs to strategy Shadow"),
    ("spec.rollout.challengers", {}, "challengers belong to strategies Shadow, ABTest and Bandit"),
    ("spec.rollout.abTest", {"metric": {"type": "Outcome"}}, "abTest belongs to strategy ABTest"),
    ("spec.rollout", {"strategy": "ABTest"}, "strategy ABTest needs abTest, with a metric"),
    ("spec.rollout", {"strategy": "ABTest", "abTest": {}}, "spec.rollout.abTest.metric: Required"),
    ("spec.rollout", AB_TEST, "rollout.strategy ABTest needs traffic.mode Gateway"),
    ("spec", routed_test(assignment={"type": "Coin"}), "spec.rollout.abTest.assignment.type"),
    ("spec", routed_test(assignment={"type": "Cookie", "name": "a;b"}), "spec.rollout.abTest.assignment.name"),
    ("spec", routed_test(assignment={"name": "X_Bucket"}), "the name of a header is written in"),
    ("spec", routed_test(percent=51), "spec.rollout.abTest.percent"),
    ("spec", routed_test(margin="-0.1"), "must not be negative"),
    ("spec", routed_test(then="Canary"), "spec.rollout.abTest.then"),
    ("spec", routed_test({"type": "Outcome", "metric": "brier"}), "metric belongs to type Performance"),
    ("spec", routed_test({"type": "Performance"}), "metric belongs to type Performance"),
    ("spec", routed_test({"type": "Performance", "metric": "roc_auc"}), "spec.rollout.abTest.metric.metric"),
    (
        "spec",
        routed_test({"type": "Performance", "metric": "brier", "goal": "Minimize"}),
        "goal, unlabelled and min belong to type Outcome",
    ),
    ("spec", routed_test({"type": "Performance", "metric": "mae"}), "mae and mse need max"),
    ("spec", routed_test({"type": "Performance", "metric": "mae", "max": "9"}), "abTest.metric of a Regression is"),
    ("spec", routed_test({"type": "Outcome", "max": "9"}), "abTest.metric of a Regression is"),
    ("spec", routed_test({"type": "Outcome", "min": "1"}), "min needs max"),
    ("spec", routed_test({"type": "Outcome", "min": "1", "max": "1"}), "min needs max; max must be greater"),
    (
        "spec",
        put(routed_test(percent=50), "rollout.challengers", {"most": 2}),
        "abTest.percent times challengers.most may be 95 at most",
    ),
    (
        "spec",
        put(
            routed_test(assignment={"type": "Cookie"}),
            "traffic.gateway",
            {"parentRefs": [{"name": "public"}], "hostnames": ["a.b"], "grpc": {"hostnames": ["c.b"]}},
        ),
        "abTest.assignment Cookie is for HTTP alone",
    ),
    ("spec.rollout", {"strategy": "Shadow", "shadow": {"percent": 0}}, "spec.rollout.shadow.percent"),
    ("spec.rollout", {"strategy": "Shadow", "shadow": {"percent": 101}}, "spec.rollout.shadow.percent"),
    ("spec.rollout", {"strategy": "Shadow", "shadow": {"maxRequestsPerSecond": 1001}}, "shadow.maxRequestsPerSecond"),
    ("spec.rollout", {"strategy": "Shadow", "shadow": {"maxDisagreement": "1.1"}}, "must lie between 0 and 1"),
    ("spec.rollout", {"strategy": "Shadow", "shadow": {"then": "Canary"}}, "spec.rollout.shadow.then"),
    (
        "spec.rollout",
        {"strategy": "Shadow", "analysis": {"guards": [{"type": "PredictionDrift", "max": "0.1"}]}},
        "strategy Shadow has the guards ErrorRate and LatencyP99",
    ),
    ("spec.rollout", {"strategy": "Shadow", "challengers": {"most": 6}}, "spec.rollout.challengers.most"),
    ("spec.rollout", {"strategy": "Shadow", "challengers": {"whenNewer": "Wait"}}, "challengers.whenNewer"),
    (
        "spec",
        {
            "prediction": {"task": "Regression"},
            "storage": {"uri": "s3://observations/"},
            "rollout": {"strategy": "Shadow", "shadow": {"maxDisagreement": "0.1"}},
        },
        "rollout.shadow.maxDisagreement is about labels",
    ),
    (
        "spec",
        {
            "prediction": {"task": "Regression"},
            "storage": {"uri": "s3://observations/"},
            "serving": {"server": {"image": "i"}},
            "rollout": {"strategy": "Shadow"},
        },
        "rollout.strategy Shadow needs Leeboard's server",
    ),
    ("spec.rollout.analysis.alpha", "1.5", 'spec.rollout.analysis.alpha: Invalid value: "1.5": must lie between 0 and'),
    ("spec.rollout.analysis.guards.0.margin", None, "an ErrorRate guard needs margin"),
    ("spec.rollout.analysis.guards.0.margin", "1.1", "must lie between 0 and 1"),
    ("spec.rollout.analysis.guards.1.maxRatio", None, "a LatencyP99 guard needs maxRatio"),
    ("spec.rollout.analysis.guards.1.maxRatio", "0", "spec.rollout.analysis.guards[1].maxRatio"),
    (
        "spec.rollout.analysis.guards.1",
        {"type": "ErrorRate", "margin": "0.1"},
        "guards of one type need different metrics or names",
    ),
    (
        "spec.rollout.analysis.guards",
        [{"type": "Prometheus", "name": "a", "query": query, "max": "1"} for query in ("1", "2")],
        "guards of one type need different metrics or names",
    ),
    *(
        ("spec.rollout.analysis.guards", [guard], said)
        for guard, said in (
            ({"type": "PredictionDrift"}, "a PredictionDrift guard needs max"),
            ({"type": "PredictionDrift", "max": "1.0"}, "the max of PredictionDrift has to lie between 0 and 1"),
            ({"type": "PredictionDrift", "max": "0.1", "margin": "0.1"}, "it belongs to"),
            ({"type": "DataQuality"}, "DataQuality, Performance, EstimatedPerformance and KPI need margin"),
            ({"type": "DataQuality", "margin": "1.5"}, "the margin of ErrorRate and DataQuality must lie between"),
            ({"type": "DataQuality", "margin": "0.1", "by": "carrier"}, "has to be one of prediction.segments"),
            (
                {"type": "PredictionDrift", "max": "0.1", "by": "carrier"},
                "a PredictionDrift guard with by needs serving.logging: segments are known of logged rows alone",
            ),
            (
                {"type": "Performance", "metric": "log_loss", "margin": "0.1", "by": "carrier"},
                "a Performance guard with by needs serving.logging: segments are known of logged rows alone",
            ),
            (
                {"type": "ErrorRate", "margin": "0.1", "by": "carrier"},
                "by belongs to DataQuality, PredictionDrift and Performance",
            ),
            ({"type": "Performance", "margin": "0.1"}, "guards Performance and EstimatedPerformance need metric"),
            (
                {"type": "Performance", "metric": "rmse", "margin": "1"},
                "guards[].metric is no metric of prediction.task",
            ),
            ({"type": "Performance", "metric": "log_loss", "margin": "-1"}, "must not be negative"),
            ({"type": "Performance", "metric": "log_loss", "margin": "1", "minLabels": 5}, "guards[0].minLabels"),
            ({"type": "ErrorRate", "margin": "0.1", "minLabels": 50}, "minLabels belongs to Performance"),
            ({"type": "EstimatedPerformance", "metric": "roc_auc", "margin": "1"}, "EstimatedPerformance can tell"),
            ({"type": "KPI", "margin": "1"}, "guards KPI and Prometheus need name"),
            ({"type": "KPI", "name": "unknown", "margin": "1"}, "rollout.analysis.guards has to name one of spec.kpis"),
            ({"type": "Prometheus", "name": "a", "max": "1"}, "a Prometheus guard needs query"),
            ({"type": "Prometheus", "name": "a", "query": "1"}, "needs either margin, or min or max"),
            ({"type": "Prometheus", "name": "a", "query": "1", "max": "1", "margin": "1"}, "needs either margin, or"),
            ({"type": "Prometheus", "name": "a", "query": "1", "max": "1", "min": "2"}, "min must not exceed max"),
            ({"type": "Prometheus", "name": "a", "query": "1", "max": "1", "better": "Lower"}, "better belongs to KPI"),
            ({"type": "LatencyP99", "maxRatio": "2", "interval": "1m"}, "interval belongs to KPI and Prometheus"),
        )
    ),
    ("spec.rollout.analysis.maxDuration", "0s", "must be longer than zero"),
    ("spec.rollout", {"strategy": "BlueGreen", "analysis": {"maxDuration": "1h"}}, "analysis.maxDuration belongs to"),
    ("spec.traffic", {"mode": "Gateway"}, "traffic.gateway belongs to mode Gateway, and Gateway needs it"),
    ("spec.traffic", {"gateway": {"parentRefs": [{"name": "a"}]}}, "traffic.gateway belongs to mode Gateway"),
    ("spec.traffic", routed(parentRefs=[]), "spec.traffic.gateway.parentRefs"),
    ("spec.traffic", routed(parentRefs=[{"name": "a"}] * 2), "the same Gateway and listener stand there twice"),
    ("spec.traffic", routed(hostnames=["Flights.example"]), "spec.traffic.gateway.hostnames[0]"),
    ("spec.traffic", routed(hostnames=["flights.*"]), "spec.traffic.gateway.hostnames[0]"),
    ("spec.traffic", routed(path="flights"), "spec.traffic.gateway.path"),
    ("spec.traffic", routed(path="/flights/"), "spec.traffic.gateway.path"),
    ("spec.traffic", routed(path="/../flights"), "spec.traffic.gateway.path"),
    ("spec.traffic", routed(grpc={"hostnames": ["a.example"]}), "grpc.hostnames and hostnames have to be different"),
    (
        "spec.traffic",
        routed(hostnames=["a.example"], grpc={"hostnames": ["a.example"]}),
        "grpc.hostnames and hostnames have to be different",
    ),
    (
        "spec",
        put(put(DOCUMENTS["model"](), "spec.serving.server", OWN_SERVER), "spec.traffic", WITH_GRPC)["spec"],
        "traffic.gateway.grpc is for Leeboard's own server",
    ),
    ("spec.versions.retain", 0, "spec.versions.retain"),
    ("spec.observations.retain", "0d", "must be longer than zero"),
    ("spec.observations.retain", "a month", "spec.observations.retain"),
    ("spec.owners", ["x"] * 17, "spec.owners: Too many"),
    ("spec.kpis", [{"name": "a", "source": {"query": ""}}], "spec.kpis[0].source.query"),
    ("spec.kpis", [{"name": "a", "source": {"query": "1"}}] * 2, "spec.kpis[1]: Duplicate"),
]


def volume(**fields: Any) -> Document:
    """An emptyDir, with fields changed or, where None, left out."""
    changed = {"name": "a", "mountPath": "/mnt/a", "emptyDir": {"sizeLimit": "1Gi"}} | fields
    return {name: value for name, value in changed.items() if value is not None}


def nodes(**requirement: Any) -> Document:
    """A node affinity with one requirement."""
    terms = {"nodeSelectorTerms": [{"matchExpressions": [{"key": "pool", **requirement}]}]}
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}}


OVERRIDES: list[tuple[str, Any, str]] = [
    ("labels", {"leeboard.dev/model": "other"}, "labels of leeboard.dev and app.kubernetes.io/managed-by are"),
    ("labels", {"a": "not a value"}, "podTemplateOverrides.labels.a"),
    ("labels", {"a b": "x"}, "keys are names of at most 63 characters"),
    ("nodeSelector", {"disk/type/x": "ssd"}, "keys are names of at most 63 characters"),
    ("env", [{"name": "LEEBOARD_SEED", "value": "1"}], "LEEBOARD_ and AWS_ are reserved"),
    ("env", [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}], "podTemplateOverrides.env[1]: Duplicate value"),
    ("env", [{"name": "A", "valueFrom": {"secretKeyRef": {}}}], "unknown field"),
    ("tolerations", [{"operator": "Equal", "value": "x"}], "without key, operator has to be Exists"),
    ("tolerations", [{"key": "a", "operator": "Exists", "value": "x"}], "operator Exists takes no value"),
    ("annotations", {"leeboard.dev/code": "x"}, "annotations of leeboard.dev are Leeboard's own"),
    ("volumes", [volume(emptyDir=None)], "needs exactly one of configMap, secret, emptyDir and persistentVolumeClaim"),
    ("volumes", [volume(configMap={"name": "x"})], "needs exactly one of configMap, secret, emptyDir"),
    ("volumes", [volume(hostPath={"path": "/"})], "unknown field"),
    ("volumes", [volume(emptyDir={})], "sizeLimit: Required value"),
    ("volumes", [volume(name="A")], "podTemplateOverrides.volumes[0].name"),
    ("volumes", [volume(emptyDir=None, secret={"secretName": "x"}, readOnly=False)], "are read-only"),
    *(
        ("volumes", [volume(mountPath=path)], "must lie below /mnt/, /srv/ or /data/")
        for path in (
            "/leeboard/model",
            "/mnt",
            "/mnt/",
            "/etc/x",
            "/mnt/../etc",
            "/mnt/a/..",
            "/mnt//a",
            "mnt/a",
            "/data/.x",
        )
    ),
    ("volumes", [volume(), volume(name="b")], "every volume needs a mountPath of its own"),
    ("volumes", [volume(), volume(mountPath="/mnt/b")], "podTemplateOverrides.volumes[1]: Duplicate value"),
    ("affinity", nodes(operator="In"), "the other operators need some"),
    ("affinity", nodes(operator="Exists", values=["x"]), "Exists and DoesNotExist take no values"),
    ("affinity", nodes(operator="Gt", values=["x"]), "Gt and Lt take one whole number"),
    ("affinity", nodes(operator="Near"), "nodeSelectorTerms[0].matchExpressions[0].operator"),
    ("affinity", {"podAffinity": {}}, "unknown field"),
    ("hostNetwork", True, 'unknown field "spec.podTemplateOverrides.hostNetwork"'),
]
TRAINING_JOB: list[tuple[str, Any, str]] = [
    ("spec.code.repository", None, "code from Git needs repository"),
    ("spec.code.repository", "ssh://git@git/x.git", "must begin with http:// or https:// and hold no credentials"),
    ("spec.code.from", "Image", "code from Image has no repository"),
    ("spec.code", {"from": "Image"}, "triggers.onNewCommit needs code from Git"),
    ("spec.code.revision", "--upload-pack=x", "spec.code.revision"),
    ("spec.command", [], "spec.command"),
    ("spec.image", "", "spec.image"),
    ("spec.image", "Registry.example/x y", "spec.image"),
    ("spec.datasets", [], "spec.datasets"),
    ("spec.datasets.0.role", "Holdout", "datasets needs one with role Train"),
    ("spec.datasets.1.role", "Train", "datasets needs exactly one with role Holdout"),
    ("spec.datasets.1.name", "train", "spec.datasets[1]: Duplicate value"),
    ("spec.datasets.0.name", "../train", "spec.datasets[0].name"),
    ("spec.datasets.0.uri", "flights", "spec.datasets[0].uri"),
    ("spec.datasets.0.uri", "https://example.org/", "spec.datasets[0].uri: Invalid value"),
    ("spec.datasets.0.partitions.last", 0, "spec.datasets[0].partitions.last"),
    ("spec.datasets.0.partitions.pattern", "month/", "spec.datasets[0].partitions.pattern: Invalid value"),
    ("spec.datasets.0.partitions.pattern", "{yyyy}-{week}/", "spec.datasets[0].partitions.pattern"),
    ("spec.datasets.0.validation.maxMissing.0.percent", 101, "spec.datasets[0].validation.maxMissing[0].percent"),
    ("spec.datasets.0.validation.columns.0.max", "-1", "min must not exceed max"),
    ("spec.datasets.0.validation.columns.0.type", "String", "min and max belong to type Number"),
    ("spec.params", {"a": 1}, "spec.params.a"),
    ("spec.params", {"1a": "x"}, "spec.params: Invalid value"),
    ("spec.seed", -1, "spec.seed"),
    ("spec.seed", 1.5, "spec.seed"),
    ("spec.resources.requests.memory", "3Gi", "requests.memory must not exceed limits.memory"),
    ("spec.limits.deadline", "1.5h", "spec.limits.deadline"),
    ("spec.limits.deadline", "0m", 'spec.limits.deadline: Invalid value: "0m": must be longer than zero'),
    ("spec.limits.deadline", "999999d", "spec.limits.deadline"),
    ("spec.limits.retries", 11, "spec.limits.retries"),
    ("spec.limits.maxRunsPerDay", 0, "spec.limits.maxRunsPerDay"),
    ("spec.triggers.schedule.cron", "daily", "spec.triggers.schedule.cron"),
    ("spec.triggers.schedule.cron", "60 * * * *", "needs five fields: minute 0-59"),
    ("spec.triggers.schedule.cron", None, "spec.triggers.schedule.cron: Required"),
    ("spec.triggers.schedule.timeZone", "Mars/Olympus", "spec.triggers.schedule.timeZone: Invalid value"),
    ("spec.triggers.schedule.timeZone", "Local", "must be a name of the IANA time zone database"),
    ("spec.triggers.onNewCommit", {}, "spec.triggers.onNewCommit.every"),
    ("spec.triggers.onNewData.every", "0s", "spec.triggers.onNewData.every"),
    *((f"spec.podTemplateOverrides.{path}", value, said) for path, value, said in OVERRIDES),
]
DRIFT_MONITOR: list[tuple[str, Any, str]] = [
    ("spec.checks", [], "spec.checks"),
    ("spec.checks.0.threshold", None, "DataDrift and PredictionDrift need distance and threshold"),
    ("spec.checks.0.threshold", "1.2", "a threshold for JensenShannon is at most 1"),
    ("spec.checks.0.threshold", "0", 'spec.checks[0].threshold: Invalid value: "0": must be greater than zero'),
    ("spec.checks.0.distance", "Euclid", "spec.checks[0].distance"),
    (
        "spec.checks.0.metric",
        "log_loss",
        "and EstimatedPerformance need metric and maxDrop; they belong to no other type",
    ),
    ("spec.checks.2.maxMissingPercent", None, "DataQuality needs maxMissingPercent"),
    ("spec.checks.3.feature", None, "MeanShift needs feature and percent"),
    ("spec.checks.4.metric", None, "Performance and EstimatedPerformance need metric and maxDrop"),
    (
        "spec.checks.0.maxPercent",
        "1",
        "OutOfRange, NewCategories and TrainServeSkew need maxPercent; it belongs to no other type",
    ),
    ("spec.checks.4.type", "OutOfRange", "OutOfRange, NewCategories and TrainServeSkew need maxPercent"),
    *(
        ("spec.checks.0", {"type": kind} | fields, said)
        for kind, fields, said in (
            ("Volume", {}, "Volume needs minRows or maxRows"),
            ("Volume", {"minRows": 5, "maxRows": 4}, "minRows exceeds maxRows"),
            ("UnitChange", {"minRows": 5}, "Volume needs minRows or maxRows; they belong to no other type"),
            ("Staleness", {"of": "Labels"}, "Staleness needs of and maxAge"),
            ("Staleness", {"of": "Models", "maxAge": "1h"}, "spec.checks[0].of: Unsupported value"),
            ("Staleness", {"of": "Labels", "maxAge": "2d"}, "maxAge of checks must not exceed window.length"),
            ("KPI", {"kpi": "bookings"}, "KPI needs kpi, and min or max"),
            ("KPI", {"min": "1"}, "KPI needs kpi, and min or max"),
            ("KPI", {"kpi": "bookings", "min": "2", "max": "1"}, "min must not exceed max"),
        )
    ),
    ("spec.checks.3.by", "carrier", "by belongs to DataDrift, PredictionDrift and DataQuality"),
    ("spec.checks.0.by", "", "spec.checks[0].by"),
    ("spec.falseAlarms", {"budget": 0}, "spec.falseAlarms.budget"),
    ("spec.actions.0.cooldown", "0s", "must be longer than zero"),
    ("spec.actions.0.maxPerDay", 21, "spec.actions[0].maxPerDay"),
    ("spec.actions.1.type", "RequestRollback", "trainingJobRef belongs to Retrain"),
    ("spec.falseAlarms", {"per": "soon"}, "spec.falseAlarms.per"),
    ("spec.reference", {"season": "MonthOfYear"}, "spec.reference.season: Unsupported value"),
    ("spec.persistence", {"count": 3, "of": 2}, "persistence.count must not exceed persistence.of"),
    ("spec.checks.4.metric", "logloss", "spec.checks[4].metric: Unsupported value"),
    ("spec.window.length", "5s", "window.every must not exceed window.length"),
    ("spec.window.every", "25h", "window.every must not exceed window.length"),
    ("spec.window.every", "1d1s", "window.every must not exceed window.length"),
    ("spec.window.minSamples", 0, "spec.window.minSamples"),
    ("spec.actions.0.most", 100, "most belongs to QueueLabeling"),
    ("spec.actions.0", {"type": "QueueLabeling", "most": 0}, "spec.actions[0].most"),
    ("spec.actions.0", {"type": "QueueLabeling", "most": 10001}, "spec.actions[0].most"),
    ("spec.actions.0", {"type": "QueueLabelling"}, "spec.actions[0].type: Unsupported value"),
    ("spec.actions.1.trainingJobRef", None, "trainingJobRef belongs to Retrain"),
    ("spec.actions.0.trainingJobRef", {"name": "x"}, "trainingJobRef belongs to Retrain"),
    ("spec.actions.1.webhook", {"secretRef": {"name": "x"}}, "webhook belongs to Alert"),
    ("spec.actions.0.webhook", {"secretRef": {}}, "spec.actions[0].webhook.secretRef.name: Required"),
    ("spec.actions.0.webhook", {"format": "Webhook"}, "spec.actions[0].webhook.secretRef: Required"),
    ("spec.actions.0.webhook", {"secretRef": {"name": "x"}, "format": "Pigeon"}, "spec.actions[0].webhook.format"),
    ("spec.actions.1.when", ["Performance", "Performance"], "spec.actions[1].when[1]: Duplicate value"),
    (
        "spec.checks.4",
        {"type": "DataQuality", "maxMissingPercent": 5},
        "actions[].when names a type that is not among checks",
    ),
    ("spec.modelRef.name", "", "spec.modelRef.name"),
]
MODEL_VERSION: list[tuple[str, Any, str]] = [
    ("spec.artifact.digest", "sha256:abc", "spec.artifact.digest"),
    ("spec.artifact.format", "pickle", "spec.artifact.format"),
    ("spec.artifact.uri", "https://example.org/model/", "artifact.uri of a trained version is in a bucket (s3://)"),
    ("spec.artifact.uri", "pvc://archive/flights/", "artifact.uri of a trained version is in a bucket (s3://)"),
    ("spec.profile.uri", "https://example.org/profile.json", "spec.profile.uri"),
    *(
        ("spec", imported(uri)["spec"], said)
        for uri, said in (
            ("file:///etc/", PLACES),
            ("gs://bucket/flights/", PLACES),
            ("s3://no-slash", PLACES),
            ("https://key:secret@example.org/flights/", PLACES),
            ("https://example.org/flights/?token=secret", PLACES),
            ("https://example.org", PLACES),
            ("pvc://Archive/flights/", PLACES),
            ("pvc://archive", PLACES),
            ("oci://registry.example/ml/flights:1.4", PLACES),
            ("oci://registry.example/ml/flights@sha256:abc/", PLACES),
            (
                "pvc://archive/../flights/",
                'artifact.uri: Invalid value: "pvc://archive/../flights/": must not hold . or ..',
            ),
            ("pvc://archive/flights/..", "must not hold . or .. as a part of its path"),
            (f"oci://registry.example/ml/flights@{DIGEST}/./x", "must not hold . or .. as a part of its path"),
        )
    ),
    ("spec.code.commit", "main", "spec.code.commit"),
    ("spec.metrics", [], "a trained version needs code, image, datasets of both"),
    ("spec.metrics.0.value", 0.7, "spec.metrics[0].value"),
    ("spec.metrics.0.value", "NaN", "spec.metrics[0].value"),
    ("spec.profile", None, "a trained version needs code, image, datasets of both"),
    ("spec.datasets.1.role", "Train", "a trained version needs code, image, datasets of both"),
    ("spec.signature.inputs", [], "a trained version needs code, image, datasets of both"),
    ("spec.goldenSamples", None, "a trained version needs code, image, datasets of both"),
    ("spec.code.commit", None, "spec.code: Invalid value: verified code needs its commit"),
    ("spec.image.reference", "registry.example/ml/flights:1.4", "spec.image.reference: Invalid value"),
    ("spec.source.import", {"reason": "x"}, "source needs exactly one of trainingJob and import"),
    ("spec.source.trainingJob", None, "source needs exactly one of trainingJob and import"),
]
BAD = [
    (kind, *row)
    for kind, rows in (
        ("model", MODEL),
        ("training-job", TRAINING_JOB),
        ("drift-monitor", DRIFT_MONITOR),
        ("model-version", MODEL_VERSION),
    )
    for row in rows
]
GOOD: list[tuple[str, str, Any]] = [
    ("model", "spec.rollout", {"strategy": "Replace"}),
    ("model", "spec.rollout", {"strategy": "BlueGreen", "blueGreen": {"scaleDownDelay": "1h"}}),
    ("model", "spec.rollout", {"blueGreen": {}, "staging": {"hold": True}}),
    ("model", "spec.serving.autoscaling", {"max": 4}),
    ("model", "spec.serving.autoscaling", {"min": 4, "max": 4, "targetCPUPercent": 1000}),
    ("model", "spec.rollout", {"strategy": "Shadow"}),
    ("model", "spec.rollout", {"strategy": "Shadow", "shadow": {}, "challengers": {}}),
    (
        "model",
        "spec.rollout",
        {
            "strategy": "Shadow",
            "shadow": {"percent": 100, "maxRequestsPerSecond": 1000, "duration": "0s", "maxDisagreement": "0"},
            "challengers": {"most": 5, "whenNewer": "Queue"},
            "analysis": {"guards": [{"type": "ErrorRate", "margin": "0.01"}]},
        },
    ),
    ("model", "spec", routed_test()),
    ("model", "spec", routed_test({"type": "Performance", "metric": "log_loss"}, percent=50, margin="0")),
    (
        "model",
        "spec",
        put(
            routed_test({"type": "Outcome", "goal": "Minimize", "min": "-1", "max": "0", "unlabelled": "Zero"}),
            "prediction",
            {"task": "Regression"},
        ),
    ),
    (
        "model",
        "spec",
        put(
            routed_test(percent=31),
            "rollout.analysis",
            {"maxDuration": "30d", "guards": [{"type": "PredictionDrift", "max": "0.1"}]},
        ),
    ),
    ("model", "spec", put(routed_test(percent=19), "rollout.challengers", {"most": 5})),
    ("model", "spec.promotion", {"policy": "Pinned", "version": "late-flights-v1"}),
    ("model", "spec.traffic", {"mode": "Service"}),
    ("model", "spec.traffic", routed(hostnames=["*.flights.example"], path="/a/b.c")),
    ("model", "spec.traffic", routed(hostnames=["a.example"], grpc={"hostnames": ["b.example"]})),
    ("model", "spec.traffic", routed(grpc={"hostnames": ["b.example"], "parentRefs": [{"name": "other"}]})),
    ("model", "spec.promotion.gates.0", {"type": "Threshold", "metric": "log_loss", "max": "0.6"}),
    ("model", "spec.serving.readyWithin", "1d2h"),
    ("model", "spec.serving.cache", {"persistentVolumeClaim": {"claimName": "cache"}}),
    ("model", "spec.serving.cache", {"persistentVolumeClaim": {"claimName": "cache"}, "maxSize": "1.5Ti"}),
    ("model", "spec.serving.verification", {"signature": {"configMapRef": {"name": "signers"}}}),
    ("model", "spec.serving.feedback", {"secretRef": {"name": "label-senders"}}),
    ("model", "spec.serving.logging", {"sampleRate": "1"}),
    ("model", "spec.serving.logging", {"sampleRate": "0.001", "redact": ["name"], "retain": "7d"}),
    *(
        ("model-version", "spec", imported(uri)["spec"])
        for uri in (
            "s3://models/flights/",
            "https://models.example:8443/flights/v1/",
            "http://models.storage.svc/",
            "pvc://archive/flights/v1",
            "pvc://archive/",
            f"oci://registry.example:5000/ml/flights@{DIGEST}",
            f"oci://registry.example/ml/flights@{DIGEST}/v1.2/x",
        )
    ),
    ("model", "spec.prediction", {"task": "BinaryClassification"}),
    ("drift-monitor", "spec.window", {"length": "80s", "every": "3s", "minSamples": 12000}),
    ("drift-monitor", "spec.window", {"length": "1d", "every": "24h"}),
    ("drift-monitor", "spec.window", {"length": "1d1h1m1s", "every": "1d1h1m1s"}),
    ("drift-monitor", "spec.window", {"length": "90000s"}),
    ("drift-monitor", "spec.checks.1.by", "carrier"),
    ("drift-monitor", "spec.actions", []),
    ("drift-monitor", "spec.actions", [{"type": "QueueLabeling"}, {"type": "QueueLabeling", "most": 10000}]),
    ("drift-monitor", "spec.actions.0.webhook", {"secretRef": {"name": "pager"}}),
    ("drift-monitor", "spec.actions.0.webhook", {"secretRef": {"name": "pager"}, "format": "Alertmanager"}),
    ("training-job", "spec.triggers.schedule", {"cron": "*/15 8-18 * JAN-MAR mon-fri", "timeZone": "America/New_York"}),
    ("training-job", "spec.limits.deadline", "99999d99999h999999m99999999s"),
    ("training-job", "spec.podTemplateOverrides.labels", {"team": "flights", "example.com/cost": ""}),
    ("training-job", "spec.podTemplateOverrides.tolerations", [{"operator": "Exists"}, {"key": "gpu", "value": "a"}]),
    ("training-job", "spec.podTemplateOverrides.volumes", [volume(mountPath="/data/a/b-c_d.e"), volume(name="b")]),
    ("training-job", "spec.podTemplateOverrides.affinity", nodes(operator="Exists")),
    ("model", "spec.serving.podTemplateOverrides.affinity", nodes(operator="Gt", values=["4"])),
    ("training-job", "spec.datasets.0.partitions", {"pattern": "year={yyyy}/month={MM}/day={dd}/", "last": 90}),
    ("training-job", "spec.params", {"learning_rate": "0.1", "max-depth": "3", "n.jobs": "1"}),
    ("model-version", "spec.metrics.0.low", "9.8e-05"),
]


@pytest.fixture(scope="session")
def tried(control_plane: ControlPlane, definitions: None) -> Callable[[Document], Answer]:
    """What becomes of a document that is created, as a dry run and with unknown fields refused, as kubectl does it.

    A process of kubectl for each of hundreds of documents would take ten times as long as the answers.
    """
    requests = Requests(control_plane, "Strict")
    return lambda document: requests.create("", put(document, "metadata.namespace", "default"))


def without_value(text: str) -> str:
    """What older API servers tell as well: of a value that a rule refuses they name the type in its place."""
    return re.sub(r'Invalid value: ("(?:[^"\\]|\\.)*"|\S+?):', "Invalid value:", text)


@pytest.mark.parametrize(("kind", "path", "value", "said"), BAD, ids=[f"{k}:{p}={str(v)[:30]}" for k, p, v, _ in BAD])
def test_bad_input_is_refused_with_its_place(
    tried: Callable[[Document], Answer], kubernetes: str, *, kind: str, path: str, value: Any, said: str
) -> None:
    refused = tried(put(DOCUMENTS[kind](), path, value))
    assert 400 <= refused.status < 500
    if kubernetes == KUBERNETES:
        assert said in refused.message
    else:
        assert without_value(said) in without_value(refused.message)
    field = path.removeprefix("spec.").split(".")[0]
    assert field in refused.message or path == "metadata.name"


@pytest.mark.parametrize(("kind", "path", "value"), GOOD, ids=[f"{k}:{p}={str(v)[:30]}" for k, p, v in GOOD])
def test_what_lies_close_by_is_accepted(tried: Callable[[Document], Answer], kind: str, path: str, value: Any) -> None:
    answer = tried(put(DOCUMENTS[kind](), path, value))
    assert answer.status == 201, answer.message


def test_a_refusal_reaches_people_who_use_kubectl(kubectl: Kubectl) -> None:
    changed = put(DOCUMENTS["model"](), "spec.serving.replicas", -1)
    with pytest.raises(KubectlError, match=r"spec\.serving\.replicas: Invalid value"):
        kubectl.apply(changed)


def test_an_unknown_field_is_named(kubectl: Kubectl) -> None:
    with pytest.raises(KubectlError, match=r'unknown field "spec\.servnig"'):
        kubectl.apply(put(DOCUMENTS["model"](), "spec.servnig", {"replicas": 1}))


def test_an_unknown_field_is_dropped_where_nobody_asks_for_strictness(kubectl: Kubectl) -> None:
    changed = json.dumps(put(DOCUMENTS["model"](), "spec.servnig", {"replicas": 1}))
    kept = kubectl("apply", "--dry-run=server", "--validate=ignore", "-o", "json", "-f", "-", input=changed)
    assert "spec" in json.loads(kept) and "servnig" not in json.loads(kept)["spec"]


def test_the_table_holds_many_kinds_of_mistakes() -> None:
    """By field: what is wrong with one of them in several ways counts once."""
    assert len({(kind, path) for kind, path, _, _ in BAD}) >= 90
