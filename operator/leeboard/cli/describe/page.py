"""A page about one object: facts, conditions with their hints, children, and what was told of it lately."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rich.text import Text

from leeboard.api.base import Condition
from leeboard.api.reasons import hint
from leeboard.cli.describe.children import Child
from leeboard.cli.describe.happenings import Happening
from leeboard.cli.show import styles
from leeboard.cli.show.moments import age
from leeboard.cli.show.table import Column, cell, table
from leeboard.cli.show.text import folded, joined, padded, styled
from leeboard.planning.conditions import timestamp

_LABEL_WIDTH = 14
_INDENT = "  "
_TROUBLE = ("Stalled", "Reconciling", "AwaitingApproval", "RunHeld")
"""Conditions whose being true asks somebody for something."""

Fact = tuple[str, str]
"""A label and what is said, without style: programs read the same."""


@dataclass(frozen=True)
class Page:
    """What is shown of one object; `name` is a run's id where one run is described."""

    kind: str
    namespace: str
    name: str
    facts: tuple[Fact, ...]
    conditions: tuple[Condition, ...] = ()
    children: tuple[Child, ...] = ()
    happenings: tuple[Happening, ...] = ()


def draw(page: Page, now: datetime, width: int) -> Iterator[Text]:
    """The page in lines of at most `width` cells."""
    yield styled(f"{page.kind} ", (page.name, styles.NAME), f" in {page.namespace}")
    for label, said in page.facts:
        yield from _labelled(styled((label, styles.LABEL)), said, width)
    yield from _section("conditions", _conditions(page.conditions, now, width))
    yield from _section("children", _children(page.children, now, width))
    yield from _section("events", _happenings(page.happenings, now, width))


def document(page: Page) -> dict[str, Any]:
    """The same for a program."""
    return {
        "kind": page.kind,
        "namespace": page.namespace,
        "name": page.name,
        "facts": [{"label": label, "text": text} for label, text in page.facts],
        "conditions": [one.dump() | {"hint": _hint(one)} for one in page.conditions],
        "children": [
            {"kind": one.kind, "name": one.name, "state": one.state, "message": one.message} for one in page.children
        ],
        "events": [
            {
                "at": timestamp(one.at),
                "type": one.type,
                "reason": one.reason,
                "message": one.message,
                "count": one.count,
                "regarding": one.regarding,
            }
            for one in page.happenings
        ],
    }


def _labelled(label: Text, said: str, width: int) -> Iterator[Text]:
    lines = folded(styled(said), max(20, width - _LABEL_WIDTH - len(_INDENT)))
    for index, line in enumerate(lines or [Text()]):
        yield joined(Text(_INDENT), padded(label if index == 0 else Text(), _LABEL_WIDTH), line)


def _section(title: str, lines: Iterable[Text]) -> Iterator[Text]:
    found = list(lines)
    if found:
        yield Text()
        yield styled((title, styles.HEADING))
        yield from found


def _conditions(conditions: Iterable[Condition], now: datetime, width: int) -> Iterator[Text]:
    for one in conditions:
        since = f" for {age(one.last_transition_time, now)}" if one.last_transition_time is not None else ""
        style = "" if one.type in ("Reconciling", "Stalled") else styles.of_word(one.status)
        yield styled(f"{_INDENT}{one.type} ", (one.status, style), f", {one.reason}{since}")
        advice = _hint(one)
        told = one.message.removesuffix(f" — {advice}") if advice else one.message
        yield from _folded(told, width)
        if advice:
            yield from _folded(f"→ {advice}", width, styles.NOTICE)


def _hint(condition: Condition) -> str:
    """Advice belongs to what is wrong: it is left out where a condition is as it should be."""
    good = condition.status == "True" and condition.type not in (
        "Stalled",
        "Reconciling",
        "AwaitingApproval",
        "RunHeld",
    )
    return "" if good else hint(condition.reason)


def _folded(text: str, width: int, style: str = "") -> Iterator[Text]:
    for line in folded(styled((text, style)), max(20, width - 2 * len(_INDENT))):
        yield joined(Text(2 * _INDENT), line)


def _children(children: Iterable[Child], now: datetime, width: int) -> list[Text]:
    rows = [
        (
            cell(one.kind),
            cell(one.name, styles.NAME),
            cell(one.state, one.style),
            cell(age(one.born, now)),
            cell(one.message),
        )
        for one in children
    ]
    columns = (Column("KIND"), Column("NAME"), Column("STATE"), Column("AGE"), Column("MESSAGE"))
    return [joined(Text(_INDENT), line) for line in table(columns, rows, width - len(_INDENT))] if rows else []


def _happenings(happenings: Iterable[Happening], now: datetime, width: int) -> Iterator[Text]:
    for one in happenings:
        style = styles.NOTICE if one.type == "Warning" else ""
        times = f" ({one.count} times)" if one.count > 1 else ""
        head = styled(f"{_INDENT}{age(one.at, now):>6} ago  ", (one.reason, style), f"{times}: {one.message}")
        first, *rest = folded(head, width)
        yield first
        for line in rest:
            yield from (joined(Text(" " * 14), part) for part in folded(line, max(20, width - 14)))
