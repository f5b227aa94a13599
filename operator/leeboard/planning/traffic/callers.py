"""How a caller stays with its version behind a Gateway: the rules of a route that tell callers apart.

Each version has a rule for those who tell that they belong to it. Whoever tells nothing is shared out by weights,
as the callers are, so that all versions answer the same mix of both.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from leeboard.api.assignment import Assignment
from leeboard.api.model_status import ModelStatus
from leeboard.planning.traffic.arms import Arm, HeaderMatch
from leeboard.planning.traffic.buckets import BUCKETS, Range, expression, ranges

COOKIE_SECONDS = 90 * 24 * 3600
"""How long a browser keeps its version's cookie."""


@dataclass(frozen=True)
class Share:
    """The callers of a challenger: which of the places for callers it has, from 0, and how wide that is, in percent."""

    version: str
    place: int
    percent: int


def shares_of(status: ModelStatus) -> tuple[Share, ...]:
    """The challengers that have callers of their own, and a winner that is getting its pods."""
    candidate = status.candidate
    promoting = (candidate,) if candidate is not None and candidate.phase == "Promoting" else ()
    compared = (one for one in status.challengers if one.phase == "Comparing")
    return tuple(
        Share(one.name, one.place, one.requested_weight)
        for one in (*promoting, *compared)
        if one.place is not None and one.requested_weight > 0
    )


def arms_of_callers(
    assignment: Assignment, shares: Sequence[Share], named: Iterable[str], champion: str, path: str
) -> tuple[Arm, ...]:
    """The arms of a test: a rule for the callers of each version, and the weights of those who do not tell.

    `named` are all versions that the route names, some of them with a weight of 0. `path` is where the Gateway takes
    requests. The shares add up to less than 100.
    """
    told = dict(
        _buckets(assignment, shares, champion)
        if assignment.type == "Bucket"
        else _cookies(assignment, shares, champion)
    )
    weights = dict.fromkeys(named, 0) | {one.version: one.percent for one in shares}
    weights[champion] = 100 - sum(one.percent for one in shares)
    cookie = f"Path={path}; Max-Age={COOKIE_SECONDS}; HttpOnly; SameSite=Lax"
    return (
        *(Arm(version, matches=(match,)) for version, match in told.items()),
        *(
            Arm(
                version,
                weight,
                cookie=f"{assignment.named}={version}; {cookie}" if weight and assignment.type == "Cookie" else "",
            )
            for version, weight in weights.items()
        ),
    )


def bucket_ranges(shares: Sequence[Share]) -> dict[str, Range]:
    """The buckets of each challenger. All others are the champion's.

    Every place is as wide as the widest share, so that a challenger that comes or goes moves no callers of another.
    """
    ordered = sorted(shares, key=lambda one: one.place)
    width = max((one.percent for one in ordered), default=0)
    last = max((one.place for one in ordered), default=-1)
    if (last + 1) * width > 100:  # more challengers were allowed, and this one has a place of that time
        return ranges({one.version: one.percent for one in ordered}, {one.version: one.percent for one in ordered})
    taken = {one.place: one for one in ordered}
    rooms = {taken[place].version if place in taken else f"free {place}": width for place in range(last + 1)}
    return ranges({one.version: one.percent for one in ordered}, rooms)


def _buckets(assignment: Assignment, shares: Sequence[Share], champion: str) -> Iterator[tuple[str, HeaderMatch]]:
    """Expressions that exclude each other, so that the order of rules does not matter."""
    chosen = bucket_ranges(shares)
    for version, own in chosen.items():
        yield version, _matching(assignment.named, expression(own))
    rest = list(_rest(sorted(chosen.values())))
    yield champion, _matching(assignment.named, "|".join(expression(one) for one in rest))


def _rest(taken: Sequence[Range]) -> Iterator[Range]:
    begin = 0
    for start, end in taken:
        if start > begin:
            yield begin, start
        begin = end
    if begin < BUCKETS:
        yield begin, BUCKETS


def _cookies(assignment: Assignment, shares: Sequence[Share], champion: str) -> Iterator[tuple[str, HeaderMatch]]:
    for version in (*(one.version for one in shares), champion):
        value = version.replace(".", r"\.")
        yield version, _matching("cookie", f"(.*; ?)?{assignment.named}={value}(;.*)?")


def _matching(name: str, pattern: str) -> HeaderMatch:
    """Anchored, because some Gateways look for the expression anywhere in the value."""
    return HeaderMatch(name, f"^({pattern})$", "RegularExpression")
