"""Many windows of each period, and of the holdout, by drawing whole days again and again.

Rows of one day are late together, so that rows drawn by themselves would differ far less than windows do (the block
bootstrap: Efron and Tibshirani 1993, chapter 8). The holdout's days are drawn anew for every window, because the
reference that performance is compared with is as much a matter of the days that fell into it.
"""

from collections import Counter
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from e2e.demo.study.windows import Scored, champion_with, evaluate, verdict_on

SEED = 0
DROP = "log_loss"


@dataclass(frozen=True)
class Days:
    """Rows that have answers, by their day."""

    scored: Scored
    days: tuple[NDArray[np.int64], ...]

    @classmethod
    def of(cls, scored: Scored, day: "pd.Series[pd.Timestamp]") -> "Days":
        """Group the rows by day."""
        groups = pd.Series(np.arange(len(day))).groupby(day.to_numpy())
        return cls(scored, tuple(rows.to_numpy() for _, rows in groups))

    def draw(self, generator: np.random.Generator, rows: int | None = None) -> NDArray[np.int64]:
        """As many days as there are, with replacement; of those, evenly, so many rows, or all."""
        chosen = generator.integers(0, len(self.days), len(self.days))
        drawn = np.concatenate([self.days[one] for one in chosen])
        return drawn if rows is None else drawn[np.linspace(0, len(drawn) - 1, rows).astype(np.int64)]


def verdicts(holdout: Days, period: Days, *, rows: int, windows: int) -> dict[str, object]:
    """Shares of the verdicts over windows of so many rows, and how much worse than the holdout they are."""
    generator = np.random.default_rng(SEED)
    said: Counter[str] = Counter()
    causes: Counter[str] = Counter()
    drops = []
    for _ in range(windows):
        champion = champion_with(holdout.scored, holdout.draw(generator))
        evaluation = evaluate(champion, period.scored, period.draw(generator, rows))
        verdict = verdict_on(evaluation)
        said[verdict.verdict] += 1
        causes.update({f"{one.check} {one.subject}" for one in verdict.drifted})
        loss = next(one for one in evaluation["performance"] if one["name"] == DROP)
        drops.append(float(loss["value"]) - float(loss["reference"]))
    low, middle, high = np.percentile(drops, [5, 50, 95])
    return {
        **{f"{name} %": round(100 * said[name] / windows) for name in ("Stable", "Inconclusive", "Drift")},
        f"{DROP} is worse by (5, 50, 95 %)": f"{low:+.3f} {middle:+.3f} {high:+.3f}",
        "because of (%)": ", ".join(f"{name} {100 * n / windows:.0f}" for name, n in causes.most_common(3)),
    }


def drops(holdout: Days, period: Days, *, rows: int, windows: int) -> NDArray[np.float64]:
    """By how much the lower end of the log loss of a window lies above the holdout's log loss, window by window."""
    generator = np.random.default_rng(SEED)
    of_holdout, of_period = _losses(holdout.scored), _losses(period.scored)
    found = []
    for _ in range(windows):
        losses = of_period[period.draw(generator, rows)]
        reach = 1.96 * losses.std(ddof=1) / np.sqrt(rows)
        found.append(losses.mean() - reach - of_holdout[holdout.draw(generator)].mean())
    return np.array(found)


def _losses(scored: Scored) -> NDArray[np.float64]:
    chosen = np.where(scored.truth == 1, scored.scores, 1 - scored.scores)
    losses: NDArray[np.float64] = -np.log(np.clip(chosen, 1e-7, 1))
    return losses
