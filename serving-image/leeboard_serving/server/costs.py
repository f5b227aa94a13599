"""How long the model takes for so many rows, learned from what it took."""

WEIGHT = 0.2
"""Of the newest measurement."""
MOST_OF_ONE = 4.0
"""Times the mean that one measurement counts at most: a process that was not given its core for a while says nothing of
the model. What has really become slow is believed after some calls."""

FURTHEST = 16
"""Times the rows of the largest batch so far that something is concluded about."""


class Costs:
    """An exponentially weighted mean for every power of two of rows, in seconds."""

    def __init__(self) -> None:
        self._seconds: dict[int, float] = {}
        self._per_row = 0.0
        self._most_rows = 0

    def learn(self, rows: int, seconds: float) -> None:
        """Add a measurement."""
        size = rows.bit_length()
        before = self._seconds.get(size)
        if before is None:
            self._seconds[size] = seconds
        else:
            self._seconds[size] = before + WEIGHT * (min(seconds, MOST_OF_ONE * before) - before)
        # asked for every request, and new only with a batch
        self._per_row = min(seconds / _middle(size) for size, seconds in self._seconds.items())
        self._most_rows = FURTHEST * _middle(max(self._seconds))

    def known(self, rows: int) -> float | None:
        """Seconds for so many rows, or None where nothing of about that size was measured."""
        return self._seconds.get(rows.bit_length())

    def wait(self, rows: int) -> float:
        """Seconds in which a queue of so many rows is worked off, at the rate of the batches that take least a row.

        What many rows take is not known from few, because most models take hardly longer for them: of a queue that is
        far larger than every batch so far only a part is counted. 0 before any batch.
        """
        return self._per_row * min(rows, self._most_rows)


def _middle(size: int) -> int:
    """Of the numbers of rows that are told from others by their length in bits alone: 1.5 times the least."""
    return 3 << size >> 2
