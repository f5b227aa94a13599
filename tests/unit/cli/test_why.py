"""The timelines of `leeboard why`: order, references, and what is no longer known."""

from typing import Any

import pytest

from leeboard.api.model_version import ModelVersion
from leeboard.cli.errors import CommandError
from leeboard.cli.which import meant
from leeboard.cli.why.command import document, draw, sources_of
from leeboard.cli.why.story import story
from leeboard.cli.why.timeline import Entry, ordered
from tests.support.examples import Document
from tests.unit.cli import registry
from tests.unit.cli.screen import expected, plain
from tests.unit.cli.test_describe import event


def told(*words: str, events: Any = (), jobs: Any = (), **changed: Any) -> Any:
    raws, objects = registry.raws(**changed), registry.objects(**changed)
    sources = sources_of(objects, raws[ModelVersion], list(jobs), list(events))
    return story(meant(words, objects, "ml", ("model", "version", "run")), sources)


def approved() -> list[Document]:
    """The registry with a champion that somebody approved, and whose gates say when."""
    versions = registry.versions()
    third = versions[registry.THIRD]
    third["status"] |= {
        "approvedBy": "ann",
        "conditions": [
            {"type": "GatesPassed", "status": "True", "reason": "Accepted", "lastTransitionTime": registry.ago(hours=3)}
        ],
    }
    fields = {"f:metadata": {"f:annotations": {"f:leeboard.dev/approved-by": {}}}}
    third["metadata"]["managedFields"] = [{"time": registry.ago(minutes=150), "fieldsV1": fields}]
    return list(versions.values())


def steps(whole: Any) -> list[str]:
    return [one.step for one in whole.entries]


def test_a_version_from_its_cause_to_its_place() -> None:
    whole = told("version", registry.THIRD, versions=approved())
    assert steps(whole) == ["cause", "run", "evaluation", "registered", "gate", "approval", "champion"]
    moments = [one.at for one in whole.entries]
    assert all(moments) and moments == sorted(moments)
    references = {(one.kind, one.id) for entry in whole.entries for one in entry.references}
    assert {("DriftMonitor", "dm-uid"), ("Model", "m-uid"), ("ModelVersion", f"{registry.THIRD}-uid")} <= references
    assert ("artefact", registry.digest("5a3e91c07d")) in references


@pytest.mark.parametrize("width", [80, 120])
def test_the_screen(width: int) -> None:
    told_of = [event("CanaryStarted", f"{registry.NEXT} is asked to take 33 % of the requests, stage 1", ago=10)]
    lines = plain(draw(told("late-flights", events=told_of, versions=approved()), width))
    assert lines == expected(f"why-{width}")
    assert max(map(len, lines.splitlines())) <= width


def test_events_tell_of_the_stages_and_without_them_it_is_said_that_they_are_gone() -> None:
    of_third = [event("Promoted", f"{registry.THIRD} serves instead of {registry.SECOND}", ago=119)]
    whole = told("version", registry.THIRD, events=of_third)
    assert "rollout" in steps(whole) and not any("stages" in one for one in whole.unknown)
    assert any("stages of finished rollouts" in one for one in told("version", registry.THIRD).unknown)


def test_a_version_that_was_rolled_back_says_why_and_what_nobody_remembers() -> None:
    whole = told(registry.ROLLED_BACK)
    assert whole.entries[-1].reason == "ErrorRateTooHigh"
    assert any("20 newest runs" in one for one in whole.unknown)
    assert "when: Manual" in whole.unknown


def test_a_run_that_came_to_nothing() -> None:
    whole = told("run", "0d4e55aa10")
    assert (whole.kind, steps(whole)) == ("run", ["cause", "run", "evaluation"])
    assert whole.entries[-1].reason == "BadData"


def test_a_run_with_a_version_tells_the_versions_story() -> None:
    assert "champion" in steps(told("run", "5a3e91c07d"))


def test_the_document_says_all_of_it() -> None:
    written = document(told("late-flights", versions=approved()))
    assert {one["step"] for one in written["timeline"]} >= {
        "cause",
        "run",
        "registered",
        "gate",
        "approval",
        "champion",
    }
    assert all(one["source"] for one in written["timeline"])
    assert {one["about"] for one in written["timeline"]} >= {"", registry.THIRD, registry.NEXT}


def test_why_is_not_asked_of_a_monitor_or_of_nothing() -> None:
    with pytest.raises(CommandError, match="there is no Model or version or run nothing-there"):
        told("nothing-there")


def test_an_entry_without_a_time_stands_before_what_came_after_it() -> None:
    later = Entry("champion", registry.NOW, "champion")
    unknown, unknown_end = Entry("gate", None, "gates"), Entry("end", None, "end")
    assert ordered([unknown_end, later, unknown]) == [unknown, later, unknown_end]
