"""Pairs of scores of champion and challenger for the same rows, and which of both the labels prove right."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leeboard.evaluator.figures import figure
from leeboard.evaluator.labels import Floats, Rows, joined, rows_of, table_of
from leeboard.stats.sequential_pairs import paired_difference

ALPHA = 0.05
POSITIVE = 0.5
"""The score from which on a label is the positive class."""
_COLUMNS = ("challenger", "champion_score", "challenger_score")


@dataclass(frozen=True, eq=False)
class Pairs:
    """Rows of a file: what `Rows` has with the champion's score, the challenger's score, and which challenger it was,
    as a position in `names`."""

    champion: Rows
    scores: Floats
    which: NDArray[np.int64]
    names: tuple[str, ...]

    @property
    def bytes(self) -> int:
        """What they take in memory."""
        return self.champion.bytes + self.scores.nbytes + self.which.nbytes

    def of(self, challenger: str) -> tuple[Rows, Rows]:
        """The champion's scores and this challenger's, of the same rows."""
        is_it = self.which == (self.names.index(challenger) if challenger in self.names else -1)
        ids, times = self.champion.ids[is_it], self.champion.times[is_it]
        return Rows(ids, times, self.champion.values[is_it]), Rows(ids, times, self.scores[is_it])


def read_pairs(content: bytes | str) -> Pairs:
    """Read `id,time,challenger,champion_score,challenger_score`. Raises ValueError where it is something else."""
    frame = table_of(content, *_COLUMNS)
    scores = pd.to_numeric(frame["challenger_score"], errors="coerce").to_numpy(dtype=np.float64)
    which, names = pd.factorize(frame["challenger"])
    usable = np.isfinite(scores) & (which >= 0)
    frame, scores, which = frame[usable], scores[usable], which[usable]
    values = pd.to_numeric(frame["champion_score"], errors="coerce").to_numpy(dtype=np.float64)
    champion, kept = rows_of(frame, values)
    return Pairs(champion, scores[kept], np.asarray(which[kept], dtype=np.int64), tuple(map(str, names)))


def paired_performance(
    parts: Iterable[Pairs], challenger: str, feedback: list[Rows], since: datetime, until: datetime, *, task: str
) -> dict[str, Any]:
    """`accuracy` or `absoluteError` of both on the pairs that have a label; nothing without any.

    The difference is the challenger's share of wrong labels minus the champion's: larger is worse. Its interval is
    valid at every look.
    """
    both = [part.of(challenger) for part in parts]
    champion = joined([one for one, _ in both], feedback, since, until)
    own = joined([one for _, one in both], feedback, since, until)
    if not len(champion.truth):
        return {}
    if task != "BinaryClassification":
        errors = [float(np.abs(one.scores - one.truth).mean()) for one in (champion, own)]
        told = {"pairs": len(own.truth), "champion": figure(errors[0]), "challenger": figure(errors[1])}
        return {"absoluteError": told}
    wrong = [(one.scores >= POSITIVE) != (one.truth >= POSITIVE) for one in (champion, own)]
    only_champion, only_challenger = int((wrong[0] & ~wrong[1]).sum()), int((wrong[1] & ~wrong[0]).sum())
    difference = paired_difference(only_challenger, only_champion, len(own.truth), ALPHA)
    return {
        "accuracy": {
            "pairs": len(own.truth),
            "champion": figure(float(1 - wrong[0].mean())),
            "challenger": figure(float(1 - wrong[1].mean())),
            "onlyChampionWrong": only_champion,
            "onlyChallengerWrong": only_challenger,
            "difference": {
                "value": figure(difference.value),
                "low": figure(difference.low),
                "high": figure(difference.high),
            },
        }
    }
