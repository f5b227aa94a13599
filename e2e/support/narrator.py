"""Tells a person at a terminal what is being done and how far it is."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TextIO


@dataclass
class Step:
    """One named part of a story: when it began, how long it took (seconds) and what was seen."""

    name: str
    title: str
    started: float
    seconds: float | None = None
    facts: dict[str, object] = field(default_factory=dict)


class Narrator:
    """Prints steps with their elapsed time; on a terminal the current detail overwrites itself."""

    def __init__(self, out: TextIO = sys.stdout) -> None:
        self._out = out
        self._terminal = out.isatty()
        self._origin = time.monotonic()
        self._detail = ""
        self.steps: list[Step] = []

    @contextmanager
    def step(self, name: str, title: str) -> Iterator[Step]:
        """Announce a step, time it, and close it with a tick; an exception closes it with a cross."""
        step = Step(name=name, title=title, started=time.monotonic())
        self.steps.append(step)
        self._print(f"{self._elapsed()}  ● {title}")
        try:
            yield step
        except BaseException:
            step.seconds = round(time.monotonic() - step.started, 1)
            self._print(f"{self._elapsed()}  ✗ {title} ({step.seconds:.0f} s)")
            raise
        step.seconds = round(time.monotonic() - step.started, 1)
        self._print(f"{self._elapsed()}  ✓ {title} ({step.seconds:.0f} s)")

    def say(self, text: str) -> None:
        """Print one lasting line under the current step."""
        self._print(f"{self._elapsed()}      {text}")

    def detail(self, text: str) -> None:
        """Show what is being waited for: rewritten in place on a terminal, printed once per change elsewhere."""
        if text == self._detail and not self._terminal:
            return
        self._detail = text
        line = f"{self._elapsed()}      {text}"
        if self._terminal:
            self._out.write("\r\x1b[K" + line[:158])
            self._out.flush()
        else:
            self._print(line)

    def block(self, text: str) -> None:
        """Print several lines, indented, as they are."""
        for line in text.rstrip().splitlines():
            self._print("            " + line)

    def _print(self, line: str) -> None:
        prefix = "\r\x1b[K" if self._terminal else ""
        self._out.write(prefix + line + "\n")
        self._out.flush()

    def _elapsed(self) -> str:
        seconds = int(time.monotonic() - self._origin)
        return f"{seconds // 60:3d}:{seconds % 60:02d}"
