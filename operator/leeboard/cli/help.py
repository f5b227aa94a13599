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


def epilog(program: str, command: Command) -> str:
    """What stands below a command's options: its exit statuses, where they say more than usual, and examples."""
    calls = listed("examples", ((f"{program} {call}", purpose) for call, purpose in command.examples))
    return "\n\n".join(part for part in (_statuses(command), calls) if part)


def _statuses(command: Command) -> str:
    if not command.statuses:
        return ""
    column = max(len(str(status)) for status, _ in command.statuses)
    indent = " " * (column + 4)
    lines = (
        textwrap.fill(f"  {status:<{column}}  {meaning}", width(), subsequent_indent=indent)
        for status, meaning in command.statuses
    )
    return "\n".join(["exit status:", *lines])
