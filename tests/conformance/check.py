"""A check: one thing that a server has to do, with the paragraph that asks for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.conformance.subject import Subject


class Level(StrEnum):
    """Why a server should pass."""

    REQUIRED = "required"
    """The protocol says so."""
    RECOMMENDED = "recommended"
    """The protocol says `typically`, or clients in wide use rest on it."""
    EXTENSION = "extension"
    """An extension says so that the server's metadata names; a server without it has nothing to pass."""
    ROBUST = "robust"
    """HTTP or gRPC say so, or nothing but that a caller must not break a server."""


class NotMet(Exception):
    """The server does something else: what was expected, and what came."""


class NotOffered(Exception):
    """The server or its model has nothing that the check is about."""


@dataclass(frozen=True)
class Check:
    """`run` raises NotMet or NotOffered, or returns where the server passes. `source` names document and paragraph."""

    name: str
    level: Level
    source: str
    run: Callable[[Subject], None]


CHECKS: list[Check] = []
"""All of them, in the order in which they run; the modules of checks fill it."""


def check(name: str, level: Level, source: str) -> Callable[[Callable[[Subject], None]], Callable[[Subject], None]]:
    """Enter a function in the table."""

    def entered(run: Callable[[Subject], None]) -> Callable[[Subject], None]:
        enter(name, level, source, run)
        return run

    return entered


def enter(name: str, level: Level, source: str, run: Callable[[Subject], None]) -> None:
    """Enter a check in the table. Raises ValueError where the name is taken."""
    if any(one.name == name for one in CHECKS):
        raise ValueError(f"two checks are named {name}")
    CHECKS.append(Check(name, level, source, run))


def expect(met: object, text: str) -> None:
    """Raises NotMet with the text where something is not met."""
    if not met:
        raise NotMet(text)
