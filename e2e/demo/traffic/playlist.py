"""Which rows go out next: the segment that plays, and those that wait for its end."""

import asyncio
from collections import deque
from dataclasses import dataclass

from e2e.demo.traffic.recorder import Recorder, SegmentRecord
from e2e.demo.traffic.rows import Rows
from e2e.demo.traffic.segment import Segment


@dataclass
class Playing:
    """A segment with its rows, and the first row that was not sent yet."""

    segment: Segment
    rows: Rows
    record: SegmentRecord
    position: int = 0


class Playlist:
    """`changed` is set when what plays was replaced, or there is something to play again."""

    def __init__(self, recorder: Recorder) -> None:
        self.changed = asyncio.Event()
        self._recorder = recorder
        self._playing: Playing | None = None
        self._queue: deque[tuple[Segment, Rows]] = deque()

    def play(self, segment: Segment, rows: Rows) -> None:
        """Play this from now on, and nothing of what was waiting."""
        self._queue.clear()
        self._begin(segment, rows)
        self.changed.set()

    def append(self, segment: Segment, rows: Rows) -> None:
        """Play this at the end of the rows of what plays, also where that loops, and of what waits."""
        if self._playing is None:
            self.play(segment, rows)
        else:
            self._queue.append((segment, rows))

    def current(self) -> Playing | None:
        """What plays, with a row that was not sent yet; None where all rows were sent."""
        playing = self._playing
        if playing is None or playing.position < len(playing.rows):
            return playing
        if self._queue:
            return self._begin(*self._queue.popleft())
        if playing.segment.loop:
            playing.position = 0
            return playing
        self.close()
        return None

    def close(self) -> None:
        """Nothing plays any more."""
        self._recorder.end_segment()
        self._playing = None

    def _begin(self, segment: Segment, rows: Rows) -> Playing:
        self._playing = Playing(segment, rows, self._recorder.begin_segment(segment.name))
        return self._playing
