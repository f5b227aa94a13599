"""Where a command writes: colours only on a terminal, plain text anywhere else."""

import json
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TextIO

import yaml
from rich.console import Console
from rich.live import Live
from rich.text import Text

from leeboard.cli.show.text import clean

_YAML_WIDTH = 120
SELDOM = 10.0
"""Seconds between two lines of progress that nobody sees come."""


class Terminal:
    """Standard output and standard error of one command.

    `environment` is looked up for NO_COLOR (https://no-color.org: any text but the empty one) and TERM.
    """

    def __init__(self, output: TextIO, errors: TextIO, environment: Mapping[str, str]) -> None:
        self._output = output
        self._errors = errors
        self._interactive = output.isatty()
        plain = environment.get("NO_COLOR") or environment.get("TERM", "dumb") == "dumb"
        self._console = (
            None
            if plain or not self._interactive
            else Console(file=output, _environ=environment, highlight=False, markup=False, emoji=False)
        )

    @property
    def width(self) -> int | None:
        """Cells in a line; None where nobody's screen limits them."""
        return shutil.get_terminal_size().columns if self._interactive else None

    def lines(self, lines: Iterable[Text]) -> None:
        """Write lines, each as long as it is."""
        for line in lines:
            if self._console is None:
                self._output.write(f"{line.plain}\n")
            else:
                self._console.print(line, soft_wrap=True)

    @property
    def interactive(self) -> bool:
        """Whether a person looks at a screen whose lines can be drawn anew."""
        return self._console is not None

    def document(self, document: Any, form: str) -> None:
        """Write a document as indented JSON, or as YAML."""
        if form == "yaml":
            self._output.write(yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=_YAML_WIDTH))
        else:
            self._output.write(f"{json.dumps(document, indent=2, ensure_ascii=False)}\n")

    def live(self) -> Live:
        """A part of the screen that is drawn anew in place. Only where `interactive` is true."""
        return Live(console=self._console, auto_refresh=False, vertical_overflow="crop")

    def note(self, message: str) -> None:
        """Tell the user something that is not part of the output."""
        self._errors.write(f"{clean(message)}\n")

    @contextmanager
    def progress(self) -> Iterator[Callable[[str], None]]:
        """A function that tells how far a command is: on a terminal in one line that is written anew, else seldom."""
        drawn, told = self._errors.isatty(), time.monotonic()

        def tell(text: str) -> None:
            nonlocal told
            if drawn:
                width = shutil.get_terminal_size().columns - 1
                self._errors.write(f"\r\x1b[K{clean(text)[:width]}")
                self._errors.flush()
            elif time.monotonic() - told >= SELDOM:
                told = time.monotonic()
                self.note(text)

        try:
            yield tell
        finally:
            if drawn:
                self._errors.write("\r\x1b[K")

    def flush(self) -> None:
        """Hand over what is buffered. Raises BrokenPipeError where nobody reads any more."""
        self._output.flush()
