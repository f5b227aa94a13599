"""Results as a table for terminals, as Markdown and as JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

from rich.markup import escape
from rich.table import Table

from tests.conformance.check import Level
from tests.conformance.run import Outcome, Result

COLOURS: dict[Outcome, str] = {"passed": "green", "failed": "red", "not offered": "dim"}
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_FOLDER = re.compile(r"/(?:[\w.~+-]+/)+")
SIGNS: dict[Outcome, str] = {"passed": "yes", "failed": "**no**", "not offered": "–"}


def table(results: Sequence[Result], everything: bool) -> Table:
    """The checks that failed, or every one."""
    made = Table("check", "level", "outcome", "what came", "source", title="Open Inference Protocol v2")
    for one in results:
        if everything or one.outcome == "failed":
            colour = COLOURS[one.outcome]
            made.add_row(one.name, one.level, f"[{colour}]{one.outcome}[/]", escape(one.text), escape(one.source))
    return made


def line(results: Sequence[Result]) -> str:
    """How many passed, by level."""
    parts = [f"{level}: {count(results, level)}" for level in Level]
    return f"passed of those that apply: {', '.join(parts)}"


def count(results: Sequence[Result], level: Level) -> str:
    """Such as `12 of 14`."""
    mine = [one for one in results if one.level == level and one.outcome != "not offered"]
    return f"{sum(one.outcome == 'passed' for one in mine)} of {len(mine)}"


def document(results: Sequence[Result]) -> str:
    """As JSON."""
    return json.dumps([one.document() for one in results], indent=2, ensure_ascii=False) + "\n"


def markdown(servers: Mapping[str, Sequence[Result]]) -> str:
    """Tables of the results of servers by name: sums, every check, and what failed."""
    return "\n".join([sums(servers), "", every(servers), "", *failures(servers)])


def sums(servers: Mapping[str, Sequence[Result]]) -> str:
    """Passed checks of those that apply, by level."""
    rows = [[level, *(count(results, level) for results in servers.values())] for level in Level]
    return _table(["level", *(name or "passed" for name in servers)], rows)


def every(servers: Mapping[str, Sequence[Result]]) -> str:
    """All checks with their outcomes."""
    rows = [
        [same[0].name, same[0].level, same[0].source, *(SIGNS[one.outcome] for one in same)]
        for same in zip(*servers.values(), strict=True)
    ]
    return _table(["check", "level", "source", *(name or "passed" for name in servers)], rows)


def failures(servers: Mapping[str, Sequence[Result]]) -> list[str]:
    """What came where something else was expected, by server."""
    lines: list[str] = []
    for name, results in servers.items():
        failed = [[one.name, _lasting(one.text)] for one in results if one.outcome == "failed"]
        if failed:
            lines += [f"### {name or 'What came'}", "", _table(["check", "what came"], failed), ""]
    return lines


def _lasting(text: str) -> str:
    """What a server said, without what the next run has otherwise: its ids, and the folders of one machine."""
    return _FOLDER.sub("…/", _UUID.sub("…", text))


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(_cell(one) for one in row) + " |" for row in lines)


def _cell(text: str) -> str:
    """Texts may quote what a server said, which is shown as it came and not as Markdown or HTML."""
    return "".join(f"&#{ord(one)};" if one in "|<>&" else one for one in text if one.isprintable())
