"""Rows that wait to become a file of a ledger or of feedback."""

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import repeat
from typing import Any, Literal

from leeboard_serving.exporter.texts import LONGEST, is_usable, moment_of
from leeboard_serving.observation import Observation

MOST_CHARACTERS = 4 << 20
"""Of a table before it becomes a file: far below what the evaluator reads of one."""
ROWS_OF_A_BLOCK = 10_000
Kind = Literal["windows", "ledger", "feedback"]


@dataclass(frozen=True)
class Cut:
    """A table that ended. `start` and `end` are milliseconds since 1970, and the text is the CSV with its header."""

    kind: Kind
    start: int
    end: int
    text: str


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


def ledger_blocks(observation: Observation) -> Iterator[Iterable[tuple[str, str, float]]]:
    """`id,time,score` of every row, in blocks; none where the request's id can stand in no table.

    The row of a request that has only one is named by the request's id, else by `<id>/<row>`, counted from 0.
    """
    if not has_usable_ids(observation):
        return
    moment = moment_of(observation.time)
    if observation.rows == 1:
        yield ((observation.id, moment, float(observation.scores[0])),)
        return
    for first in range(0, observation.rows, ROWS_OF_A_BLOCK):
        scores = observation.scores[first : first + ROWS_OF_A_BLOCK].tolist()
        ids = [f"{observation.id}/{row}" for row in range(first, first + len(scores))]
        yield zip(ids, repeat(moment), scores)


def has_usable_ids(observation: Observation) -> bool:
    """Whether the ids of all rows of a request can stand in a table, and so be named by a label."""
    suffix = len(f"/{observation.rows - 1}") if observation.rows > 1 else 0
    return is_usable(observation.id) and len(observation.id) + suffix <= LONGEST
