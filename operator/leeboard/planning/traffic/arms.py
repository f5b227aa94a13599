"""Arms: the versions that share the requests of a route, each with its share and with requests of its own."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class HeaderMatch:
    """A header that a request has: with this value, or one that a regular expression (RE2) matches as a whole."""

    name: str
    value: str
    type: Literal["Exact", "RegularExpression"] = "Exact"


@dataclass(frozen=True)
class Arm:
    """A version with its share of the requests, a weight among those of the others.

    With `matches` it gets instead all requests that have each of these headers, whatever its weight; one version may be
    several arms. `cookie` is what a caller is given that came to it by its weight.
    """

    version: str
    weight: int = 0
    matches: tuple[HeaderMatch, ...] = ()
    cookie: str = ""


def shared_out(shares: Mapping[str, int], ready: Iterable[str], champion: str) -> tuple[Arm, ...]:
    """The arms of shares in percent, for versions that have ready pods: no other is ever given a weight.

    A share of 0 is an arm, too: a proxy that knows a version sends it requests without an error once it may, and drops
    it without one. Where none of them has any share, the champion gets all.
    """
    answering = set(ready)
    arms = tuple(Arm(name, share) for name, share in shares.items() if name in answering)
    if any(arm.weight for arm in arms):
        return arms
    return (Arm(champion, 100), *(arm for arm in arms if arm.version != champion))
