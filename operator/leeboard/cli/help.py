"""How the help of a command is laid out."""

import argparse
import shutil
import textwrap
from collections.abc import Iterable

from leeboard.cli.command import Command

_WIDEST = 100


def width() -> int:
    """Cells in a line of help: the terminal's, at most 100."""
    return min(_WIDEST, shutil.get_terminal_size((_WIDEST, 24)).columns)


def formatter(prog: str) -> argparse.HelpFormatter:
    """argparse's formatter, with room for long options and with descriptions left as they are."""
    return argparse.RawDescriptionHelpFormatter(prog, max_help_position=32, width=width())


def paragraphs(text: str) -> str:
    """Paragraphs, which empty lines set apart, each filled to the width of help."""
    return "\n\n".join(textwrap.fill(part, width()) for part in text.split("\n\n"))


def listed(title: str, pairs: Iterable[tuple[str, str]]) -> str:
    """A title, and below it two aligned columns; empty without any pairs."""
    lines = list(pairs)
    column = max((len(left) for left, _ in lines), default=0)
    return "\n".join([f"{title}:", *(f"  {left:<{column}}  {right}" for left, right in lines)]) if lines else ""


def examples(program: str, command: Command) -> str:
    """What stands below a command's options."""
    return listed("examples", ((f"{program} {call}", purpose) for call, purpose in command.examples))
