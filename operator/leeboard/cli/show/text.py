"""Styled text that is safe to print, and its folding to a width."""

import re
from io import StringIO

from rich.console import Console
from rich.text import Text

Piece = str | tuple[str, str]
"""A text, or a text with its style in rich's terms."""

_BLANK = re.compile(r"[\t\n\v\f\r\u0085\u2028\u2029]+")
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_FOLDER = Console(file=StringIO(), color_system=None)


def clean(text: str) -> str:
    """One line without characters that steer a terminal: what objects hold is written by others."""
    return _UNSAFE.sub("\N{REPLACEMENT CHARACTER}", _BLANK.sub(" ", text))


def styled(*pieces: Piece, style: str = "") -> Text:
    """One line of text made of pieces, each cleaned; `style` holds for all of them."""
    parts = [(piece, "") if isinstance(piece, str) else piece for piece in pieces]
    return Text.assemble(*((clean(text), kind) for text, kind in parts), style=style)


def folded(text: Text, width: int) -> list[Text]:
    """The text in lines of at most `width` cells, broken at blanks and, where there are none, within words."""
    return [_without_trailing_blanks(line) for line in text.wrap(_FOLDER, max(1, width), overflow="fold")]


def shortened(text: Text, width: int) -> Text:
    """The text cut to `width` cells, with an ellipsis where something is missing."""
    cut = text.copy()
    cut.truncate(max(1, width), overflow="ellipsis")
    return cut


def shortened_at_start(text: Text, width: int) -> Text:
    """The last `width` cells of the text, with an ellipsis before them where something is missing."""
    if text.cell_len <= width:
        return text
    kept = text.copy()
    while kept.cell_len > max(1, width) - 1:
        kept = kept[1:]
    return Text.assemble("\N{HORIZONTAL ELLIPSIS}", kept)


def padded(text: Text, width: int, *, right: bool = False) -> Text:
    """The text filled with blanks to `width` cells; `right` puts them before it."""
    blanks = Text(" " * max(0, width - text.cell_len))
    return Text.assemble(blanks, text) if right else Text.assemble(text, blanks)


def joined(*texts: Text) -> Text:
    """Several texts in one line, without blanks at its end."""
    return _without_trailing_blanks(Text.assemble(*texts))


def _without_trailing_blanks(text: Text) -> Text:
    line = text.copy()
    line.rstrip()
    return line
