"""Tables as kubectl prints them: aligned columns, no rules, no blanks at the end of a line."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.text import Text

from leeboard.cli.show import styles
from leeboard.cli.show.text import joined, padded, shortened, styled

_GAP = 2
_NARROWEST = 20
NOTHING = "-"
"""What stands in a cell that has no value, so that columns can be counted."""


@dataclass(frozen=True)
class Column:
    """A column; `right` aligns numbers at their last digit."""

    title: str
    right: bool = False


def cell(text: str, style: str = "") -> Text:
    """The content of one cell; a dash where there is nothing."""
    return styled((text or NOTHING, style))


def table(
    columns: Sequence[Column], rows: Sequence[Sequence[Text]], width: int | None = None, *, gap: int = _GAP
) -> list[Text]:
    """Heading and rows, `gap` blanks between columns.

    Only the last column, which holds words, is cut to fit `width` cells; None cuts nothing.
    """
    heading = [styled((column.title, styles.HEADING)) for column in columns]
    widths = [max(row[index].cell_len for row in (heading, *rows)) for index in range(len(columns))]
    if width is not None:
        before = sum(widths[:-1]) + gap * (len(columns) - 1)
        widths[-1] = min(widths[-1], max(_NARROWEST, width - before))
    return [_line(columns, row, widths, gap) for row in (heading, *rows)]


def _line(columns: Sequence[Column], row: Sequence[Text], widths: Sequence[int], gap: int) -> Text:
    parts: list[Text] = []
    for column, content, width in zip(columns, row, widths, strict=True):
        parts += [padded(shortened(content, width), width, right=column.right), Text(" " * gap)]
    return joined(*parts)
