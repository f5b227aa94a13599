"""How far values reach, and how many distinct ones there are, in words."""

from leeboard.report.scales import bare, count
from leeboard.stats.extents import Extent


def reach(reference: Extent | None, window: Extent | None) -> str:
    """Such as "0 to 48, in the reference 0 to 31; some 120 distinct values, in the reference some 90".

    Without the reference where that does not tell it; nothing where the window does not, or has no value.
    """
    if window is None or not window.distinct.registers.any():
        return ""
    number = _distinct(window)
    values = f"{number} distinct value" + ("" if number == "1" else "s")
    parts = [(_range(window), _range(reference)), (values, _distinct(reference))]
    return "; ".join(f"{now}, in the reference {before}" if before else now for now, before in parts if now)


def _range(extent: Extent | None) -> str:
    if extent is None or not extent.has_numbers:
        return ""
    return f"{bare(extent.minimum)} to {bare(extent.maximum)}"


def _distinct(extent: Extent | None) -> str:
    """An estimate: it is wrong by some percent."""
    if extent is None:
        return ""
    number = round(extent.distinct.estimate)
    if number < 2:
        return "1" if number else "none"
    return f"some {count(number)}"
