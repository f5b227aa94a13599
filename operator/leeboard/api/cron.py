"""The cron schedules that the API server accepts: the five fields of crontab(5)."""

_MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_DAYS = "sun|mon|tue|wed|thu|fri|sat"
_FIELDS = (
    "[0-5]?[0-9]",
    "[01]?[0-9]|2[0-3]",
    "0?[1-9]|[12][0-9]|3[01]",
    f"0?[1-9]|1[0-2]|{_MONTHS}",
    f"0?[0-7]|{_DAYS}",
)


def _list_of(value: str) -> str:
    """Lists, ranges and steps of one field's values."""
    item = rf"([*]|({value})(-({value}))?)(/0?[1-9][0-9]?)?"
    return f"{item}(,{item})*"


PATTERN = "(?i)^" + " +".join(_list_of(value) for value in _FIELDS) + "$"
"""A regular expression without backslashes, so that it can stand in a CEL string as it is."""
