"""What is observed now: the open window, the open ledger and the labels that came in since they were last closed."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from leeboard.stats.grouping import Starts
from leeboard_serving.exporter.checks import check
from leeboard_serving.exporter.feedback import Label
from leeboard_serving.exporter.outbox import Outbox
from leeboard_serving.exporter.references import References
from leeboard_serving.exporter.settings import Settings
from leeboard_serving.exporter.shadow.replay import Replay
from leeboard_serving.exporter.table import Cut, Table, has_usable_ids, ledger_blocks
from leeboard_serving.exporter.tally import Tally
from leeboard_serving.exporter.window import window_text
from leeboard_serving.observation import Observations

if TYPE_CHECKING:  # loads pandas and Arrow, which an exporter without a log has no use for
    from leeboard_serving.exporter.logged_rows import LoggedRows
    from leeboard_serving.exporter.request_log import RequestLog

LOG = logging.getLogger("leeboard.serving.exporter")


class Recorder:
    """Takes observations and labels, on the event loop; `clock` gives the time in seconds since 1970.

    `labels` counts those accepted, `unnamed` the rows that the ledger could not take because of their id. `log` takes
    the rows that are stored with their inputs, where there are any, and `replay` draws the requests that challengers
    get copies of.
    """

    def __init__(
        self,
        settings: Settings,
        references: References,
        outbox: Outbox,
        clock: Callable[[], float],
        log: "RequestLog | None" = None,
        *,
        replay: Replay | None = None,
    ) -> None:
        self._settings, self._references, self._outbox, self._clock = settings, references, outbox, clock
        self._start = self._now()
        self._before, self._window = Tally(references), Tally(references)
        self._ledger = Table("ledger", ("id", "time", "score"), self._start)
        self._feedback = Table("feedback", ("id", "time", "label"), self._start)
        self._compressing: set[asyncio.Task[None]] = set()
        self.labels = self.unnamed = 0
        self.log, self.replay = log, replay

    @property
    def score_groups(self) -> Starts:
        """Groups of the bins of scores, for metrics."""
        return self._references.score_groups

    async def observe(self, observations: Observations) -> None:
        """Count observations; waits while the ledger becomes a file. Raises ValueError where they cannot be counted:
        the window then says how many requests it lacks."""
        try:
            check(observations, self._references)
        except ValueError:
            self._window.dropped += len(observations.requests) + max(0, observations.dropped)
            raise
        self._window.add(observations)
        if self.replay is not None:
            self.replay.offer(observations)
            if self.replay.pairs.is_full:
                await self._keep(self.replay.pairs.cut(self._now()))
        self.unnamed += sum(told.rows for told in observations.requests if told.rows and not has_usable_ids(told))
        for block in ledger_blocks(observations):
            self._ledger.add(block)
            if self._ledger.is_full:
                await self._keep(self._ledger.cut(self._now()))
        if self.log is not None:
            for rows in self.log.add(observations, self._now()):
                await self._keep(rows)

    def undecoded(self) -> None:
        """A frame came that is none: the window says so, and that it lacks a request at least."""
        self._window.undecoded += 1

    async def accept(self, labels: Sequence[Label]) -> bool:
        """Take labels, or return False where there is no room for them."""
        if self._outbox.is_full("feedback"):
            return False
        self._feedback.add(labels)
        self.labels += len(labels)
        if self._feedback.is_full:
            await self._keep(self._feedback.cut(self._now()))
        return True

    async def close(self, end: int | None = None) -> None:
        """Close the window at `end`, in milliseconds since 1970, or now; it and the tables go into the outbox.

        A clock that was set back leaves the window open until it has passed the window's beginning again.
        """
        now = self._now()
        end = max(now, self._start + 1) if end is None else end
        cuts: list[Cut | LoggedRows | None] = [table.cut(now) for table in (self._ledger, self._feedback)]
        cuts += self.log.close(now) if self.log is not None else ()
        cuts.append(self.replay.pairs.cut(now) if self.replay is not None else None)
        if end > self._start:
            window, self._window = self._window, Tally(self._references)
            window.dropped += self._outbox.take_lost_requests()
            self._before.merge(window)
            shadow = self.replay.cut() if self.replay is not None else {}
            text = window_text(window, self._settings, self._start, end, shadow)
            cuts.append(Cut("windows", self._start, end, text))
            self._start = end
        for cut in cuts:
            await self._keep(cut)
        if self._compressing:
            await asyncio.wait(self._compressing)

    def total(self) -> Tally:
        """Everything since the process began."""
        total = Tally(self._references)
        total.merge(self._before)
        total.merge(self._window)
        return total

    async def _keep(self, cut: "Cut | LoggedRows | None") -> None:
        """Compress and write, in a thread. It goes on when the caller is cancelled: the rows are nowhere else."""
        if cut is None:
            return
        task = asyncio.create_task(asyncio.to_thread(self._put, cut))
        self._compressing.add(task)
        task.add_done_callback(self._compressing.discard)
        await asyncio.shield(task)

    def _put(self, cut: "Cut | LoggedRows") -> None:
        key = f"{cut.kind}/{self._settings.pod}/{cut.start}-{cut.end}.{cut.suffix}"
        try:
            data = cut.data()
        except Exception:
            # a fault of ours that one row's values brought to light must not cost the windows
            LOG.exception("%s is lost", key)
            self._outbox.lose(key)
            return
        self._outbox.add(key, data)

    def _now(self) -> int:
        return int(self._clock() * 1000)
