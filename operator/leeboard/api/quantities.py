"""Kubernetes quantities as numbers: `resource.Quantity` of the API machinery, without its exponents."""

import re
from decimal import Decimal

_PATTERN = re.compile(r"([0-9]+(?:\.[0-9]+)?)(m|k|Ki|M|Mi|G|Gi|T|Ti)?")
_SCALES = {
    "": Decimal(1),
    "m": Decimal("0.001"),
    **{prefix: Decimal(1000) ** power for power, prefix in enumerate("kMGT", start=1)},
    **{f"{prefix}i": Decimal(1024) ** power for power, prefix in enumerate("KMGT", start=1)},
}


def parse_quantity(text: str) -> Decimal:
    """The amount in the quantity's own unit: bytes, cores. Raises ValueError where it is none."""
    match = _PATTERN.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no quantity such as 500m or 1Gi")
    return Decimal(match[1]) * _SCALES[match[2] or ""]
