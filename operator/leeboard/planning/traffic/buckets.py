"""Buckets: which arm a caller belongs to, by the hash of who it is, so that a Gateway without a hash can tell.

The caller sends `x-leeboard-bucket`: the first four hex digits of the SHA-256 of its id (UTF-8). The 65,536 buckets lie
in a row, and every arm has a range of them, written as a regular expression of the header. As an arm grows it keeps the
buckets that it has: only the champion, which has what is left, loses some.
"""

import hashlib
from collections.abc import Mapping, Sequence

HEADER = "x-leeboard-bucket"
DIGITS = 4
BUCKETS = 65_536
_HEX = "0123456789abcdef"

Range = tuple[int, int]
"""The first bucket, and the one after the last."""


def bucket(identity: str) -> str:
    """The value of the header for an id: four hex digits, in lower case."""
    return hashlib.sha256(identity.encode()).hexdigest()[:DIGITS]


def ranges(weights: Mapping[str, int], most: Mapping[str, int]) -> dict[str, Range]:
    """The buckets of each challenger, its weight in percent; all others are the champion's.

    Every challenger has a place as wide as the most that it may ever get, one after another in the order of `most`, and
    takes it from its beginning: another challenger's growth moves nobody. Raises ValueError where the most of all is
    beyond 100 percent, or a weight is beyond its most.
    """
    if sum(most.values()) > 100 or any(not 0 <= weight <= most.get(arm, 0) for arm, weight in weights.items()):
        raise ValueError(f"weights {dict(weights)} do not fit into {dict(most)}")
    found: dict[str, Range] = {}
    begin = 0
    for arm, room in most.items():
        start = _buckets(begin)
        end = _buckets(begin + weights.get(arm, 0))
        if end > start:
            found[arm] = (start, end)
        begin += room
    return found


def arm_of(identity: str, chosen: Mapping[str, Range], champion: str) -> str:
    """The arm that a caller belongs to."""
    number = int(bucket(identity), 16)
    return next((arm for arm, (start, end) in chosen.items() if start <= number < end), champion)


def expression(chosen: Range) -> str:
    """A regular expression (RE2) that matches the buckets of a range as a whole; raises ValueError for an empty one."""
    start, end = chosen
    if not 0 <= start < end <= BUCKETS:
        raise ValueError(f"no range of buckets: {chosen}")
    parts = _covered(start, end, DIGITS)
    return parts[0] if len(parts) == 1 else f"({'|'.join(parts)})"


def _buckets(percent: int) -> int:
    return round(percent * BUCKETS / 100)


def _covered(start: int, end: int, digits: int) -> list[str]:
    """Expressions of so many digits that together match the numbers from `start` to before `end`."""
    if digits == 0:
        return [""]
    size: int = 16 ** (digits - 1)
    if start == 0 and end == 16 * size:
        return [_any(digits)]
    parts: list[str] = []
    whole: list[int] = []
    for digit in range(start // size, (end - 1) // size + 1):
        low, high = max(start, digit * size) - digit * size, min(end, (digit + 1) * size) - digit * size
        if (low, high) == (0, size):
            whole.append(digit)
        else:
            parts += [_HEX[digit] + rest for rest in _covered(low, high, digits - 1)]
    if whole:
        parts.append(_digit(whole) + _any(digits - 1))
    return parts


def _digit(digits: Sequence[int]) -> str:
    return _HEX[digits[0]] if len(digits) == 1 else f"[{''.join(_HEX[one] for one in digits)}]"


def _any(digits: int) -> str:
    return f"[0-9a-f]{{{digits}}}" if digits > 1 else "[0-9a-f]" * digits
