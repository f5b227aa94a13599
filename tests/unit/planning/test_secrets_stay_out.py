"""What others' words may hold reaches no status and no Event: words of Kubernetes, of scripts, of the API server."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from leeboard.engine.executor import refusal_event
from leeboard.kube.errors import Forbidden, Invalid
from tests.support.kubelet_states import STATES
from tests.support.model_world import World as ModelWorld
from tests.support.training_world import World, container_ended

NOW = datetime(2026, 3, 2, tzinfo=UTC)
SECRETS = st.text(alphabet="ABCDEFGHJKLMNPQRSTUVWXYZ+/=!", min_size=12, max_size=40)
QUOTING = [state for state in STATES if "{quoted}" in json.dumps(state.pod)]


def told_by(world: World | ModelWorld, plan: Any) -> str:
    """Everything that a plan writes and tells."""
    return json.dumps(
        [plan.status, [event.message for event in plan.events], world.job if isinstance(world, World) else 0]
    )


@settings(max_examples=3, deadline=None, derandomize=True)
@given(secret=SECRETS)
def test_a_run_passes_on_nothing_that_is_quoted_to_it(secret: str) -> None:
    for state in QUOTING:
        world = World()
        world.settle()
        status = state.status("train", secret)
        world.pod(world.run.job, [], **status)
        if status["phase"] == "Failed":
            world.end_job(world.run.job, "BackoffLimitExceeded")
        for _ in range(3):
            assert secret not in told_by(world, world.reconcile())
            world.pass_time(minutes=3)


@settings(max_examples=10, deadline=None, derandomize=True)
@given(
    secret=SECRETS,
    container=st.sampled_from(["train", "fetch", "publish"]),
    code=st.sampled_from([1, 2, 64, 65, 66, 69, 77, 78, 137, 143]),
    form=st.sampled_from(
        ["{}", "Traceback: {}", '{{"reason": "{}"}}', '{{"contract": 1, "reason": "Nonsense", "message": "{}"}}']
    ),
)
def test_the_end_of_a_log_stays_in_the_log(secret: str, container: str, code: int, form: str) -> None:
    world = World()
    world.settle()
    world.pod(world.run.job, [container_ended(container, code, form.format(secret))], failed=True)
    world.end_job(world.run.job, "PodFailurePolicy")
    for _ in range(3):
        assert secret not in told_by(world, world.reconcile())
    assert world.run.phase in ("Failed", "NoNewData")


@settings(max_examples=10, deadline=None, derandomize=True)
@given(secret=SECRETS, reason=st.sampled_from(["ScriptFailed", "BadData", "StorageForbidden", "ResultMissing"]))
def test_a_script_that_writes_a_message_of_ours_is_believed_its_reason_only(secret: str, reason: str) -> None:
    world = World()
    world.settle()
    said = {"contract": 1, "run": world.run.id, "reason": reason, "message": secret}
    world.end(world.run.job, {"train": (1, said)}, failed="PodFailurePolicy")
    for _ in range(3):
        assert secret not in told_by(world, world.reconcile())
    assert world.run.reason == reason


def test_a_model_passes_on_nothing_that_is_quoted_to_it() -> None:
    secret = "QUOTED+WORDS="
    for state in QUOTING:
        world = ModelWorld()
        world.add_version("v1")
        world.slow = {"v1"}
        world.problems["v1"] = state.status("server", secret)
        for _ in range(4):
            assert secret not in told_by(world, world.reconcile())
            world.kubelet()
            world.now += timedelta(minutes=5)
        assert secret not in json.dumps(world.model)


@settings(max_examples=50, deadline=None, derandomize=True)
@given(secret=SECRETS, where=st.integers(0, 3))
def test_what_the_api_server_quotes_of_an_object_is_not_passed_on(secret: str, where: int) -> None:
    quoted = json.dumps(secret)
    texts = (
        f'Job.batch "j" is invalid: spec.template.spec.containers[0].env[2].value: Invalid value: {quoted}: must fit',
        f'admission webhook "scan.example.org" denied the request: env holds {secret}',
        f"ValidatingAdmissionPolicy 'images' with binding 'b' denied request: {secret} is no registry",
        f'jobs.batch is forbidden: User "{secret}" cannot create resource',
    )
    error = (Invalid if where < 3 else Forbidden)(texts[where], status=422)
    child = {"kind": "Job", "metadata": {"name": "j"}}
    event = refusal_event([(child, error)])
    assert event is not None
    assert secret not in event.message
    assert event.message.startswith("Job j: ") and len(event.message) <= 1024
