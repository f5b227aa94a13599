"""What a benchmark's page has: the machine's name, and a block that the run writes."""

from __future__ import annotations

import platform
import re
from collections.abc import Sequence
from pathlib import Path


def processor() -> str:
    """The processor that it ran on."""
    cpu = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    return cpu[1].strip() if cpu else platform.machine()


def write_block(page: Path, begin: str, end: str, text: str) -> None:
    """Put the text between the two marks of a page. Raises ValueError where they are missing."""
    before, first, rest = page.read_text(encoding="utf-8").partition(begin)
    _, second, after = rest.partition(end)
    if not first or not second:
        raise ValueError(f"{page} lacks the marks")
    page.write_text(f"{before}{begin}\n\n{text.strip()}\n\n{end}{after}", encoding="utf-8")


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in Markdown; all columns but the first hold numbers."""
    return "\n".join(map(_row, [head, ["---", *["---:"] * (len(head) - 1)], *rows]))


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
