"""What is said of many problems: kind by kind, with how many pods have it and which, the most severe first.

The same problems give the same text in whatever order they come, and nothing in it counts up or moves with time: a
status is written again only where something has changed.
"""

from collections.abc import Iterable, Sequence
from itertools import groupby

from leeboard.api.reasons import Reason, hint
from leeboard.planning.pod_problems import Problem

MOST_PODS = 3
"""Pods that are named for each kind."""
MOST_FACTS = 2
LONGEST_FACT = 400
LONGEST_REPORT = 900
"""Characters: what stands around a report has room beside it in a condition's message."""

_SEVERITY = (
    # wrong for ever: the version, its storage, the spec
    *(Reason.DIGEST_MISMATCH, Reason.SIGNATURE_INVALID, Reason.SIGNATURE_MISSING),
    *(
        Reason.UNSAFE_FORMAT,
        Reason.GOLDEN_SAMPLES_MISMATCH,
        Reason.GOLDEN_SAMPLES_REFUSED,
        Reason.MODEL_LOAD_FAILED,
        Reason.LIBRARY_MISMATCH,
    ),
    *(Reason.STORAGE_FORBIDDEN, Reason.STORAGE_NOT_FOUND, Reason.STORAGE_CONFLICT, Reason.BAD_DATA),
    *(Reason.BAD_CONFIGURATION, Reason.CONFIG_MISSING, Reason.IMAGE_PULL, Reason.POD_REJECTED),
    # wrong until somebody gives more
    *(Reason.QUOTA_EXCEEDED, Reason.OOM_KILLED, Reason.CRASH_LOOP, Reason.UNSCHEDULABLE),
    *(Reason.VOLUME_UNAVAILABLE, Reason.POD_NOT_STARTING, Reason.DISK_FULL, Reason.EVICTED),
    # may pass by itself
    *(Reason.NODE_LOST, Reason.STORAGE_UNREACHABLE, Reason.PROBE_FAILING),
)
_RANK = {reason: rank for rank, reason in enumerate(_SEVERITY)}


def severity(reason: Reason) -> tuple[int, str]:
    """A sort key: the most severe reason first."""
    return _RANK.get(reason, len(_RANK)), str(reason)


def report(problems: Sequence[Problem], pods: int) -> str:
    """Every kind of problem in its order, each with its hint; `pods` is how many pods there are in all."""
    kinds = [list(group) for group in _by_reason(problems)]
    text = ""
    for number, kind in enumerate(kinds):
        more = _kind(kind, pods)
        if text and len(text) + len(more) + 2 > LONGEST_REPORT:
            return f"{text}; and {len(kinds) - number} further kinds of problems"
        text = f"{text}; {more}" if text else more[:LONGEST_REPORT]
    return text


def _by_reason(problems: Sequence[Problem]) -> Iterable[Iterable[Problem]]:
    first = {problem.reason: place for place, problem in reversed(list(enumerate(problems)))}
    ordered = sorted(problems, key=lambda one: (first[one.reason], one.place, one.fact))
    return (group for _, group in groupby(ordered, key=lambda one: one.reason))


def _kind(problems: list[Problem], pods: int) -> str:
    reason = problems[0].reason
    affected = sorted({one.pod for one in problems if one.pod})
    places = sorted({one.place for one in problems if one.pod})
    facts = sorted({one.fact for one in problems if one.fact})
    named = ", ".join(places[:MOST_PODS])
    named += f" and {len(places) - MOST_PODS} more" if len(places) > MOST_PODS else ""
    if len(affected) > 1 or (affected and pods > 1):
        said = f"{reason} in {len(affected)} of {max(pods, len(affected))} pods ({named})"
    else:
        said = f"{named}: {reason}" if named else str(reason)
    told = "; ".join(facts[:MOST_FACTS])[:LONGEST_FACT]
    advice = hint(reason)
    return said + (f": {told}" if told else "") + (f" — {advice}" if advice and advice not in told else "")
