"""What windows say of challengers: read, and added up where windows are merged."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

MOST_CHALLENGERS = 16
"""In one window: five at once, and those that came and went within it."""
_BINNED = ("difference", "latency", "championLatency")
_COUNTED = ("failures", "dropped", "flips")


def read_shadow(raw: Any) -> Mapping[str, Mapping[str, Any]]:
    """The part `shadow` of a window by the name of the challenger. Raises ValueError, TypeError or KeyError."""
    if raw is None:
        return {}
    if len(raw) > MOST_CHALLENGERS:
        raise ValueError(f"{len(raw)} challengers in one window")
    return {str(name): _read(one) for name, one in raw.items()}


def _read(raw: Mapping[str, Any]) -> dict[str, Any]:
    read: dict[str, Any] = {"copies": _count(raw["copies"]), "pairs": _count(raw["pairs"])}
    for name in _COUNTED:
        if name in raw:
            read[name] = {str(key)[:64]: _count(value) for key, value in raw[name].items()}
    if "flips" in read and read["flips"].keys() != {"bothNegative", "toPositive", "toNegative", "bothPositive"}:
        raise ValueError("flips of other names")
    for name in _BINNED:
        edges = [float(edge) for edge in raw[name]["edges"]]
        counts = [_count(one) for one in raw[name]["counts"]]
        if len(counts) != len(edges) + 1:
            raise ValueError(f"{name}: {len(counts)} counts on {len(edges)} edges")
        read[name] = {"edges": edges, "counts": counts}
    for name in ("sum", "sumOfSquares"):
        read["difference"][name] = value = float(raw["difference"][name])
        if not math.isfinite(value):
            raise ValueError(f"a {name} that is not finite")
    if sum(read["failures"].values()) > read["copies"]:
        raise ValueError("more failures than copies")
    return read


def shape_of(raw: Mapping[str, Any] | None) -> tuple[Any, ...]:
    """Windows of one shape can be added up: the same edges, and flips or none."""
    return tuple(
        sorted(
            (name, "flips" in one, *(tuple(one[part]["edges"]) for part in _BINNED))
            for name, one in (raw or {}).items()
        )
    )


def summed_shadow(windows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The part of windows of one shape as one; empty where they have none."""
    names = (windows[0].get("shadow") or {}).keys()
    return {name: _summed([one["shadow"][name] for one in windows]) for name in names}


def _summed(parts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    total: dict[str, Any] = {name: sum(int(one[name]) for one in parts) for name in ("copies", "pairs")}
    for name in _COUNTED:
        if name in parts[0]:
            keys = sorted({key for one in parts for key in one[name]})
            total[name] = {key: sum(int(one[name].get(key, 0)) for one in parts) for key in keys}
    for name in _BINNED:
        counts = [sum(column) for column in zip(*(one[name]["counts"] for one in parts), strict=True)]
        total[name] = {"edges": parts[0][name]["edges"], "counts": counts}
    for name in ("sum", "sumOfSquares"):
        total["difference"][name] = math.fsum(float(one["difference"][name]) for one in parts)
    return total


def _count(value: Any) -> int:
    number = int(value)
    if number < 0:
        raise ValueError(f"a count of {number}")
    return number
