"""Rollout: how traffic moves to a new version, and what decides it."""

from typing import Literal

from leeboard.api.ab_test import ABTest
from leeboard.api.bandit import Bandit
from leeboard.api.base import SpecModel
from leeboard.api.blue_green import BlueGreen
from leeboard.api.cel import rules
from leeboard.api.fields import ATOMIC, Duration, PositiveDuration, Probability, described
from leeboard.api.guard import ONE_OF_EACH, Guard
from leeboard.api.shadow import Challengers, Shadow
from leeboard.api.staging import Staging


class Step(SpecModel):
    """One stage of a canary."""

    weight: int = described("Share of the requests for the candidate, in percent.", ge=1, le=100)
    duration: Duration = described("Shortest time of the stage, such as 10m.")


class Analysis(SpecModel):
    """What decides a rollout."""

    alpha: Probability = described("Chance of a wrong abort over the whole rollout, 0 to 1.", default="0.05")
    min_samples: int = described(
        "Fewest requests to the candidate before it is promoted, a count; of Shadow, fewest copies; of ABTest and"
        " Bandit, fewest predictions of each version that the metric knows.",
        default=500,
        ge=0,
        le=100000000,
    )
    max_duration: PositiveDuration | None = described(
        "Longest time from the candidate's first request until the analysis has to be conclusive, such as 2d; then the"
        " rollout is held until somebody promotes or aborts. Absent: it waits for as long as it takes.",
        default=None,
    )
    guards: tuple[Guard, ...] = described(
        "What aborts the rollout; one of each type, and of metrics and figures one of each name.",
        default=(),
        max_length=8,
        json_schema_extra=ATOMIC | rules((ONE_OF_EACH, "guards of one type need different metrics or names")),
    )


class Rollout(SpecModel):
    """How traffic moves to a new version."""

    model_config = SpecModel.model_config | {
        "json_schema_extra": rules(
            ("self.strategy != 'Canary' || (has(self.steps) && size(self.steps) > 0)", "strategy Canary needs steps"),
            (
                "self.strategy == 'Canary' || !has(self.steps) || size(self.steps) == 0",
                "steps belong to strategy Canary",
            ),
            (
                "self.strategy == 'Canary' || self.strategy == 'Shadow' || self.strategy in ['ABTest', 'Bandit']"
                " || !has(self.analysis) || !has(self.analysis.guards) || size(self.analysis.guards) == 0",
                "analysis.guards belong to strategies Canary, Shadow, ABTest and Bandit: no other analyses anything",
            ),
            (
                "!(self.strategy == 'Shadow') || !has(self.analysis) || !has(self.analysis.guards)"
                " || self.analysis.guards.all(g, g.type in ['ErrorRate', 'LatencyP99'])",
                "strategy Shadow has the guards ErrorRate and LatencyP99; shadow.maxDisagreement is about labels",
            ),
            ("!has(self.shadow) || self.strategy == 'Shadow'", "shadow belongs to strategy Shadow"),
            (
                "!has(self.challengers) || self.strategy in ['Shadow', 'ABTest', 'Bandit']",
                "challengers belong to strategies Shadow, ABTest and Bandit",
            ),
            ("!(self.strategy == 'ABTest') || has(self.abTest)", "strategy ABTest needs abTest, with a metric"),
            ("!has(self.abTest) || self.strategy == 'ABTest'", "abTest belongs to strategy ABTest"),
            (
                "!has(self.abTest) || !has(self.abTest.percent)"
                " || (has(self.challengers) ? self.challengers.most : 1) * self.abTest.percent <= 95",
                "abTest.percent times challengers.most may be 95 at most: the champion keeps 5 % of the callers",
            ),
            (
                "self.strategy == 'Canary' || self.strategy in ['ABTest', 'Bandit'] || !has(self.analysis)"
                " || !has(self.analysis.maxDuration)",
                "analysis.maxDuration belongs to strategies Canary, ABTest and Bandit: no other can be out of time",
            ),
            ("!(self.strategy == 'Bandit') || has(self.bandit)", "strategy Bandit needs bandit, with a reward"),
            ("!has(self.bandit) || self.strategy == 'Bandit'", "bandit belongs to strategy Bandit"),
            (
                "!has(self.bandit)"
                " || ((has(self.challengers) ? self.challengers.most : 1) + 1) * self.bandit.floor <= 90",
                "bandit.floor times all versions may be 90 at most: what is left follows the rewards",
            ),
            (
                "!has(self.steps) || (self.steps.map(s, s.weight).isSorted()"
                " && self.steps.all(i, self.steps.filter(j, j.weight == i.weight).size() == 1))",
                "the weights of steps have to rise",
            ),
            (
                "self.strategy == 'BlueGreen' || !has(self.blueGreen)",
                "blueGreen belongs to strategy BlueGreen",
            ),
        )
    }

    strategy: Literal["Canary", "BlueGreen", "Replace", "Shadow", "ABTest", "Bandit"] = described(
        "Canary: a growing share of requests. BlueGreen: all at once when the new pods are ready; the old ones stay "
        "for blueGreen.scaleDownDelay, so that abort brings them back. Replace: as BlueGreen, the old ones go at once. "
        "Shadow: challengers answer copies of the champion's requests, nobody gets these answers, and pairs decide. "
        "ABTest: champion and challengers share out the callers behind a Gateway, and a metric decides. "
        "Bandit: they share out the requests, and who earns more gets more.",
        default="BlueGreen",
    )
    steps: tuple[Step, ...] = described(
        "Stages of the canary, in order.", default=(), max_length=20, json_schema_extra=ATOMIC
    )
    analysis: Analysis = described(
        "Which figures decide whether the candidate is promoted or rolled back.", default=Analysis()
    )
    staging: Staging | None = described(
        "How a ready candidate is tried at the Service <model>-candidate before any request of a user reaches it. "
        "Absent: it is not. A first version, a pinned one and one that is returned to are not staged.",
        default=None,
    )
    blue_green: BlueGreen | None = described("BlueGreen: how long there is an instant way back.", default=None)
    shadow: Shadow | None = described(
        "Shadow: how challengers are compared with the champion. Absent: as its defaults say.", default=None
    )
    ab_test: ABTest | None = described("ABTest: what is shared out, and by what it is decided.", default=None)
    bandit: Bandit | None = described("Bandit: what is earned, and how shares follow.", default=None)
    challengers: Challengers | None = described(
        "Shadow, ABTest, Bandit: how many versions are compared at once. Absent: as its defaults say.", default=None
    )

    @property
    def shared(self) -> ABTest | Bandit | None:
        """On what terms champion and challengers share out the requests; None where they do not."""
        return self.ab_test or self.bandit
