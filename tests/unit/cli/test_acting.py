"""The commands that ask the operator for something: what is written, what is answered, and what is refused before."""

from datetime import timedelta
from typing import Any

import pytest

from leeboard.api.model import Model
from leeboard.api.model_status import ModelStatus
from leeboard.api.training_job import TrainingJob, TrainingJobStatus
from leeboard.cli.acting.asking import Request, answer_of, document, new_id
from leeboard.cli.acting.foreseen import foreseen
from leeboard.cli.training.exits import MEANINGS, exit_status
from leeboard.cli.training.following import Followed
from leeboard.cli.training.outcome import document as outcome_document
from leeboard.cli.training.outcome import lines
from tests.support.examples import Document, put
from tests.unit.cli import registry
from tests.unit.cli.screen import plain

PROMOTE = "leeboard.dev/promote"


def request(verb: str, annotation: str, value: str, kind: Any = Model) -> Request:
    return Request(verb, kind, "late-flights", annotation, value)


def status(**commands: Any) -> ModelStatus:
    return Model.parse(put(registry.model(), "status.commands", commands)).status


def said(verb: str, value: str, *, accepted: bool = True) -> Document:
    return {"command": verb, "id": value, "accepted": accepted, "message": "because", "at": registry.ago(minutes=1)}


def test_no_two_ids_are_alike_and_they_tell_when() -> None:
    ids = {new_id(registry.NOW) for _ in range(100)}
    assert len(ids) == 100 and all(one.startswith("20260302T120000Z-") for one in ids)


@pytest.mark.parametrize(
    ("commands", "accepted"),
    [
        ({}, None),
        ({"promote": "old", "answer": said("promote", "old")}, None),
        ({"promote": "mine", "answer": said("promote", "mine")}, True),
        ({"promote": "mine", "answer": said("promote", "mine", accepted=False)}, False),
        ({"promote": "mine", "answer": said("abort", "later")}, True),
    ],
)
def test_an_answer_is_that_to_ones_own_command(commands: Document, accepted: bool | None) -> None:
    answer = answer_of(status(**commands), request("promote", PROMOTE, "mine"))
    assert (answer.accepted if answer is not None else None) is accepted


@pytest.mark.parametrize(("held", "value", "answered"), [(True, "true", True), (True, "false", False)])
def test_an_answer_to_pause(held: bool, value: str, answered: bool) -> None:
    asked = request("pause" if value == "true" else "resume", "leeboard.dev/pause", value)
    assert (answer_of(status(pause=held), asked) is not None) is answered


def test_an_answer_to_a_training_command() -> None:
    document = put(registry.training_job(), "status.lastTrainCommand", "mine")
    document["status"]["answer"] = said("train", "mine") | {"subject": "0a1b"}
    found = answer_of(TrainingJob.parse(document).status, request("train", "leeboard.dev/train", "mine", TrainingJob))
    assert found is not None and found.subject == "0a1b"
    nothing: TrainingJobStatus = TrainingJob.parse(registry.training_job()).status
    assert answer_of(nothing, request("retry", "leeboard.dev/retry", "mine", TrainingJob)) is None


@pytest.mark.parametrize(
    ("verb", "value", "accepted", "about"),
    [
        ("promote", "1", True, registry.NEXT),
        ("abort", "1", True, registry.NEXT),
        ("rollback", "1", True, registry.SECOND),
        ("rollback", f"{registry.FIRST}/1", True, registry.FIRST),
        ("rollback", f"{registry.THIRD}/1", False, "serves"),
        ("rollback", f"{registry.ROLLED_BACK}/1", False, "was rolled back (ErrorRateTooHigh)"),
        ("retry", "1", False, "would not be rolled out"),
        ("retry", f"{registry.FIRST}/1", False, "was not rolled back"),
    ],
)
def test_what_the_operator_would_say_is_known_before(verb: str, value: str, accepted: bool, about: str) -> None:
    objects = registry.objects()
    answer = foreseen(objects.models[0], objects.versions, f"leeboard.dev/{verb}", value, registry.NOW)
    assert answer is not None and answer.accepted is accepted
    assert about in (answer.subject if accepted else answer.message)


def test_the_document_of_a_command() -> None:
    asked = request("promote", PROMOTE, "mine")
    waiting = document("ml", asked, None)
    assert (waiting["accepted"], waiting["id"], waiting["kind"]) == (None, "mine", "Model")
    answered = document("ml", asked, answer_of(status(answer=said("promote", "mine")), asked))
    assert (answered["accepted"], answered["message"], answered["at"]) == (True, "because", registry.ago(minutes=1))


def followed(phase: str, version_phase: str | None) -> Followed:
    job = registry.training_job()
    job["status"]["runs"][2] |= {"phase": phase, "message": "", "reason": phase}
    run = TrainingJob.parse(job).status.runs[2]
    objects = registry.objects(versions=[put(registry.versions()[registry.THIRD], "status.phase", version_phase or "")])
    version = objects.versions[0] if version_phase is not None else None
    return Followed(run, version, exit_status(run, version))


@pytest.mark.parametrize(
    ("phase", "version_phase", "expected"),
    [
        ("Pending", None, None),
        ("Evaluating", None, None),
        ("Failed", None, 1),
        ("NoNewData", None, 1),
        ("Succeeded", None, None),
        ("Succeeded", "", None),
        ("Succeeded", "Registered", None),
        ("Succeeded", "Accepted", 0),
        ("Succeeded", "AwaitingApproval", 0),
        ("Succeeded", "Rejected", 3),
    ],
)
def test_exit_statuses_of_a_run(phase: str, version_phase: str | None, expected: int | None) -> None:
    assert followed(phase, version_phase).status == expected
    assert expected is None or expected in dict(MEANINGS)


def test_what_came_of_a_run() -> None:
    text = plain(lines(followed("Succeeded", "Accepted"), 80))
    assert f"version {registry.THIRD}: Accepted" in text and "gate passed Threshold roc_auc" in text
    assert "roc_auc" in text and "0.731 [0.722, 0.740]" in text
    written = outcome_document("ml", "late-flights", followed("Succeeded", "Rejected"))
    assert (written["exitStatus"], written["version"]["phase"], written["run"]["id"]) == (3, "Rejected", "5a3e91c07d")
    assert outcome_document("ml", "late-flights", followed("Failed", None))["version"] is None


def test_the_time_that_a_stage_takes() -> None:
    from leeboard.cli.progress import samples, time_left

    began = registry.ago(minutes=4)
    model = put(
        put(registry.model(), "status.candidate.stepStartedAt", began), "status.candidate.canaryStartedAt", began
    )
    counts = [
        {"name": registry.NEXT, "requests": 1234, "errors": 0},
        {"name": registry.THIRD, "requests": 3, "errors": 0},
    ]
    model["status"]["evaluation"] = {
        "observedAt": registry.ago(minutes=1),
        "candidate": registry.NEXT,
        "champion": registry.THIRD,
        "versions": counts,
    }
    parsed = Model.parse(model)
    assert parsed.status.candidate is not None
    assert time_left(parsed, parsed.status.candidate, registry.NOW) == "6m left"
    assert time_left(parsed, parsed.status.candidate, registry.NOW + timedelta(minutes=7)) == "time is over"
    assert samples(parsed, parsed.status.candidate) == "1,234/500"


def test_a_promote_given_in_staging_is_about_staging_alone() -> None:
    from leeboard.cli.acting.rollouts import _only

    parsed = Model.parse(put(registry.model(), "status.candidate.phase", "Staged"))
    assert (_only(parsed, "promote"), _only(parsed, "abort")) == ("staged", "")
    assert _only(Model.parse(registry.model()), "promote") == ""


def test_the_time_that_a_staging_still_takes() -> None:
    from leeboard.cli.progress import time_left

    document = put(registry.model(), "spec.rollout.staging", {"duration": "1h"})
    document["status"]["candidate"] |= {"phase": "Staged", "stepStartedAt": registry.ago(minutes=10)}
    parsed = Model.parse(document)
    assert parsed.status.candidate is not None
    assert time_left(parsed, parsed.status.candidate, registry.NOW) == "50m left"
    held = Model.parse(put(document, "status.candidate.reason", "AwaitingPromotion")).status.candidate
    assert held is not None and time_left(parsed, held, registry.NOW) == "held"
