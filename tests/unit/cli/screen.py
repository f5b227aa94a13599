"""What a command would show, as plain text, and the text it should be."""

from collections.abc import Iterable
from pathlib import Path

from rich.text import Text

_EXPECTED = Path(__file__).with_name("expected")


def plain(lines: Iterable[Text]) -> str:
    """The lines without their colours."""
    return "".join(f"{line.plain}\n" for line in lines)


def expected(name: str) -> str:
    """The text in a file of `expected/`."""
    return (_EXPECTED / f"{name}.txt").read_text(encoding="utf-8")
