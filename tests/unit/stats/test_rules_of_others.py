"""The table of docs/explanation/sequential-tests.md: how often rules of other tools are wrong, computed exactly."""

import math
import re
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binom

from leeboard.stats.sequential_blocks import evidence_path
from tests.support.block_streams import blocks, constant

PAGE = Path("docs/explanation/sequential-tests.md")


def argo(success, requests, *, least=0.95, looks=8, failure_limit=0):
    """The chance that more than `failure_limit` of the looks see a share of successes below `least`."""
    allowed = math.floor(requests * (1 - least) + 1e-9)
    failed = binom.sf(allowed, requests, 1 - success)
    return float(binom.sf(failure_limit, looks, failed))


def flagger(success, requests, *, least=0.99, threshold=10, steps=10):
    """The chance of `threshold` failed checks before `steps` passed ones: every check moves one of both counters."""
    allowed = math.floor(requests * (1 - least) + 1e-9)
    failed = binom.sf(allowed, requests, 1 - success)
    return float(binom.sf(threshold - 1, threshold + steps - 1, failed))


def leeboard(success, requests, *, champion=0.98, margin=0.01, looks=8, alpha=0.05, streams=400):
    """The share of simulated rollouts that are aborted within so many looks at so many requests to the candidate."""
    generator, aborted = np.random.default_rng(1), 0
    rates = {"share": constant(0.1), "rate_a": constant(1 - success), "rate_b": constant(1 - champion)}
    for _ in range(streams):
        aborted += max(evidence_path(blocks(generator, looks, 10 * requests, **rates), margin)) >= 2 / alpha
    return aborted / streams


def rows():
    """The figures in percent of the page's table: rule, share of successes, requests a look, aborted."""
    found = re.findall(r"^\| (.+?) \| ([\d.]+) % \| ([\d,]+) \| ([\d.]+) % \|", PAGE.read_text(), re.MULTILINE)
    return [
        (rule, float(success) / 100, int(requests.replace(",", "")), float(chance) / 100)
        for rule, success, requests, chance in found
    ]


RULES = {
    "Argo Rollouts, `successCondition: result >= 0.95`, `failureLimit: 0`": argo,
    "Argo Rollouts, the same with `failureLimit: 3`": lambda *one: argo(*one, failure_limit=3),
    "Flagger, `min: 99`, `threshold: 10`, ten steps": flagger,
    "Leeboard, `ErrorRate`, `margin: 0.01`, `alpha: 0.05`": leeboard,
}


@pytest.mark.parametrize(("rule", "success", "requests", "chance"), rows())
def test_the_page_has_the_figures(rule, success, requests, chance):
    assert RULES[rule](success, requests) == pytest.approx(chance, abs=0.006)


def test_the_page_has_all_rules():
    assert {rule for rule, *_ in rows()} == set(RULES)
