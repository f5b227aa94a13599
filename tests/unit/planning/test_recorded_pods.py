"""What a real kubelet and scheduler wrote of pods that do not work, read by the planners; no node is needed for it."""

import pytest

from e2e.scenarios.failing_pod_catalogue import SAID, catalogue
from leeboard.api.reasons import Reason, hint
from leeboard.planning.pod_problems import Problem
from leeboard.planning.problem_report import report
from leeboard.planning.serving.problems import problems_of
from leeboard.planning.training.problems import problems_of as problems_of_run
from tests.support.recorded import RECORDED, Recorded


def problems(recorded: Recorded) -> tuple[Problem, ...]:
    """What the planner finds that looks at such pods."""
    if recorded.serves:
        return problems_of([recorded.pod], "v1", recorded.at, recorded.warnings)
    return problems_of_run([recorded.pod], Reason.SCRIPT_FAILED, recorded.at, recorded.warnings)


@pytest.mark.parametrize("recorded", RECORDED, ids=lambda one: one.title)
def test_it_is_told_by_reason_fact_and_hint_and_by_no_word_of_the_program(recorded: Recorded) -> None:
    found = problems(recorded)
    assert recorded.reason in [one.reason for one in found]
    text = report(found, 1)
    assert recorded.fact in text
    assert hint(recorded.reason) in text
    assert SAID not in text


def test_every_failing_pod_was_recorded() -> None:
    assert {one.title for one in RECORDED} == {one.title for one in catalogue("image", "repository")}


def test_programs_did_say_what_must_not_be_passed_on() -> None:
    """Else that it is not passed on would show nothing."""
    assert sum(SAID in str(one.pod) for one in RECORDED) >= 8


def test_of_all_of_them_at_once_every_kind_is_told() -> None:
    """None hides another one: not the first pod counts, but all."""
    for serves in (True, False):
        some = [one for one in RECORDED if one.serves == serves]
        pods, last = [one.pod for one in some], max(one.at for one in some)
        warnings = {uid: events for one in some for uid, events in one.warnings.items()}
        found = (
            problems_of(pods, "v1", last, warnings)
            if serves
            else problems_of_run(pods, Reason.SCRIPT_FAILED, last, warnings)
        )
        assert {one.reason for one in some} <= {one.reason for one in found}
        assert {one.pod["metadata"]["name"] for one in some} == {one.pod for one in found}
