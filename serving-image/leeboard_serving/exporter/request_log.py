"""The rows of requests that are stored with their inputs: a sample by id, without what is redacted, and bounded."""

import logging
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from leeboard.api.request_log import RequestLogging, column_name
from leeboard.stats.sampling import id_hashes, sampled
from leeboard_serving.exporter.logged_rows import Block, LoggedRows
from leeboard_serving.exporter.references import References
from leeboard_serving.exporter.table import has_usable_ids
from leeboard_serving.exporter.tally import MOST_WAITING, MOST_WAITING_BYTES
from leeboard_serving.observation import Column, Observations

LOG = logging.getLogger("leeboard.serving.exporter")
MOST_ROWS_OF_A_FILE, MOST_BYTES_OF_A_FILE = 50_000, 8 << 20
MOST_BYTES_OF_A_WINDOW = 32 << 20
"""Before they are compressed. What is more is dropped, and counted."""
MOST_BYTES_OF_A_ROW = 1 << 20


class RequestLog:
    """Takes observations of a Model on the event loop; the times it is told are milliseconds since 1970.

    `logged` counts the rows that went into files, `dropped` those of the sample that found no room.
    """

    def __init__(self, model: str, wanted: RequestLogging, references: References, start: int) -> None:
        self._model = model
        self._rate = float(wanted.sample_rate)
        self._inputs = {
            name: reference.bins.kind == "Categorical"
            for name, reference in references.features.items()
            if name not in wanted.redact
        }
        if unknown := [name for name in wanted.redact if name not in references.features]:
            LOG.warning("no input is named %s, which serving.logging.redact names", ", ".join(unknown[:10]))
        self._start = start
        self._waiting: list[Observations] = []
        self._waiting_bytes = 0
        self._blocks: list[Block] = []
        self._rows = self._bytes = self._window_bytes = 0
        self.logged = self.dropped = 0

    def add(self, observations: Observations, now: int) -> list[LoggedRows]:
        """Take observations that `check` found nothing wrong with; gives the files that became full."""
        if not observations.rows:
            return []
        self._waiting.append(observations)
        self._waiting_bytes += observations.bytes
        is_much = len(self._waiting) >= MOST_WAITING or self._waiting_bytes >= MOST_WAITING_BYTES
        return self._settle(now) if is_much else []

    def close(self, now: int) -> list[LoggedRows]:
        """What is left, and a new window."""
        files = self._settle(now)
        if self._rows:
            files.append(self._cut(now))
        self._window_bytes = 0
        return files

    def _settle(self, now: int) -> list[LoggedRows]:
        """Draw from what waits. A hash costs the same for one row as for some hundred."""
        waiting, self._waiting, self._waiting_bytes = self._waiting, [], 0
        block = _drawn(waiting, self._rate, self._inputs)
        return self._keep(block, now) if block is not None else []

    def _keep(self, block: Block, now: int) -> list[LoggedRows]:
        sizes = block.sizes()
        is_small = sizes <= MOST_BYTES_OF_A_ROW
        fits = is_small & (np.cumsum(sizes * is_small) <= MOST_BYTES_OF_A_WINDOW - self._window_bytes)
        self.dropped += len(block) - int(fits.sum())
        block, sizes = block.rows(fits), sizes[fits]
        self._window_bytes += int(sizes.sum())
        self.logged += len(block)
        files, start = [], 0
        while start < len(block):
            together = sizes[start : start + MOST_ROWS_OF_A_FILE - self._rows].cumsum()
            end = start + int((together <= MOST_BYTES_OF_A_FILE - self._bytes).sum())
            self._blocks.append(block.rows(slice(start, end)))
            self._rows += end - start
            self._bytes += int(sizes[start:end].sum())
            if end < len(block) or self._rows >= MOST_ROWS_OF_A_FILE:
                files.append(self._cut(now))
            start = end
        return files

    def _cut(self, now: int) -> LoggedRows:
        """The rows so far as a file, and a new one. No two spans are the same, whatever the clock does."""
        end = max(now, self._start + 1)
        cut = LoggedRows(self._model, self._start, end, self._blocks)
        self._start, self._blocks, self._rows, self._bytes = end, [], 0, 0
        return cut


def _drawn(waiting: Sequence[Observations], rate: float, inputs: dict[str, bool]) -> Block | None:
    """The rows of the sample, of those that have a usable id; None where there are none."""
    ids: list[str] = []
    times: list[float] = []
    rows: list[int] = []
    ends = [0]
    for observations in waiting:
        start = 0
        for told in observations.requests:
            if told.rows and has_usable_ids(told):
                ids += [told.id] if told.rows == 1 else [f"{told.id}/{row}" for row in range(told.rows)]
                times += [told.time] * told.rows
                rows += range(start, start + told.rows)
            start += told.rows
        ends.append(len(ids))
    names = np.array(ids, dtype=object)
    if not len(names):
        return None
    drawn = np.flatnonzero(sampled(id_hashes(names), rate))
    if not len(drawn):
        return None
    positions, bounds = np.array(rows)[drawn], np.searchsorted(drawn, ends)
    parts = [
        (one, positions[start:end]) for one, (start, end) in zip(waiting, pairwise(bounds), strict=True) if end > start
    ]
    columns = {
        column_name(name): np.concatenate([_values(one, name, which, text=is_text) for one, which in parts])
        for name, is_text in inputs.items()
    }
    scores = np.concatenate([one.scores[which] for one, which in parts])
    return Block(names[drawn], np.array(times)[drawn], scores, columns)


def _values(observations: Observations, name: str, which: Column, *, text: bool) -> Column:
    column = observations.inputs.get(name)
    if column is not None:
        return column[which]
    return np.full(len(which), None, dtype=object) if text else np.full(len(which), np.nan)
