"""A Model that allows formats which run their own code says so, in its conditions and to the pods that need it."""

import json
from datetime import timedelta
from typing import Any

import pytest

from leeboard.api.model import Model
from leeboard.api.model_version import ModelVersion
from leeboard.planning.serving.pod import Adopted, pod_template
from tests.support.examples import example, model_version, put
from tests.support.model_world import World
from tests.support.training_world import World as TrainingWorld

ALLOWED = {"allowUnsafeFormats": True}


def unsafe(world: World) -> str:
    """The message of the condition, or the empty text where it is not there."""
    found = [one for one in world.status["conditions"] if one["type"] == "UnsafeFormatAllowed"]
    assert all((one["status"], one["reason"]) == ("True", "UnsafeFormatAllowed") for one in found)
    return found[0]["message"] if found else ""


def world_with(form: str, **serving: object) -> World:
    world = World(serving=example("model")["spec"].get("serving", {}) | serving)
    world.add_version("v1")
    world.versions["v1"]["spec"]["artifact"]["format"] = form
    world.settle()
    return world


@pytest.mark.parametrize("form", ["python", "sklearn-pickle", "sklearn-joblib"])
def test_the_condition_names_what_runs_its_own_code(form: str) -> None:
    world = world_with(form, **ALLOWED)
    assert world.status["champion"]["name"] == "v1"
    assert unsafe(world) == f"code that came with the model runs in the pods of v1 ({form})"
    ready = next(one for one in world.status["conditions"] if one["type"] == "Ready")
    assert ready["status"] == "True"


def test_the_condition_goes_with_the_last_of_them() -> None:
    world = world_with("sklearn-pickle", **ALLOWED)
    world.add_version("v2")
    del world.versions["v1"]["status"]["phase"]
    for _ in range(3):
        world.settle()
    assert unsafe(world), "v1 still has pods, or is on its way"
    world.versions["v1"]["spec"]["artifact"]["format"] = "onnx"
    world.settle()
    assert unsafe(world) == ""


@pytest.mark.parametrize(("form", "serving"), [("onnx", ALLOWED), ("sklearn-skops", {}), ("sklearn-skops", ALLOWED)])
def test_allowing_alone_is_no_condition(form: str, serving: dict[str, bool]) -> None:
    assert unsafe(world_with(form, **serving)) == ""


def environments(form: str, allowed: bool) -> list[str | None]:
    model = put(example("model"), "spec.serving.allowUnsafeFormats", allowed)
    model["metadata"] |= {"namespace": "ml", "uid": "m-uid"}
    version = put(model_version("v1"), "spec.artifact.format", form)
    template = pod_template(Model.parse(model), ModelVersion.parse(version), Adopted("server:1", timedelta(seconds=2)))
    found = []
    for container in (*template["spec"]["initContainers"], *template["spec"]["containers"]):
        values = {one["name"]: one.get("value") for one in container["env"]}
        assert json.loads(values["LEEBOARD_ARTIFACT"])["format"] == form
        found.append(values.get("LEEBOARD_ALLOW_UNSAFE_FORMATS"))
    return found


def test_only_pods_that_need_it_are_told_so_that_allowing_it_restarts_no_other() -> None:
    assert environments("sklearn-pickle", True) == ["true"] * 3
    assert environments("sklearn-pickle", False) == [None] * 3
    assert environments("sklearn-skops", True) == environments("sklearn-skops", False) == [None] * 3


def specification(job: dict[str, Any], container: str, name: str) -> dict[str, Any]:
    """What a container of a Job is told in a variable."""
    pod = job["spec"]["template"]["spec"]
    found = next(one for one in (*pod.get("initContainers", []), *pod["containers"]) if one["name"] == container)
    told: dict[str, Any] = json.loads(next(one["value"] for one in found["env"] if one["name"] == name))
    return told


@pytest.mark.parametrize("allowed", [True, False])
def test_training_and_evaluation_are_told_whether_the_model_may_bring_code(allowed: bool) -> None:
    world = TrainingWorld()
    world.model = put(world.model, "spec.serving.allowUnsafeFormats", allowed)
    world.settle()
    told = specification(world.jobs[world.run.job], "publish", "LEEBOARD_RUN_SPEC")
    assert told.get("allowUnsafeFormats", False) is allowed
    world.train()
    world.settle()
    told = specification(world.jobs[world.run.evaluation_job], "evaluate", "LEEBOARD_EVALUATION_SPEC")
    assert told["allowUnsafeFormats"] is allowed
