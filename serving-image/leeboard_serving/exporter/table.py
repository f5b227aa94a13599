"""Rows that wait to become a file of a ledger or of feedback."""

import csv
import gzip
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from leeboard_serving.exporter.texts import LONGEST, is_usable, moment_of
from leeboard_serving.observation import Observations, Told

MOST_CHARACTERS = 4 << 20
"""Of a table before it becomes a file: far below what the evaluator reads of one."""
ROWS_OF_A_BLOCK = 10_000
Kind = Literal["windows", "ledger", "feedback", "pairs"]
_SUFFIXES: dict[Kind, str] = {"windows": "json.gz"}
"""Of all others it is csv.gz."""
_LEVEL = 6
"""Of gzip."""


@dataclass(frozen=True)
class Cut:
    """A table or window that ended. `start` and `end` are milliseconds since 1970; the text is CSV with its header, or
    JSON."""

    kind: Kind
    start: int
    end: int
    text: str

    @property
    def suffix(self) -> str:
        """What the file's name ends in."""
        return _SUFFIXES.get(self.kind, "csv.gz")

    def data(self) -> bytes:
        """The file. It takes a while; for a thread."""
        return gzip.compress(self.text.encode(), _LEVEL, mtime=0)


class Table:
    """Rows since `start` (milliseconds since 1970), under a header."""

    def __init__(self, kind: Kind, header: tuple[str, ...], start: int) -> None:
        self._kind: Kind = kind
        self._header = header
        self._begin(start)

    @property
    def is_full(self) -> bool:
        """Whether the rows should become a file before anything is added."""
        return self._text.tell() >= MOST_CHARACTERS

    def add(self, rows: Iterable[Iterable[Any]]) -> None:
        """Add rows; the csv module quotes what needs it."""
        self._writer.writerows(rows)

    def cut(self, now: int) -> Cut | None:
        """The rows so far, if any, and a new beginning. No two spans are the same, whatever the clock does."""
        end = max(now, self._start + 1)
        text = self._text.getvalue()
        cut = Cut(self._kind, self._start, end, text) if len(text) > self._empty else None
        self._begin(end)
        return cut

    def _begin(self, start: int) -> None:
        self._start = start
        self._text = io.StringIO(newline="")
        self._writer = csv.writer(self._text, lineterminator="\n")
        self._writer.writerow(self._header)
        self._empty = self._text.tell()


def ledger_blocks(observations: Observations) -> Iterator[list[tuple[str, str, float]]]:
    """`id,time,score` of every row, in blocks; none of requests whose id can stand in no table.

    The row of a request that has only one is named by the request's id, else by `<id>/<row>`, counted from 0.
    """
    start, block, moment, time = 0, [], "", -1.0
    for told in observations.requests:
        scores = observations.scores[start : start + told.rows]
        start += told.rows
        if not told.rows or not has_usable_ids(told):
            continue
        if told.time != time:
            moment, time = moment_of(told.time), told.time
        if told.rows == 1:
            block.append((told.id, moment, float(scores[0])))
        else:
            block += [(f"{told.id}/{row}", moment, score) for row, score in enumerate(scores.tolist())]
        while len(block) >= ROWS_OF_A_BLOCK:
            yield block[:ROWS_OF_A_BLOCK]
            block = block[ROWS_OF_A_BLOCK:]
    if block:
        yield block


def has_usable_ids(told: Told) -> bool:
    """Whether the ids of all rows of a request can stand in a table, and so be named by a label."""
    suffix = len(f"/{told.rows - 1}") if told.rows > 1 else 0
    return is_usable(told.id) and len(told.id) + suffix <= LONGEST
