"""Argo CD's actions: what it offers in every state, what they set, and what the operator then does, once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from gitops import generate
from tests.support import argocd, engines
from tests.support.argocd import ANNOTATIONS, CUSTOMIZATIONS, acted, enabled
from tests.support.examples import example
from tests.support.states import model_versions, model_worlds, training_jobs
from tests.support.states.every import EVERY_STATE, KINDS
from tests.support.states.state import State

STATES = [state for state in EVERY_STATE if state.kind in ANNOTATIONS]
ACTIONS = [(state, action) for state in STATES for action in ANNOTATIONS[state.kind]]
COMMANDED = [(state, action) for state, action in ACTIONS if state.kind == "Model" and state.kstatus != "Terminating"]


def named(value: Any) -> str:
    return f"{value.kind}-{value.name}" if isinstance(value, State) else str(value)


def script(kind: str, name: str) -> str:
    return (CUSTOMIZATIONS / kind / "actions" / name).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def offered() -> dict[str, dict[str, Any]]:
    found = engines.judge(
        {"engine": "discovery", "object": state.document, "script": script(state.kind, "discovery.lua")}
        for state in STATES
    )
    return dict(zip(map(named, STATES), found, strict=True))


@pytest.fixture(scope="module")
def results() -> dict[tuple[str, str], Any]:
    found = engines.judge(
        {"engine": "action", "object": state.document, "script": script(state.kind, f"{action}/action.lua")}
        for state, action in ACTIONS
    )
    return {(named(state), action): result for (state, action), result in zip(ACTIONS, found, strict=True)}


@pytest.mark.parametrize("state", STATES, ids=named)
def test_what_is_offered(state: State, offered: dict[str, Any]) -> None:
    assert {name: one["disabled"] for name, one in offered[named(state)].items()} == {
        name: name not in enabled(state) for name in ANNOTATIONS[state.kind]
    }


def test_a_command_that_was_not_answered_yet_is_not_offered_again() -> None:
    pending = [(state, action) for state, action in ACTIONS if action in enabled(state)]
    assert len(pending) > 30
    found = engines.judge(
        {"engine": "discovery", "object": acted(state, action), "script": script(state.kind, "discovery.lua")}
        for state, action in pending
    )
    for (state, action), offered in zip(pending, found, strict=True):
        assert offered[action]["disabled"] is True, (named(state), action)


def test_an_action_sets_its_annotation_and_nothing_else(results: dict[tuple[str, str], Any]) -> None:
    assert len(results) > 100
    for state, action in ACTIONS:
        assert results[named(state), action] == acted(state, action), (named(state), action)


@pytest.mark.parametrize(("state", "action"), COMMANDED, ids=named)
def test_what_a_model_answers_fits_what_was_offered(state: State, action: str) -> None:
    world = state.make()
    annotation, value = ANNOTATIONS["Model"][action]
    world.primary["metadata"].setdefault("annotations", {})[annotation] = value
    world.reconcile()
    commands = world.status["commands"]
    if action in ("pause", "resume"):
        assert commands["pause"] is (action == "pause")
        return
    assert commands[action] == value
    assert commands["answer"]["accepted"] is (action in enabled(state)), commands["answer"]


def reverted(world: Any) -> str:
    """A GitOps tool takes the annotations away, and everything settles; gives the status as it was before."""
    before = json.dumps(world.primary["status"], sort_keys=True)
    world.primary["metadata"]["annotations"] = {}
    world.settle()
    return before


def act(world: Any, kind: str, action: str) -> None:
    """The real script on the world's object as it is now, and what the operator makes of it."""
    document = {**world.primary, "metadata": world.primary["metadata"] | {"resourceVersion": "1000"}}
    (result,) = engines.lua("action", script(kind, f"{action}/action.lua"), [document])
    world.primary["metadata"]["annotations"] = result["metadata"]["annotations"]
    world.settle()


def test_the_actions_of_a_model_do_what_they_say_and_a_revert_changes_nothing() -> None:
    world = model_worlds.canary_world()
    act(world, "Model", "pause")
    assert reverted(world) == json.dumps(world.status, sort_keys=True)
    assert world.status["commands"]["pause"] is True
    act(world, "Model", "resume")
    assert world.status["commands"]["pause"] is False
    act(world, "Model", "abort")
    assert [one["name"] for one in world.status["quarantined"]] == ["v2"]
    assert reverted(world) == json.dumps(world.status, sort_keys=True)
    world.wait(seconds=31)
    act(world, "Model", "retry")
    assert (world.status["candidate"]["name"], world.status["quarantined"]) == ("v2", [])
    act(world, "Model", "promote")
    assert world.status["champion"]["name"] == "v2"
    assert reverted(world) == json.dumps(world.status, sort_keys=True)


def test_the_actions_of_a_training_job_start_one_run_each_and_a_revert_starts_none() -> None:
    world = training_jobs.failed_world()
    act(world, "TrainingJob", "retry")
    assert [run.cause.kind for run in world.runs] == ["SpecChange", "Manual"]
    assert reverted(world) == json.dumps(world.primary["status"], sort_keys=True)
    world.whole_run()
    act(world, "TrainingJob", "train")
    assert [run.cause.kind for run in world.runs] == ["SpecChange", "Manual", "Manual"]
    assert reverted(world) == json.dumps(world.primary["status"], sort_keys=True)


def test_the_approval_by_action_is_kept_when_the_annotation_goes() -> None:
    waiting = model_versions.awaiting_approval()
    waiting["metadata"]["resourceVersion"] = "1000"
    (approved,) = engines.lua("action", script("ModelVersion", "approve/action.lua"), [waiting])
    judged = model_versions.judged(approved, model_versions.with_approval())
    assert (judged["status"]["phase"], judged["status"]["approvedBy"]) == ("Accepted", argocd.APPROVER)
    del judged["metadata"]["annotations"]
    assert model_versions.rejudged(judged, model_versions.with_approval()) is None
    assert model_versions.judged(judged | {"status": {}}, example("model"))["status"]["phase"] == "Accepted"


def test_the_files_that_argo_cd_tests_with_are_current() -> None:
    assert argocd.stale() == []
    assert len(list(CUSTOMIZATIONS.glob("*/health_test.yaml"))) == len(KINDS)


@pytest.mark.parametrize("name", sorted(map(str, generate.outputs())))
def test_the_configuration_is_current_and_holds_every_script(name: str) -> None:
    text = (generate.ROOT / name).read_text(encoding="utf-8")
    assert text == generate.outputs()[Path(name)]
    held = yaml.safe_load(text)
    data = held["data"] if "data" in held else held["configs"]["cm"]
    for kind in KINDS:
        health = CUSTOMIZATIONS / kind / "health.lua"
        assert data[f"resource.customizations.health.leeboard.dev_{kind}"] == health.read_text(encoding="utf-8")
    for kind, actions in ANNOTATIONS.items():
        given = yaml.safe_load(data[f"resource.customizations.actions.leeboard.dev_{kind}"])
        assert given["discovery.lua"] == script(kind, "discovery.lua")
        assert {one["name"]: one["action.lua"] for one in given["definitions"]} == {
            action: script(kind, f"{action}/action.lua") for action in actions
        }
