"""The demo's versions and flights, and the figures about them part by part."""

from pathlib import Path

import pandas as pd

from e2e.demo import flights as data
from e2e.demo.flights.periods import (
    HELD_OUT,
    REPLAYED,
    SUMMER_HOLDOUT,
    SUMMER_TRAFFIC,
    WINTER_HOLDOUT,
    WINTER_TRAFFIC,
    Period,
)
from e2e.demo.study import inputs, quality, resampled, stream
from e2e.demo.study.versions import Version, make_version
from e2e.demo.study.windows import Scored, champion_with
from leeboard.api.model_version import ModelVersion
from leeboard.models import ModelError

LATER_MONTHS = ("2013-04", "2013-05", "2013-06", "2013-07", "2013-08", "2013-09")
UNTRAINED = (*HELD_OUT, *REPLAYED)
FORTNIGHTS = {
    "1 to 15 January": Period("2013-01-01", "2013-01-15", UNTRAINED),
    "16 to 31 January": Period("2013-01-16", "2013-01-31", UNTRAINED),
    "1 to 14 February": Period("2013-02-01", "2013-02-14", UNTRAINED),
    "15 to 28 February": Period("2013-02-15", "2013-02-28", UNTRAINED),
    "1 to 15 March": Period("2013-03-01", "2013-03-15", UNTRAINED),
    "16 to 31 March": Period("2013-03-16", "2013-03-31", UNTRAINED),
    "1 to 15 April": Period("2013-04-01", "2013-04-15"),
    "16 to 30 April": Period("2013-04-16", "2013-04-30"),
    "1 to 15 May": Period("2013-05-01", "2013-05-15"),
    "16 to 31 May": Period("2013-05-16", "2013-05-31"),
    "1 to 15 June": Period("2013-06-01", "2013-06-15"),
    "16 to 30 June": Period("2013-06-16", "2013-06-30"),
    "1 to 15 July": SUMMER_HOLDOUT,
    "16 to 31 July": data.AFTERWARDS,
}
"""Days that the winter's versions were not trained on."""
DROPS = (0.04, 0.06, 0.08, 0.10, 0.12)
ROWS, WINDOWS, MANY = 9000, 100, 4000
"""Rows of a resampled window, and how many windows are judged and how many only measured."""
OUTAGE_SHARE, OUTAGE_SEED = 0.2, 1


class Demo:
    """Every version that the demo trains, and one on shuffled labels; training them takes about half a minute."""

    def __init__(self, folder: Path) -> None:
        self.flights = data.load()
        self.first = make_version("first", self.flights, data.WINTER, folder / "first")
        self.second = make_version("smaller_trees", self.flights, data.WINTER, folder / "second")
        self.third = make_version("gradient_boosting", self.flights, data.WINTER, folder / "third")
        self.retrained = make_version("smaller_trees", self.flights, data.SPRING, folder / "retrained")
        self.shuffled = make_version("first", self.flights, data.WINTER, folder / "shuffled", shuffle_labels="true")
        self.winter, self.summer = (data.holdout(self.flights, month) for month in ("2013-03", "2013-07"))

    @property
    def champion(self) -> ModelVersion:
        """The second version as it is registered."""
        return champion_with(Scored(self.second, self.winter))

    @property
    def new_champion(self) -> ModelVersion:
        """The retrained version as it is registered."""
        return champion_with(Scored(self.retrained, self.summer))

    def every(self, version: Version, period: Period) -> Scored:
        """All rows of a period."""
        return Scored(version, data.replay(self.flights, data.Selection(period)))

    def days(self, version: Version, period: Period) -> resampled.Days:
        """All rows of a period, by day."""
        return resampled.Days.of(self.every(version, period), period.of(self.flights)["day"])

    def qualities(self) -> pd.DataFrame:
        """Every version on what it was not trained on."""
        known = (self.first, self.second, self.retrained)
        scored = {"winter holdout": {one.name: Scored(one, self.winter) for one in (*known[:2], self.third)}}
        scored["winter replay"] = {one.name: self.every(one, WINTER_TRAFFIC) for one in known[:2]}
        for month in LATER_MONTHS:
            rows = self.flights[self.flights["month"] == month]
            fitting = known if month > data.SPRING[-1] else known[:2]
            scored[month] = {one.name: Scored(one, rows) for one in fitting}
        scored["summer holdout"] = {one.name: Scored(one, self.summer) for one in known}
        scored["16 to 31 July"] = {one.name: self.every(one, data.AFTERWARDS) for one in known}
        return quality.qualities(scored)

    def gates(self) -> pd.DataFrame:
        """What the gates say of each candidate, in the order of the demo."""
        first, second, third, retrained, shuffled = (
            (self.first, None, self.winter),
            (self.second, self.first, self.winter),
            (self.third, self.second, self.winter),
            (self.retrained, self.second, self.summer),
            (self.shuffled, self.second, self.winter),
        )
        rows = []
        for name, (candidate, champion, holdout) in {
            "first": first,
            "smaller trees": second,
            "gradient boosting": third,
            "retrained": retrained,
            "shuffled labels": shuffled,
        }.items():
            other = Scored(champion, holdout) if champion else None
            for result in quality.gates(Scored(candidate, holdout), other):
                rows.append(
                    {
                        "candidate": name,
                        "gate": result.gate,
                        "verdict": "passed" if result.passed else "refused",
                        "message": result.message,
                    }
                )
        return pd.DataFrame(rows).set_index(["candidate", "gate"])

    def refusal(self) -> str:
        """What the third version says to rows without weather. Raises AssertionError where it answers them."""
        usual = data.replay(self.flights, data.WINTER_REPLAY).head(100)
        try:
            self.third.scores(data.outage(usual, OUTAGE_SHARE, OUTAGE_SEED))
        except ModelError as error:
            return error.message.partition("\n")[0]
        raise AssertionError("gradient boosting answered rows without weather")

    def distances(self, name: str = "JensenShannon") -> pd.DataFrame:
        """How far each fortnight lies from the winter's reference."""
        periods = {label: self.every(self.second, period) for label, period in FORTNIGHTS.items()}
        return inputs.distances(self.champion, periods, name)

    def resampled(self) -> pd.DataFrame:
        """Verdicts over many windows, version by version and period by period."""
        rows = {}
        for version, holdout, periods in (
            (self.second, WINTER_HOLDOUT, {"winter replay": WINTER_TRAFFIC, "16 June to 15 July": SUMMER_TRAFFIC}),
            (self.retrained, SUMMER_HOLDOUT, {"16 to 31 July": data.AFTERWARDS, "August": data.AUGUST}),
        ):
            reference = self.days(version, holdout)
            for name, period in periods.items():
                found = resampled.verdicts(reference, self.days(version, period), rows=ROWS, windows=WINDOWS)
                rows[f"{version.name}: {name}"] = found
        return pd.DataFrame.from_dict(rows, orient="index")

    def alarms(self) -> pd.DataFrame:
        """How often the second version's log loss would be drift, by threshold."""
        reference = self.days(self.second, WINTER_HOLDOUT)
        table = {}
        for name, period in (("winter replay", WINTER_TRAFFIC), ("16 June to 15 July", SUMMER_TRAFFIC)):
            drops = resampled.drops(reference, self.days(self.second, period), rows=ROWS, windows=MANY)
            table[name] = {f"{limit:.2f}": f"{100 * (drops > limit).mean():.1f} %" for limit in DROPS}
        return pd.DataFrame.from_dict(table, orient="index")

    def traffic(self) -> list[stream.Look]:
        """The champion's monitor from the rollouts to the summer, with some seconds of an outage in between."""
        rollouts = data.replay(self.flights, data.ROLLOUT_TRAFFIC)
        outage = data.outage(rollouts.iloc[6000:9000].reset_index(drop=True), OUTAGE_SHARE, OUTAGE_SEED)
        segments = {
            "rollout": rollouts.head(6000),
            "outage": outage,
            "winter replay": data.replay(self.flights, data.WINTER_REPLAY),
            "summer replay": data.replay(self.flights, data.SUMMER_REPLAY),
        }
        return stream.looks(self.champion, self.second, segments)

    def later_traffic(self) -> list[stream.Look]:
        """The retrained version's monitor afterwards."""
        segments = {"later replay": data.replay(self.flights, data.LATER_REPLAY)}
        return stream.looks(self.new_champion, self.retrained, segments)
