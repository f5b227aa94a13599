"""Restored versions: what was rolled back elsewhere serves at no moment, and approvals given there do not count."""

from typing import Any

import pytest

from leeboard.planning.rollout.moves import QUARANTINE_LIMIT
from tests.support.restoring_world import OUT, RESTORED, UNKNOWN, RestoringWorld

APPROVED = {"approvals": [{"by": "ann", "at": "2026-02-19T08:00:00Z"}]}
SERVED = {"championSince": "2026-02-19T09:00:00Z"}
APPROVAL: dict[str, Any] = {"promotion": {"policy": "Approval", "gates": []}}


def serving(**spec: Any) -> RestoringWorld:
    world = RestoringWorld(**spec)
    world.add_version("v1")
    world.versions["v1"]["metadata"]["annotations"] = {"leeboard.dev/approved-by": "ann"}
    world.mark()
    world.settle()
    assert world.status["champion"]["name"] == "v1"
    return world


@pytest.mark.parametrize("past", [OUT, UNKNOWN])
def test_what_was_rolled_back_elsewhere_is_shut_out_before_it_is_judged(past: dict[str, Any]) -> None:
    world = serving()
    world.restore("v2", {"rolledBack": past})
    assert world.version_status("v2") == {}  # nobody may serve it, nor ask for another rollout
    world.settle()
    assert world.shut_out() == ["v2"]
    assert world.version_status("v2")["rolledBack"] == past
    assert world.version_status("v2")["restored"]["rolledBack"] == past
    world.wait(minutes=30)
    assert world.status["champion"]["name"] == "v1" and "candidate" not in world.status
    assert world.served() == {"v1"}
    reason = "PastUnknown" if past is UNKNOWN else "RolledBack"
    assert world.condition("Stalled")["reason"] == reason and past["message"] in world.condition("Stalled")["message"]


def test_a_command_gives_it_another_rollout_once_it_is_judged_and_its_past_does_not_come_back() -> None:
    world = serving()
    world.restore("v2", {"rolledBack": OUT}, judged=False)
    world.annotate(retry="too-early")
    world.reconcile()
    assert world.status["commands"]["answer"]["accepted"] is False
    world.settle()
    world.annotate(retry="later")
    world.settle()
    assert (world.shut_out(), world.status["candidate"]["name"]) == ([], "v2")
    world.annotate(promote="1")
    world.settle()
    world.wait(minutes=5)
    assert world.status["champion"]["name"] == "v2" and world.shut_out() == []
    assert "rolledBack" not in world.version_status("v2")


def test_a_retry_in_the_moment_between_is_refused_rather_than_lost() -> None:
    world = serving()
    world.restore("v2", {"rolledBack": OUT}, judged=False)
    world.judging = False
    world.reconcile()
    assert world.shut_out() == ["v2"]
    world.annotate(retry="1")
    world.reconcile()
    assert world.shut_out() == ["v2"] and not world.status["commands"]["answer"]["accepted"]
    world.judging = True
    world.mark()
    assert world.version_status("v2")["phase"] == "Accepted"


@pytest.mark.parametrize("text", ["", "{", '{"rolledBack": {"reason": "x"}}', '{"approvals": [{"by": ""}]}', "[]"])
def test_a_past_that_cannot_be_read_shuts_out(text: str) -> None:
    world = serving()
    world.restore("v2", text)
    world.settle()
    assert world.shut_out() == ["v2"] and world.status["quarantined"][0]["reason"] == "PastUnknown"
    assert RESTORED in world.status["quarantined"][0]["message"]


def test_an_approval_elsewhere_is_shown_and_does_not_count() -> None:
    world = serving(**APPROVAL)
    world.restore("v2", APPROVED)
    world.settle()
    assert world.version_status("v2")["restored"] == APPROVED
    assert (world.version_status("v2")["phase"], world.version_status("v2")["approvedBy"]) == ("AwaitingApproval", "")
    assert "candidate" not in world.status
    world.versions["v2"]["metadata"]["annotations"]["leeboard.dev/approved-by"] = "bob"
    world.mark()
    world.settle()
    assert world.version_status("v2")["approvedBy"] == "bob" and world.status["candidate"]["name"] == "v2"
    assert world.version_status("v2")["restored"] == APPROVED


def test_an_empty_model_serves_what_served_last_elsewhere_and_then_rolls_out_what_was_under_way() -> None:
    world = RestoringWorld()
    world.restore("v1", SERVED, judged=False)
    world.restore("v2", {"rolledBack": OUT}, judged=False)
    world.add_version("v3")
    world.judging = False
    world.reconcile()
    world.reconcile()
    assert "candidate" not in world.status, "v3 was judged first, and what served last was not"
    world.judging = True
    world.mark()
    world.settle()
    world.settle()
    assert world.status["champion"]["name"] == "v1" and world.shut_out() == ["v2"]
    assert world.version_status("v1")["championSince"] >= SERVED["championSince"]
    assert world.status["candidate"]["name"] == "v3"


def test_where_a_version_served_elsewhere_bears_on_no_model_that_has_a_champion() -> None:
    world = serving()
    world.restore("v2", {"championSince": "2026-03-09T00:00:00Z"})
    assert "championSince" not in world.version_status("v2")
    assert world.version_status("v2")["restored"]["championSince"] == "2026-03-09T00:00:00Z"


def test_where_nothing_is_known_to_have_served_nothing_serves_until_somebody_says() -> None:
    world = RestoringWorld()
    world.restore("v1", {"rolledBack": UNKNOWN})
    world.settle()
    assert "champion" not in world.status and world.condition("Ready")["status"] == "False"
    assert world.condition("Stalled")["reason"] == "PastUnknown"
    assert "leeboard retry rollout" in world.condition("Stalled")["message"]
    world.annotate(retry="1")
    world.settle()
    assert world.status["champion"]["name"] == "v1"


def test_without_a_model_a_past_waits_for_one() -> None:
    world = serving()
    world.restore("v2", {"rolledBack": OUT}, judged=False)
    world.judge_without_a_model("v2")
    status = world.version_status("v2")
    assert (status["phase"], status.get("restored"), status.get("rolledBack")) == ("Registered", None, None)
    world.settle()
    assert world.shut_out() == ["v2"] and world.served() == {"v1"}


def test_more_than_can_be_remembered_stay_unjudged() -> None:
    world = serving(versions={"retain": 100})
    for number in range(QUARANTINE_LIMIT + 3):
        day = f"2026-01-{number % 28 + 1:02}T00:00:{number:02}Z"
        world.restore(f"r{number:02}", {"rolledBack": OUT | {"at": day}}, judged=False)
    world.settle()
    assert len(world.shut_out()) == QUARANTINE_LIMIT
    unjudged = [name for name in world.versions if not world.version_status(name)]
    assert len(unjudged) == 3 and not set(unjudged) & set(world.shut_out())
    world.wait(minutes=5)
    assert world.served() == {"v1"} and "candidate" not in world.status
