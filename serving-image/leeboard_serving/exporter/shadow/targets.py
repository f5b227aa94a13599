"""Who gets copies: shadow.json beside the observations of a version, which the evaluator renews while it holds.

It names versions and no addresses: whoever may write there can send copies to challengers' Services of the same Model,
and nowhere else.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import msgspec

KEY = "shadow.json"
CONTRACT = 1
LARGEST = 16 << 10
"""Bytes of the file."""
MOST_TARGETS = 5
LONGEST_HOLD = 900.0
"""Seconds that a file holds at most, whatever it says: without news of it nothing is copied for ever."""
_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")


@dataclass(frozen=True)
class Target:
    """A version that gets copies of `percent` percent of the requests, and of `most` a second at most."""

    version: str
    percent: int
    most: int


@dataclass(frozen=True)
class Targets:
    """Those of a file, until a moment in seconds since 1970."""

    until: float
    targets: tuple[Target, ...] = ()


NOBODY = Targets(0.0)


class _Challenger(msgspec.Struct, rename="camel"):
    version: str
    percent: Annotated[int, msgspec.Meta(ge=1, le=100)]
    max_requests_per_second: Annotated[int, msgspec.Meta(ge=1, le=1000)]


class _File(msgspec.Struct):
    contract: int
    champion: str
    until: str
    challengers: list[_Challenger]


_decode = msgspec.json.Decoder(_File).decode


def parse_targets(data: bytes, version: str, now: float) -> Targets:
    """The file's targets, where it is about this version. Raises ValueError for what is no such file."""
    try:
        raw = _decode(data)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise ValueError(f"{KEY}: {error}") from error
    if raw.contract != CONTRACT:
        raise ValueError(f"{KEY}: contract {raw.contract}, not {CONTRACT}")
    if raw.champion != version:
        return NOBODY
    until = datetime.fromisoformat(raw.until)
    names = [one.version for one in raw.challengers]
    wrong = [name for name in names if name == version or not _NAME.fullmatch(name) or ".." in name]
    if until.tzinfo is None or wrong or len(set(names)) < len(names) or len(names) > MOST_TARGETS:
        raise ValueError(f"{KEY}: a time without a zone, or no {MOST_TARGETS} names of other versions, each once")
    targets = tuple(Target(one.version, one.percent, one.max_requests_per_second) for one in raw.challengers)
    return Targets(min(until.timestamp(), now + LONGEST_HOLD), targets)
