"""What a CEL rule says of objects that have none of the new fields and none of the new values.

A rule is read as far as that needs: `||`, `&&`, `!`, `==`, parentheses, `has(…)`, `in […]` and `.all(x, …)`; everything
else is a term that is compared as text. What is not understood stays as it is, so that at worst a harmless rule is
called a break, and never the other way round.
"""

import re
from collections.abc import Callable, Set
from dataclasses import dataclass

TRUE, FALSE = "true", "false"
_HAS = re.compile(r"has\((?P<path>[\w.]+)\)")
_IS = re.compile(r"(?P<path>[\w.]+) == '(?P<value>[^']*)'")
_IN = re.compile(r"(?P<path>[\w.]+) in \[(?P<values>[^\[\]]*)\]")
_LIST = re.compile(r"\[(?P<values>'[^\[\]]*')\]")
_ALL = re.compile(r"(?P<of>[\w.]+)\.all\((?P<variable>\w+), (?P<rule>.*)\)", re.DOTALL)


@dataclass(frozen=True)
class New:
    """Names of fields without a default, and values of enumerations, that a released definition did not know.

    `here` are those that it did not know at the place of the rule, though elsewhere: `self.field`, `self.field=value`.
    """

    fields: Set[str]
    values: Set[str]
    here: Set[str] = frozenset()


def said_of_old(rule: str, new: New) -> str:
    """The rule without what is new in it; `true` where nothing is left."""
    return _or(rule.strip(), new)


def _or(text: str, new: New) -> str:
    parts = [_and(part, new) for part in _split(text, "||")]
    return _joined(parts, " || ", neutral=FALSE, final=TRUE)


def _and(text: str, new: New) -> str:
    parts = [_equal(part, new) for part in _split(text, "&&")]
    return _joined(parts, " && ", neutral=TRUE, final=FALSE)


def _equal(text: str, new: New) -> str:
    sides = _split(text, "==")
    if len(sides) != 2 or _IS.fullmatch(text):
        return _term(text, new)
    left, right = (_term(side, new) for side in sides)
    if {left, right} <= {TRUE, FALSE}:
        return TRUE if left == right else FALSE
    return f"{left} == {right}"


def _term(text: str, new: New) -> str:
    for form, read in _FORMS:
        found = form.fullmatch(text)
        if found:
            return read(found, new)
    if text.startswith("!") and not text.startswith("!="):
        inner = _term(text[1:].strip(), new)
        return {TRUE: FALSE, FALSE: TRUE}.get(inner, f"!{inner}")
    if _is_wrapped(text):
        inner = _or(text[1:-1].strip(), new)
        return inner if inner in {TRUE, FALSE} or not _is_compound(inner) else f"({inner})"
    return _LIST.sub(lambda found: f"[{_known(found['values'], new)}]", text)


def _has(found: re.Match[str], new: New) -> str:
    path = found["path"]
    return FALSE if path in new.here or any(part in new.fields for part in path.split(".")) else found[0]


def _is(found: re.Match[str], new: New) -> str:
    is_new = found["value"] in new.values or f"{found['path']}={found['value']}" in new.here
    return FALSE if is_new else found[0]


def _in(found: re.Match[str], new: New) -> str:
    known = _known(found["values"], new, found["path"])
    return f"{found['path']} in [{known}]" if known else FALSE


def _all(found: re.Match[str], new: New) -> str:
    inner = _or(found["rule"], new)
    return TRUE if inner == TRUE else f"{found['of']}.all({found['variable']}, {inner})"


_FORMS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], New], str]], ...] = (
    (_HAS, _has),
    (_IS, _is),
    (_IN, _in),
    (_ALL, _all),
)


def _known(values: str, new: New, path: str = "") -> str:
    named = ((one, one.strip("'")) for one in values.split(", "))
    return ", ".join(one for one, name in named if name not in new.values and f"{path}={name}" not in new.here)


def _joined(parts: list[str], operator: str, *, neutral: str, final: str) -> str:
    if final in parts:
        return final
    return operator.join(part for part in parts if part != neutral) or neutral


def _split(text: str, operator: str) -> list[str]:
    """The parts between operators that stand in no parentheses, brackets or quotes; a conditional is one part."""
    parts, depth, quoted, start, at = [], 0, False, 0, 0
    while at < len(text):
        letter = text[at]
        if letter == "'":
            quoted = not quoted
        elif not quoted:
            depth += (letter in "([{") - (letter in ")]}")
            if letter == "?" and depth == 0:
                return [text]
            if depth == 0 and text.startswith(operator, at):
                parts.append(text[start:at].strip())
                at += len(operator)
                start = at
                continue
        at += 1
    return [*parts, text[start:].strip()]


def _is_wrapped(text: str) -> bool:
    """Whether the first parenthesis is closed by the last letter."""
    if not (text.startswith("(") and text.endswith(")")):
        return False
    depth = 0
    for at, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if depth == 0:
            return at == len(text) - 1
    return False


def _is_compound(text: str) -> bool:
    return any(len(_split(text, operator)) > 1 for operator in ("||", "&&", "==")) or "?" in text or " in " in text
