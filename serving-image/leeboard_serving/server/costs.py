"""How long the model takes for so many rows, learned from what it took."""

WEIGHT = 0.2
"""Of the newest measurement."""
MOST_OF_ONE = 4.0
"""Times the mean that one measurement counts at most: a process that was not given its core for a while says nothing of
the model. What has really become slow is believed after some calls."""


class Costs:
    """An exponentially weighted mean for every power of two of rows, in seconds."""

    def __init__(self) -> None:
        self._seconds: dict[int, float] = {}

    def learn(self, rows: int, seconds: float) -> None:
        """Add a measurement."""
        size = rows.bit_length()
        before = self._seconds.get(size)
        if before is None:
            self._seconds[size] = seconds
        else:
            self._seconds[size] = before + WEIGHT * (min(seconds, MOST_OF_ONE * before) - before)

    def known(self, rows: int) -> float | None:
        """Seconds for so many rows, or None where nothing of about that size was measured."""
        return self._seconds.get(rows.bit_length())

    def per_row(self) -> float:
        """Seconds a row in the batches that take least: what a long queue is emptied at. 0 before any."""
        # the middle of a size's rows: 1.5 times the power of two below
        return min((seconds / (3 << size >> 2) for size, seconds in self._seconds.items()), default=0.0)
