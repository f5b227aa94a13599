"""Runs the checks one after the other, and sees after each that the server still answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from importlib import import_module
from typing import Any, Literal

import grpc
import httpx

from tests.conformance.check import CHECKS, Check, Level, NotMet, NotOffered
from tests.conformance.subject import Subject

Outcome = Literal["passed", "failed", "not offered"]
MODULES = ("pages", "inference", "refusals", "binary", "extensions", "hostile", "rpc", "hostile_rpc")
"""They fill the table of checks, in this order."""
for _name in MODULES:
    import_module(f"tests.conformance.{_name}")


@dataclass(frozen=True)
class Result:
    """What came of a check."""

    name: str
    level: Level
    source: str
    outcome: Outcome
    text: str = ""

    @property
    def broken(self) -> bool:
        """Whether the server does not do what it has to; recommendations may be left."""
        return self.outcome == "failed" and self.level != Level.RECOMMENDED

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


def run(
    subject: Subject, checks: Iterable[Check] | None = None, tell: Callable[[Result], None] = lambda result: None
) -> list[Result]:
    """The results of checks, of all by default; `tell` hears each at once."""
    results = []
    for one in CHECKS if checks is None else checks:
        result = _result(subject, one)
        tell(result)
        results.append(result)
    return results


def outcome_of(subject: Subject, one: Check) -> tuple[Outcome, str]:
    """What comes of a check by itself, and why."""
    try:
        one.run(subject)
    except NotOffered as error:
        return "not offered", str(error)
    except NotMet as error:
        return "failed", str(error)
    except (httpx.HTTPError, grpc.RpcError, OSError) as error:
        return "failed", f"no answer: {type(error).__name__} {error}"[:200]
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        # what a server says may have any form, and one that the check cannot read is none of the protocol
        return "failed", f"an answer of another form: {type(error).__name__} {error}"[:200]
    return "passed", ""


def _result(subject: Subject, one: Check) -> Result:
    outcome, text = outcome_of(subject, one)
    try:
        subject.alive()
    except NotMet as error:
        outcome, text = "failed", f"{text}; afterwards {error}".lstrip("; ")
    return Result(one.name, one.level, one.source, outcome, text)
