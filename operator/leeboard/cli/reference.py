"""docs/reference/cli.md, from the parsers themselves: `python -m leeboard.cli.reference ROOT [--check]`."""

import argparse
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from leeboard.cli.command import Command
from leeboard.cli.commands import COMMANDS
from leeboard.cli.main import build_parser

PAGE = Path("docs/reference/cli.md")
_WIDTH = "100"
_HEAD = """# The `leeboard` command

Generated from the command's own parsers by `make generate`. `kubectl leeboard` is the same command: kubectl finds it
as `kubectl-leeboard` in the path. It reads the kubeconfig as kubectl does, and acts as the user whom that names.

Exit status: 0 done; 1 not possible, or only in part; 2 called in a way that is not understood; 3 refused by the
operator, by a rule or by a gate; 4 not over within the time given; 130 interrupted. `-o json` and `-o yaml` give what
[the contracts](contracts.md#the-command-line) describe, colours are for terminals only, and `NO_COLOR` turns them off.
"""


def reference_page() -> str:
    """The whole page as Markdown."""
    os.environ["COLUMNS"] = _WIDTH  # argparse folds help to the terminal of whoever generates the page
    parser = build_parser("leeboard")
    parts = [_HEAD, *(f"| [`{one.name}`](#leeboard-{one.name}) | {one.summary} |" for one in COMMANDS)]
    parts.insert(1, "| command | |\n|---|---|")
    return "\n".join([*parts, "", *_sections(parser)]).rstrip() + "\n"


def _sections(parser: argparse.ArgumentParser) -> Iterator[str]:
    for command in COMMANDS:
        yield f"## leeboard {command.name}\n"
        yield f"```\n{_help(parser, command)}```\n"


def _help(parser: argparse.ArgumentParser, command: Command) -> str:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            text: str = action.choices[command.name].format_help()
            return text
    raise LookupError(command.name)


def main(arguments: list[str]) -> int:
    """Write the page, or with --check tell whether it is current; the exit status is 1 where it is not."""
    parser = argparse.ArgumentParser(prog="python -m leeboard.cli.reference", description=__doc__)
    parser.add_argument("root", type=Path)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args(arguments)
    path, page = options.root / PAGE, reference_page()
    if not options.check:
        path.write_text(page, encoding="utf-8")
        return 0
    if path.is_file() and path.read_text(encoding="utf-8") == page:
        return 0
    print(f"{PAGE} is not current: run make generate", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
