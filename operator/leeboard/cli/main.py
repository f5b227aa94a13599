"""The `leeboard` command: reads its arguments, runs one command, and ends with its exit status."""

import argparse
import os
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from leeboard.cli.command import DONE, FAILED, Command, Session
from leeboard.cli.commands import COMMANDS
from leeboard.cli.errors import CommandError
from leeboard.cli.help import epilog, formatter, listed, paragraphs
from leeboard.cli.options import shared_options
from leeboard.cli.terminal import Terminal

_PLUGIN = "kubectl-leeboard"
_INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 when it did what it says, else one of the statuses of `leeboard.cli.command`.

    Raises SystemExit with 2 where the arguments are not understood, and with 0 after help.
    """
    parser = build_parser(_program())
    options = parser.parse_args(arguments)
    if options.command is None:
        parser.print_help()
        return DONE
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")  # a terminal that is not UTF-8 shows ? for what it lacks
    terminal = Terminal(sys.stdout, sys.stderr, os.environ)
    try:
        return _carried_out(options.command, Session(options, terminal, datetime.now(UTC)))
    except CommandError as error:
        terminal.note(f"leeboard: {error.message}")
        if error.hint:
            terminal.note(f"  {error.hint}")
        return error.status
    except KeyboardInterrupt:
        return _INTERRUPTED


def build_parser(program: str, commands: Iterable[Command] = COMMANDS) -> argparse.ArgumentParser:
    """The parser of the whole command line, to be called by the name `program`."""
    commands = tuple(commands)
    summaries = listed("commands", ((command.name, command.summary) for command in commands))
    parser = argparse.ArgumentParser(
        prog=program,
        usage=f"{program} [options] COMMAND ...",
        description=f"Look at and steer the models that Leeboard trains, serves and watches.\n\n{summaries}",
        epilog=f"`{program} COMMAND --help` says more about a command and shows examples.",
        parents=[shared_options(default=None)],
        formatter_class=formatter,
    )
    parser.set_defaults(command=None)
    places = parser.add_subparsers(prog=program, metavar="COMMAND", help=argparse.SUPPRESS)
    for command in commands:
        own = places.add_parser(
            command.name,
            description=paragraphs(command.description),
            epilog=epilog(program, command),
            parents=[shared_options(default=argparse.SUPPRESS)],
            formatter_class=formatter,
        )
        command.configure(own)
        own.set_defaults(command=command)
    return parser


def _carried_out(command: Command, session: Session) -> int:
    try:
        status = command.run(session)
        session.terminal.flush()
    except BrokenPipeError:
        # the reader has seen enough; Python would complain once more when it flushes at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    return status


def _program() -> str:
    return "kubectl leeboard" if Path(sys.argv[0]).name == _PLUGIN else "leeboard"
