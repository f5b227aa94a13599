"""Where a traffic process runs, and how its files come there and back."""

import sys
from pathlib import Path
from typing import Protocol

ROOT = Path(__file__).resolve().parents[3]
MODULE = "e2e.demo.traffic"


class Whereabouts(Protocol):
    """A place that can run the traffic process with the standard input and output of a program started here."""

    def command(self, arguments: list[str]) -> list[str]:
        """The program to start here for the traffic process with these arguments."""

    def lent(self, file: Path) -> str:
        """The path of a file there; its contents are there when this returns."""

    def state(self, file: Path) -> str:
        """The path there of the state file that is `file` here."""

    def fetched(self, file: Path) -> None:
        """Bring the state file here as it is now."""


class Here:
    """A process on this machine: outside the cluster, as its callers are."""

    def command(self, arguments: list[str]) -> list[str]:
        """See `Whereabouts.command`."""
        return [sys.executable, "-m", MODULE, *arguments]

    def lent(self, file: Path) -> str:
        """See `Whereabouts.lent`."""
        return str(file.resolve())

    def state(self, file: Path) -> str:
        """See `Whereabouts.state`."""
        return str(file.resolve())

    def fetched(self, file: Path) -> None:
        """See `Whereabouts.fetched`: it is written here."""
