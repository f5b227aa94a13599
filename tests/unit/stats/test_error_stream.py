"""Errors that changed are found with their place; errors that did not are left alone."""

import numpy as np
import pytest

from leeboard.stats.error_stream import errors_of, newest_change


def answers(rows, wrong, seed=1):
    """Labels and scores that are off by one with that chance."""
    generator = np.random.default_rng(seed)
    truth = generator.integers(0, 2, rows).astype(float)
    return truth, np.where(generator.random(rows) < wrong, 1 - truth, truth)


def test_a_rise_is_found_near_its_place():
    parts = [answers(2000, 0.1, 1), answers(1000, 0.3, 2)]
    truth, scores = (np.concatenate(both) for both in zip(*parts, strict=True))
    found = newest_change(errors_of("BinaryClassification", truth, scores), 1e-4)
    assert found is not None
    assert found.place == pytest.approx(2000, abs=150)
    assert found.before == pytest.approx(0.1, abs=0.03)
    assert found.after == pytest.approx(0.3, abs=0.03)


def test_of_two_changes_the_newest_is_told():
    parts = [answers(1500, 0.1, 1), answers(1500, 0.5, 2), answers(1500, 0.1, 3)]
    truth, scores = (np.concatenate(both) for both in zip(*parts, strict=True))
    found = newest_change(errors_of("BinaryClassification", truth, scores), 1e-4)
    assert found is not None
    assert found.place == pytest.approx(3000, abs=150)
    assert found.after < found.before


def test_no_change_is_found_where_there_is_none():
    alarms = [newest_change(errors_of("BinaryClassification", *answers(3000, 0.2, seed)), 1e-3) for seed in range(40)]
    assert [one for one in alarms if one is not None] == []
    assert newest_change(np.empty(0), 1e-3) is None


def test_errors_lie_between_0_and_1():
    truth = np.array([1.0, 0.0, 5.0, 2.0])
    assert errors_of("BinaryClassification", truth[:2], np.array([0.7, 0.2])).tolist() == pytest.approx([0.3, 0.2])
    generator = np.random.default_rng(4)
    off = errors_of("Regression", np.zeros(1000), generator.normal(0, 50, 1000))
    assert off.min() >= 0
    assert off.max() == 1
    assert np.median(off) == pytest.approx(0.26, abs=0.05)
    assert errors_of("Regression", np.ones(5), np.ones(5)).tolist() == [0.0] * 5
    assert errors_of("Regression", np.empty(0), np.empty(0)).tolist() == []


def test_what_is_no_number_is_refused():
    with pytest.raises(ValueError, match="no error"):
        newest_change(np.array([0.1, np.nan]), 1e-3)
