"""A kill at any moment leads to the same end."""

from __future__ import annotations

import pytest

from tests.simulation import (
    stories_of_ab_tests,
    stories_of_bandits,
    stories_of_challengers,
    stories_of_drift,
    stories_of_edits,
    stories_of_gateways,
    stories_of_models,
    stories_of_restores,
    stories_of_runs,
)
from tests.support.simulation.crashing import play, replay
from tests.support.simulation.story import Story

STORIES = [
    *stories_of_models.STORIES,
    *stories_of_ab_tests.STORIES,
    *stories_of_bandits.STORIES,
    *stories_of_edits.STORIES,
    *stories_of_challengers.STORIES,
    *stories_of_restores.STORIES,
    *stories_of_runs.STORIES,
    *stories_of_drift.STORIES,
    *stories_of_gateways.STORIES,
]


@pytest.mark.parametrize("story", STORIES, ids=str)
def test_a_kill_before_or_after_any_call_leads_to_the_same_end(story: Story, workers: int) -> None:
    played = play(story, workers)
    assert len(played.kills) >= 4
    for kill in played.kills:
        try:
            replay(played, kill)
        except AssertionError as error:
            step = played.story.steps[kill.step].text
            raise AssertionError(f"killed {kill.call}, when {step!r}: {error}") from error
