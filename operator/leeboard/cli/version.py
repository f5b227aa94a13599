"""`leeboard version`."""

import argparse
import importlib.metadata
import platform
import tomllib
from pathlib import Path

from rich.text import Text

from leeboard.api.base import API_VERSION
from leeboard.cli.command import DONE, Command, Session
from leeboard.cli.options import add_output

_PROJECT = Path(__file__).resolve().parents[3] / "pyproject.toml"


def installed_version() -> str:
    """The version of the installed package or, in a checkout that is not installed, that of its pyproject.toml.

    Raises importlib.metadata.PackageNotFoundError where there is neither.
    """
    try:
        return importlib.metadata.version("leeboard")
    except importlib.metadata.PackageNotFoundError:
        if not _PROJECT.is_file():
            raise
    project = tomllib.loads(_PROJECT.read_text(encoding="utf-8"))["project"]
    return f"{project['version']} (checkout)"


def _run(session: Session) -> int:
    versions = {"version": installed_version(), "api": API_VERSION, "python": platform.python_version()}
    if session.options.output != "text":
        session.terminal.document(versions, session.options.output)
        return DONE
    session.terminal.lines([Text("leeboard {version}, API {api}, Python {python}".format_map(versions))])
    return DONE


def _configure(parser: argparse.ArgumentParser) -> None:
    add_output(parser, "text")


COMMAND = Command(
    name="version",
    summary="print the version of this command and of the API it speaks",
    description="Print the version of this command and of the API it speaks. Needs no cluster.",
    configure=_configure,
    run=_run,
)
