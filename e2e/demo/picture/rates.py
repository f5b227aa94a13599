"""Requests a second by version, from the counts of single seconds."""

from collections import Counter
from dataclasses import dataclass

from e2e.demo.picture.frame import Frame
from e2e.demo.traffic.state import Second

MOST_BINS = 260
WIDTHS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600)


@dataclass(frozen=True)
class Bin:
    """A stretch of the story, in seconds since its start, and the requests a second that ended in it."""

    start: float
    end: float
    versions: dict[str, float]
    failed: float

    @property
    def total(self) -> float:
        """All of them."""
        return sum(self.versions.values()) + self.failed


def rates(seconds: tuple[Second, ...], frame: Frame) -> list[Bin]:
    """Bins of one round width that cover the story; what lies outside of it is left out."""
    width = next((one for one in WIDTHS if frame.seconds / one <= MOST_BINS), WIDTHS[-1])
    zero = frame.start.timestamp()
    counts: dict[int, Counter[str]] = {}
    failed: Counter[int] = Counter()
    for second in seconds:
        # a count is about the whole second: its middle says which bin most of it lies in
        since = second.time + 0.5 - zero
        if 0 <= since < frame.seconds:
            counts.setdefault(int(since // width), Counter()).update(second.versions)
            failed[int(since // width)] += second.failed
    bins = []
    for number in range(int(-(-frame.seconds // width))):
        start, end = float(number * width), min(float((number + 1) * width), frame.seconds)
        # the last bin may be cut; less than half a second of it says nothing about a rate
        covered = max(end - start, 0.5)
        versions = {name: value / covered for name, value in counts.get(number, Counter()).items()}
        bins.append(Bin(start, end, versions, failed[number] / covered))
    return bins
