"""Who says how many pods a Model has, on a real API server: us, kubectl, an autoscaler, KEDA."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from e2e.cluster.control_plane import ControlPlane
from e2e.cluster.modules import module
from e2e.support.kubectl import Kubectl, KubectlError
from leeboard.api.autoscaling import Autoscaling
from leeboard.api.model import Model
from leeboard.api.model_version import ModelVersion
from leeboard.kube.client import KubeClient
from leeboard.planning.serving.autoscaler import Bounds, autoscaler, handed_over
from leeboard.planning.serving.deployment import deployment
from leeboard.planning.serving.disruption_budget import disruption_budget
from leeboard.planning.serving.pod import Adopted
from tests.support.examples import example, model_version
from tests.support.installation import eventually

pytestmark = pytest.mark.apiserver

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "scaling"
KEDA = ("github.com/kedacore/keda/v2", "v2.17.2")
"""Where its definitions are, as a Go module and its version."""
ADOPTED = Adopted("registry.example/server@sha256:" + "0" * 64, timedelta(seconds=60))


def model_in(kubectl: Kubectl) -> Model:
    """The example's Model, created."""
    kubectl.apply(example("model"))
    return Model.parse(kubectl.get("model", "late-flights") or {})


def planned(model: Model, replicas: int, live: dict[str, Any] | None = None) -> dict[str, Any]:
    """The Deployment of its version, as it is planned."""
    return deployment(model, ModelVersion.parse(model_version("late-flights-v1")), ADOPTED, replicas, live)


def replicas(kubectl: Kubectl) -> int:
    return int(kubectl.all("deployments")[0]["spec"]["replicas"])


def scaled(kubectl: Kubectl, name: str, number: int) -> None:
    """Write through the scale subresource, as an autoscaler does."""
    kubectl("scale", "deployment", name, f"--replicas={number}")


async def test_a_number_that_was_handed_over_stays_when_it_is_left_out_and_is_the_autoscalers_then(
    kubes: tuple[KubeClient, KubeClient], kubectl: Kubectl
) -> None:
    kube, model = kubes[0], model_in(kubectl)
    live = await kube.apply(planned(model, 3))
    first, without = handed_over(planned(model, 3, live), live)
    assert first is not None and "replicas" not in without["spec"]
    await kube.hand_over(first)
    live = await kube.apply(without)
    assert replicas(kubectl) == 3
    scaled(kubectl, without["metadata"]["name"], 5)
    nothing, again = handed_over(planned(model, 3, live), live)
    assert nothing is None
    await kube.apply(again)
    assert replicas(kubectl) == 5
    await kube.apply(planned(model, 2, live))
    assert replicas(kubectl) == 2
    assert "leeboard.dev/scaled-by" not in kubectl.all("deployments")[0]["metadata"]["annotations"]


async def test_a_number_that_is_only_left_out_falls_to_the_default(
    kubes: tuple[KubeClient, KubeClient], kubectl: Kubectl
) -> None:
    kube, model = kubes[0], model_in(kubectl)
    live = await kube.apply(planned(model, 3))
    _, without = handed_over(planned(model, 3, live), live)
    await kube.apply(without)
    assert replicas(kubectl) == 1, "handing over is not needed any more"


async def test_the_controller_scales_between_the_bounds_and_is_left_alone(
    kubes: tuple[KubeClient, KubeClient], kubectl: Kubectl, control_plane: ControlPlane
) -> None:
    control_plane.run_controllers("horizontal-pod-autoscaler-controller")
    kube, model = kubes[0], model_in(kubectl)
    live = await kube.apply(planned(model, 2))
    first, without = handed_over(planned(model, 2, live), live)
    assert first is not None
    await kube.hand_over(first)
    await kube.apply(without)
    asked = Autoscaling(max=9)
    await kube.apply(autoscaler(model, "late-flights-v1", asked, Bounds(4, 9)))
    eventually(lambda: replicas(kubectl) == 4, "four pods", lambda: kubectl("get", "hpa", "-o", "yaml"))
    await kube.apply(without)
    assert replicas(kubectl) == 4
    await kube.apply(autoscaler(model, "late-flights-v1", asked, Bounds.held_at(3)))
    eventually(lambda: replicas(kubectl) == 3, "three pods", lambda: kubectl("get", "hpa", "-o", "yaml"))


async def test_the_budget_is_accepted_and_follows_the_champion(
    kubes: tuple[KubeClient, KubeClient], kubectl: Kubectl
) -> None:
    model = model_in(kubectl)
    for version in ("late-flights-v1", "late-flights-v2"):
        await kubes[0].apply(disruption_budget(model, version))
        (budget,) = kubectl.all("poddisruptionbudgets")
        assert budget["spec"]["selector"]["matchLabels"]["leeboard.dev/version"] == version


def scale_of(kubectl: Kubectl) -> dict[str, Any]:
    text = kubectl("get", "model", "late-flights", "--subresource=scale", "-o", "json")
    found: dict[str, Any] = json.loads(text)
    return found


def test_kubectl_scales_a_model(kubectl: Kubectl) -> None:
    document = example("model")
    document["spec"].pop("serving")
    kubectl.apply(document)
    assert scale_of(kubectl)["spec"] == {"replicas": 1}
    kubectl("scale", "model", "late-flights", "--replicas=3")
    live = kubectl.get("model", "late-flights") or {}
    assert live["spec"]["serving"]["replicas"] == 3
    with pytest.raises(KubectlError, match=r"spec\.serving\.replicas"):
        kubectl("scale", "model", "late-flights", "--replicas=0")
    status = {"replicas": 3, "selector": "leeboard.dev/model=late-flights"}
    patch = json.dumps({"status": status})
    kubectl("patch", "model", "late-flights", "--subresource=status", "--type=merge", "-p", patch)
    assert scale_of(kubectl)["status"] == status


def test_the_example_of_keda_is_accepted_by_kedas_definitions(kubectl: Kubectl, control_plane: ControlPlane) -> None:
    folder = module(*KEDA) / "config" / "crd" / "bases"
    control_plane.kubectl("apply", "--server-side", "-f", str(folder / "keda.sh_scaledobjects.yaml"))
    control_plane.client().established("scaledobjects.keda.sh")
    document = yaml.safe_load((EXAMPLES / "keda.yaml").read_text(encoding="utf-8"))
    document["metadata"].pop("namespace")
    text = json.dumps(document)
    kubectl("create", "--dry-run=server", "--validate=strict", "-f", "-", input=text)
    misspelt = text.replace("maxReplicaCount", "maxReplicas")
    with pytest.raises(KubectlError, match="unknown field"):
        kubectl("create", "--dry-run=server", "--validate=strict", "-f", "-", input=misspelt)
