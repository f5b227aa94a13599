"""The clock that everything over time shares: one width, one axis, one zero."""

from dataclasses import dataclass
from datetime import datetime

from e2e.demo.picture.report import Report
from leeboard.report.markup import Markup, join, line, words
from leeboard.report.scales import Linear, clock, time_ticks

WIDTH = 1072.0
LEFT, RIGHT = 46.0, 16.0


@dataclass(frozen=True)
class Frame:
    """`seconds` is how long the story is; `x` maps seconds since its start onto the page."""

    start: datetime
    seconds: float
    x: Linear

    @classmethod
    def of(cls, report: Report) -> "Frame":
        """From the first step's start to the last one's end."""
        seconds = max((report.end - report.start).total_seconds(), 1.0)
        return cls(report.start, seconds, Linear(0.0, seconds, LEFT, WIDTH - RIGHT))

    def at(self, time: datetime) -> float:
        """The place of a moment, kept inside of the frame."""
        return self.x(min(max(self.since(time), 0.0), self.seconds))

    def since(self, time: datetime) -> float:
        """Seconds since the start."""
        return (time - self.start).total_seconds()

    def grid(self, top: float, bottom: float) -> Markup:
        """Thin lines at round moments."""
        return join(*(line(self.x(t), top, self.x(t), bottom, "grid") for t in self._ticks()))

    def axis(self, y: float) -> Markup:
        """The moments in words, minutes and seconds."""
        return join(*(words(self.x(t), y, clock(t), "axis", "middle") for t in self._ticks()))

    def _ticks(self) -> list[float]:
        return time_ticks(self.seconds, 14)
