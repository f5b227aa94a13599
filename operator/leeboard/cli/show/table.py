"""Tables as kubectl prints them: aligned columns, no rules, no blanks at the end of a line."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.text import Text

from leeboard.cli.show import styles
from leeboard.cli.show.text import joined, padded, shortened, shortened_at_start, styled

_GAP = 2
_NARROWEST = 20
_SHORTEST_END = 11
"""An ellipsis, and the hash at the end of a version's name."""
NOTHING = "-"
"""What stands in a cell that has no value, so that columns can be counted."""


@dataclass(frozen=True)
class Column:
    """A column; `right` aligns numbers at their last digit.

    Where a screen is too narrow, columns with `spare` above 0 are left out, the lowest first, and then the
    beginning of what is told apart by its `end`.
    """

    title: str
    right: bool = False
    spare: int = 0
    end: bool = False


def cell(text: str, style: str = "") -> Text:
    """The content of one cell; a dash where there is nothing."""
    return styled((text or NOTHING, style))


def table(
    columns: Sequence[Column], rows: Sequence[Sequence[Text]], width: int | None = None, *, gap: int = _GAP
) -> list[Text]:
    """Heading and rows, `gap` blanks between columns.

    To fit `width` cells, the last column, which holds words, is cut, and names of which the end is enough; None cuts
    nothing.
    """
    heading = [styled((column.title, styles.HEADING)) for column in columns]
    widths = [max(row[index].cell_len for row in (heading, *rows)) for index in range(len(columns))]
    if width is not None:
        _narrow(columns, widths, width - gap * (len(columns) - 1))
        before = sum(widths[:-1]) + gap * (len(columns) - 1)
        widths[-1] = min(widths[-1], max(_NARROWEST, width - before))
    return [_line(columns, row, widths, gap) for row in (heading, *rows)]


def fitting(columns: Sequence[Column], rows: Sequence[Sequence[Text]], width: int | None) -> list[int]:
    """The places of the columns that are shown on a screen of `width` cells; None shows all.

    Of the last one, which is cut, only the beginning counts.
    """
    kept = list(range(len(columns)))
    widths = [max(len(column.title), *(row[index].cell_len for row in rows), 0) for index, column in enumerate(columns)]
    widths[-1] = min(widths[-1], _NARROWEST)
    for _, index in sorted((column.spare, index) for index, column in enumerate(columns) if column.spare):
        if width is None or sum(widths[one] + _GAP for one in kept) - _GAP <= width:
            break
        kept.remove(index)
    return kept


def _narrow(columns: Sequence[Column], widths: list[int], width: int) -> None:
    """Take from the columns whose end is enough what is too much in all."""
    excess = sum(widths[:-1]) + min(widths[-1], _NARROWEST) - width
    for index, column in enumerate(columns):
        if column.end and excess > 0:
            taken = max(0, min(excess, widths[index] - _SHORTEST_END))
            widths[index] -= taken
            excess -= taken


def _line(columns: Sequence[Column], row: Sequence[Text], widths: Sequence[int], gap: int) -> Text:
    parts: list[Text] = []
    for column, content, width in zip(columns, row, widths, strict=True):
        fit = shortened_at_start(content, width) if column.end else shortened(content, width)
        parts += [padded(fit, width, right=column.right), Text(" " * gap)]
    return joined(*parts)
