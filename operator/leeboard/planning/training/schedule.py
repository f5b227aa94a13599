"""Cron schedules in a time zone.

The five fields of crontab(5): lists, ranges, steps, names of months and days; 7 is Sunday too; where both day fields
are restricted, either one is enough. A time that the clocks skip in spring runs as many minutes after the change, a
time that they repeat in autumn runs once.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_HORIZON = timedelta(days=366 * 9)
"""29 February comes within 8 years, also around a century without one."""


@dataclass(frozen=True)
class CronSchedule:
    """The times at which a schedule fires."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    either_day: bool
    zone: ZoneInfo

    @classmethod
    def parse(cls, cron: str, time_zone: str) -> "CronSchedule":
        """Read the five fields. Raises ValueError where one is malformed or the time zone is unknown."""
        fields = cron.split()
        if len(fields) != 5:
            raise ValueError(f"a schedule has five fields, not {len(fields)}: {cron!r}")
        try:
            zone = ZoneInfo(time_zone)
        except (KeyError, OSError, ValueError) as error:
            raise ValueError(f"unknown time zone {time_zone!r}") from error
        minute, hour, day, month, weekday = fields
        schedule = cls(
            minutes=_field(minute, 0, 59),
            hours=_field(hour, 0, 23),
            days=_field(day, 1, 31),
            months=_field(month, 1, 12, dict(zip(_MONTHS, range(1, 13), strict=True))),
            weekdays=frozenset(value % 7 for value in _field(weekday, 0, 7, dict(zip(_DAYS, range(7), strict=True)))),
            either_day=not day.startswith("*") and not weekday.startswith("*"),
            zone=zone,
        )
        if not schedule.either_day and not schedule._some_day_exists():
            raise ValueError(f"no such day in any year: {cron!r}")
        return schedule

    def following(self, moment: datetime) -> datetime:
        """The first time after `moment`, in UTC. Raises ValueError where there is none within nine years."""
        first = moment.astimezone(self.zone).date() - timedelta(days=1)
        for offset in range(_HORIZON.days):
            later = [fire for fire in self._of_day(first + timedelta(days=offset)) if fire > moment]
            if later:
                return min(later)
        raise ValueError("the schedule never fires")

    def latest(self, after: datetime, until: datetime) -> datetime | None:
        """The last time in (after, until], in UTC, or None: several missed times count as one."""
        day = until.astimezone(self.zone).date() + timedelta(days=1)
        oldest = max(after, until - _HORIZON).astimezone(self.zone).date() - timedelta(days=1)
        while day >= oldest:
            fires = [fire for fire in self._of_day(day) if after < fire <= until]
            if fires:
                return max(fires)
            day -= timedelta(days=1)
        return None

    def _of_day(self, day: date) -> Iterator[datetime]:
        if day.month not in self.months or not self._day_matches(day):
            return
        for hour in self.hours:
            for minute in self.minutes:
                yield datetime.combine(day, time(hour, minute), self.zone).astimezone(UTC)

    def _day_matches(self, day: date) -> bool:
        of_month, of_week = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        return of_month or of_week if self.either_day else of_month and of_week

    def _some_day_exists(self) -> bool:
        longest = {2: 29, 4: 30, 6: 30, 9: 30, 11: 30}
        return any(day <= longest.get(month, 31) for month in self.months for day in self.days)


def _field(text: str, low: int, high: int, words: dict[str, int] | None = None) -> frozenset[int]:
    values: set[int] = set()
    for part in text.lower().split(","):
        span, _, step_text = part.partition("/")
        step = _number(step_text, 1, high, {}) if "/" in part else 1
        if span == "*":
            first, last = low, high
        else:
            first_text, dash, last_text = span.partition("-")
            first = _number(first_text, low, high, words or {})
            last = _number(last_text, low, high, words or {}) if dash else (high if "/" in part else first)
        if last < first:
            raise ValueError(f"the range runs backwards: {part!r}")
        values.update(range(first, last + 1, step))
    return frozenset(values)


def _number(text: str, low: int, high: int, words: dict[str, int]) -> int:
    if text in words:
        return words[text]
    if not (text.isascii() and text.isdigit()) or not low <= int(text) <= high:
        raise ValueError(f"not a number from {low} to {high}: {text!r}")
    return int(text)
