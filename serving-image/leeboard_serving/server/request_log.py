"""Log lines about requests: of failures the first of each kind and then how many more; of all where that is asked for.

A caller that sends nothing but wrong requests must not fill the disk of the node, nor hide what else is logged.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

LOG = logging.getLogger("leeboard.serving.requests")
ACCESS_LOG = logging.getLogger("leeboard.serving.access")
SPAN_SECONDS = 10.0
"""For which failures of the kind that was just told of are only counted."""
LONGEST_TEXT = 256


@dataclass
class _Span:
    """Since a failure was told of: when it is over, by the clock, and how many of its kind came since."""

    end: float
    suppressed: int = 0


class RequestLog:
    """Of one worker. A kind of failure is a route and a status, so that there are few.

    `access` asks for a line about every request. `clock` gives seconds that only go forward.
    """

    def __init__(self, access: bool, clock: Callable[[], float] = time.monotonic) -> None:
        self.access, self._clock = access, clock
        self._spans: dict[tuple[str, int], _Span] = {}

    def answered(self, route: str, status: int, seconds: float, identity: str = "", rows: int = 0) -> None:
        """Tell of a request where all are told of; `identity` is its id, if it had one."""
        if self.access:
            fields = {"route": route, "status": status, "seconds": round(seconds, 6), "id": identity, "rows": rows}
            ACCESS_LOG.info("a request was answered", extra={"fields": fields})

    def failed(self, route: str, status: int, seconds: float, identity: str, error: str) -> None:
        """Tell of a failure, or count it where one of its kind was told of just now.

        `error` says what was wrong: the text of the answer, which names inputs and holds none of their values, or what
        was asked for.
        """
        self.answered(route, status, seconds, identity)
        span = self._spans.get((route, status))
        if span is not None:
            span.suppressed += 1
            return
        self._spans[route, status] = _Span(self._clock() + SPAN_SECONDS)
        fields = {"route": route, "status": status, "id": identity, "error": error[:LONGEST_TEXT]}
        LOG.log(_level(status), "a request failed", extra={"fields": fields})

    def tick(self) -> None:
        """Tell of what was only counted in the spans that are over now."""
        if self._spans:
            self._end(self._clock())

    def close(self) -> None:
        """Tell of what was only counted."""
        self._end(float("inf"))

    def _end(self, now: float) -> None:
        for (route, status), span in list(self._spans.items()):
            if span.end > now:
                continue
            del self._spans[route, status]
            if span.suppressed:
                fields = {"route": route, "status": status, "suppressed": span.suppressed}
                LOG.log(_level(status), "more requests failed in the same way", extra={"fields": fields})


def _level(status: int) -> int:
    """An error is what the server is to blame for; being busy is none."""
    return logging.ERROR if status >= 500 and status != 503 else logging.WARNING
