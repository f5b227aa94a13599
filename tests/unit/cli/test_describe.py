"""Pages of `leeboard describe`, and which object a name stands for."""

from typing import Any

import pytest

from leeboard.api.drift_monitor import DriftMonitor
from leeboard.cli.describe.command import page_of
from leeboard.cli.describe.monitors import facts
from leeboard.cli.describe.page import document, draw
from leeboard.cli.errors import CommandError
from leeboard.cli.which import meant, version_of
from tests.support.examples import Document, put
from tests.unit.cli import registry
from tests.unit.cli.screen import expected, plain

NOW = registry.NOW


def event(reason: str, note: str, *, uid: str = "m-uid", count: int = 1, ago: float = 5) -> Document:
    """An Event about an object, as the operator writes it."""
    series = {"series": {"count": count, "lastObservedTime": registry.ago(minutes=ago)}} if count > 1 else {}
    return {
        "metadata": {"name": f"{reason}.1", "creationTimestamp": registry.ago(minutes=60)},
        "eventTime": registry.ago(minutes=ago),
        "type": "Warning" if reason == "RolledBack" else "Normal",
        "reason": reason,
        "note": note,
        "regarding": {"kind": "Model", "name": "late-flights", "uid": uid},
        **series,
    }


def deployment(version: str, ready: int) -> Document:
    return {
        "kind": "Deployment",
        "metadata": {
            "name": version,
            "uid": f"{version}-deployment",
            "creationTimestamp": registry.ago(hours=2),
            "labels": {"leeboard.dev/version": version},
        },
        "spec": {"replicas": 2},
        "status": {"readyReplicas": ready},
    }


def page(*words: str, made: Any = (), told: Any = (), **changed: Any) -> Any:
    objects = registry.objects(**changed)
    return page_of(meant(words, objects, "ml"), objects, list(made), list(told), now=NOW)


def stalled_model() -> Document:
    model = registry.model()
    model["status"]["conditions"].append(
        {
            "type": "Stalled",
            "status": "True",
            "reason": "OOMKilled",
            "message": "the container server was killed — raise resources.limits.memory",
            "lastTransitionTime": registry.ago(minutes=7),
        }
    )
    return model


@pytest.mark.parametrize("width", [80, 120])
def test_a_model_on_one_screen(width: int) -> None:
    made = [deployment(registry.NEXT, 1), deployment(registry.THIRD, 2)]
    told = [
        event("CanaryStarted", f"{registry.NEXT} is asked to take 33 % of the requests, stage 1", count=3),
        event("RolledBack", "somebody else's", uid="other"),
    ]
    lines = plain(draw(page("late-flights", made=made, told=told, models=[stalled_model()]), NOW, width))
    assert lines == expected(f"describe-{width}")
    assert max(map(len, lines.splitlines())) <= width


def test_every_kind_has_a_page_and_a_document() -> None:
    for words, kind in (
        (("version", registry.THIRD), "ModelVersion"),
        (("run", "5a3e91c07d"), "run"),
        (("tj", "late-flights"), "TrainingJob"),
        (("monitor", "late-flights"), "DriftMonitor"),
    ):
        shown = page(*words)
        assert document(shown)["kind"] == kind and document(shown)["facts"]
        assert all(len(line.plain) <= 80 for line in draw(shown, NOW, 80))


def test_advice_stands_beside_what_is_wrong_only() -> None:
    conditions = {one["type"]: one for one in document(page("late-flights", models=[stalled_model()]))["conditions"]}
    assert conditions["Stalled"]["hint"] == "raise resources.limits.memory"
    assert conditions["Ready"]["hint"] == ""


def test_an_imported_version_is_shown_as_unverified() -> None:
    imported = registry.version(
        "by-hand", registry.ago(days=1), source={"import": {"reason": "from a notebook"}}, code=None, cause=None
    )
    facts = {one["label"]: one["text"] for one in document(page("by-hand", versions=[imported]))["facts"]}
    assert facts["verified"].startswith("no: imported") and facts["imported"] == "from a notebook"


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        (["late-flights"], "Model"),
        (["model/late-flights"], "Model"),
        (["dm", "late-flights"], "DriftMonitor"),
        (["tj/late-flights"], "TrainingJob"),
        ([registry.FIRST], "ModelVersion"),
        ([f"late-flights/{registry.FIRST}"], "ModelVersion"),
        (["late-flights/b8d2905e4c"], "ModelVersion"),
        (["run/0d4e55aa10"], "TrainingJob"),
        (["0d4e55aa10"], "TrainingJob"),
    ],
)
def test_what_a_name_stands_for(words: list[str], kind: str) -> None:
    assert meant(words, registry.objects(), "ml").object.kind == kind


@pytest.mark.parametrize(
    ("words", "said", "hint"),
    [
        (["late-flihgts"], "no Model or version or run", "did you mean late-flights"),
        (["model", "late-trains"], "there is no Model late-trains in namespace ml", "did you mean late-flights?"),
        (["run", "zzz"], "there is no run zzz", "there are: 0d4e55aa10"),
        (["late-flights/nothing"], "there is no version late-flights/nothing", ""),
        (["pods", "x"], "pods is none of", ""),
        (["a", "b", "c"], "is neither", ""),
    ],
)
def test_a_name_that_stands_for_nothing(words: list[str], said: str, hint: str) -> None:
    with pytest.raises(CommandError) as refused:
        meant(words, registry.objects(), "ml")
    assert said in refused.value.message and hint in refused.value.hint


def test_versions_of_other_models_are_not_meant() -> None:
    with pytest.raises(CommandError):
        version_of(f"other/{registry.FIRST}", registry.objects(), "ml")


def test_no_event_no_child_no_section() -> None:
    bare = put(registry.model(), "status.conditions", [])
    text = plain(draw(page("late-flights", models=[bare]), NOW, 80))
    assert "conditions" not in text and "events" not in text and "children" not in text


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({}, "not told yet"),
        ({"firedAt": registry.ago(minutes=9)}, "told of it 9m ago"),
        ({"firedAt": registry.ago(minutes=9), "resolvedAt": registry.ago(minutes=3)}, "told of its end 3m ago"),
        (
            {"attempts": 3, "reason": "WebhookFailed", "message": "HTTP status 503"},
            "3 attempts failed, WebhookFailed: HTTP status 503",
        ),
    ],
)
def test_what_a_webhook_was_told(told: Document, said: str) -> None:
    monitor = registry.monitor()
    delivery = {
        "secret": "pager",
        "format": "Webhook",
        "episode": "e1",
        "version": "v1",
        "startedAt": registry.ago(days=1),
    }
    monitor["status"]["deliveries"] = [delivery | told]
    found = dict(facts(DriftMonitor.parse(monitor), NOW))
    assert found["webhook"] == f"pager (Webhook), episode e1: {said}"
