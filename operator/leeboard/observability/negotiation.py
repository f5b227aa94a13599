"""Which format a scrape asks for, by its header Accept (RFC 9110, 12.5.1)."""

from __future__ import annotations

import math

_PROTOBUF = "application/vnd.google.protobuf"
_MESSAGES = {"proto": "io.prometheus.client.metricfamily", "encoding": "delimited"}
_TEXT = ("text/plain", "text/*", "*/*")


def prefers_protobuf(accept: str) -> bool:
    """Whether Prometheus' protobuf is named with at least the weight of text; a wildcard does not name it.

    A Prometheus that takes native histograms names it first, any other one does not name it at all.
    """
    protobuf = text = 0.0
    for media_range in accept.split(","):
        media, *pairs = (part.strip().lower() for part in media_range.split(";"))
        parameters = dict(_parameter(pair) for pair in pairs)
        weight = _weight(parameters.get("q", "1"))
        if media == _PROTOBUF and _MESSAGES.items() <= parameters.items():
            protobuf = max(protobuf, weight)
        elif media in _TEXT:
            text = max(text, weight)
    return 0 < protobuf >= text


def _parameter(pair: str) -> tuple[str, str]:
    name, _, value = pair.partition("=")
    return name.strip(), value.strip().strip('"')


def _weight(text: str) -> float:
    """What a weight that is none says is ignored with what it weighs."""
    try:
        weight = float(text)
    except ValueError:
        return 0.0
    return weight if math.isfinite(weight) and 0 <= weight <= 1 else 0.0
