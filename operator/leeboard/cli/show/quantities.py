"""Counts, sizes and digests."""

_PREFIXES = ("kB", "MB", "GB", "TB", "PB")
SHORT_DIGEST = 12
"""Hex digits of a digest that are shown unless the whole is asked for: 48 bits, enough to tell versions apart."""


def count(number: int) -> str:
    """A whole number with its thousands set apart: 312,456."""
    return f"{number:,}"


def size(number: int) -> str:
    """A size in bytes to three digits, with SI prefixes: 1.23 MB."""
    if number < 1000:
        return f"{number} bytes"
    value = float(number)
    for prefix in _PREFIXES:
        value /= 1000
        if value < 999.5 or prefix == _PREFIXES[-1]:
            break
    decimals = 2 if value < 9.995 else 1 if value < 99.95 else 0
    return f"{value:.{decimals}f} {prefix}"


def digest(whole: str, *, wide: bool = False) -> str:
    """The first 12 hex digits of a digest or commit, or with `wide` all of it as it is recorded."""
    return whole if wide else whole.removeprefix("sha256:")[:SHORT_DIGEST]
