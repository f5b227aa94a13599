"""Quantities as the API server takes them, as numbers."""

from decimal import Decimal

import pytest

from leeboard.api.quantities import parse_quantity


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("0", 0),
        ("2", 2),
        ("500m", Decimal("0.5")),
        ("1.5Gi", 3 * 2**29),
        ("10k", 10_000),
        ("1Ki", 1024),
        ("3M", 3_000_000),
        ("3Mi", 3 * 2**20),
        ("1G", 10**9),
        ("2T", 2 * 10**12),
        ("1Ti", 2**40),
    ],
)
def test_amounts(text: str, amount: Decimal) -> None:
    assert parse_quantity(text) == amount


@pytest.mark.parametrize("text", ["", "Gi", "-1", "1 Gi", "1e3", "1Gib", "1.Gi"])
def test_what_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="no quantity"):
        parse_quantity(text)
