"""Tensors that requests are made of: values of every data type, as JSON and as bytes."""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

DTYPES = {
    "BOOL": "?",
    **{f"UINT{8 * size}": f"<u{size}" for size in (1, 2, 4, 8)},
    **{f"INT{8 * size}": f"<i{size}" for size in (1, 2, 4, 8)},
    **{f"FP{8 * size}": f"<f{size}" for size in (2, 4, 8)},
}
"""The protocol's data types of a fixed length, as numpy names them."""
DATATYPES = (*DTYPES, "BYTES")
_LENGTH = struct.Struct("<I")


@dataclass(frozen=True)
class Tensor:
    """An input or an output as metadata describes it; -1 in `shape` is a dimension of any length."""

    name: str
    datatype: str
    shape: tuple[int, ...]

    @classmethod
    def parse(cls, text: str) -> Tensor:
        """From `name:datatype:shape`, such as `predict:FP32:-1,4`. Raises ValueError."""
        try:
            name, datatype, shape = text.rsplit(":", 2)
            found = cls(name, datatype, tuple(int(one) for one in shape.split(",")))
        except ValueError:
            raise ValueError(f"{text!r} is no name:datatype:shape, such as predict:FP32:-1,4") from None
        if datatype not in DATATYPES:
            raise ValueError(f"{datatype} is no data type; {', '.join(DATATYPES)} are")
        return found

    @property
    def batched(self) -> bool:
        """Whether the first dimension is that of the rows."""
        return bool(self.shape) and self.shape[0] == -1

    def of_rows(self, rows: int) -> list[int]:
        """The shape of so many rows; other dimensions of any length are 1."""
        return [rows if position == 0 and one == -1 else max(one, 1) for position, one in enumerate(self.shape)]

    def given(self, rows: int, first: int = 0) -> dict[str, Any]:
        """An input of a request: so many rows, whose values begin with the `first` of a fixed sequence."""
        shape = self.of_rows(rows)
        data = sequence(self.datatype, math.prod(shape), first * math.prod(shape[1:]))
        return {"name": self.name, "shape": shape, "datatype": self.datatype, "data": data}


def sequence(datatype: str, count: int, first: int = 0) -> list[Any]:
    """Values that every data type has, and that JSON writes exactly."""
    places = range(first, first + count)
    if datatype == "BYTES":
        return [("a", "ü", "")[place % 3] for place in places]
    if datatype == "BOOL":
        return [place % 2 == 0 for place in places]
    if datatype.startswith("FP"):
        return [0.25 * (place % 9) for place in places]
    return [place % 5 for place in places]


def packed(datatype: str, values: Sequence[Any]) -> bytes:
    """Values as bytes, little-endian; texts with their lengths before them."""
    if datatype == "BYTES":
        texts = [one.encode() for one in values]
        return b"".join(_LENGTH.pack(len(one)) + one for one in texts)
    return np.array(values, dtype=DTYPES[datatype]).tobytes()


def unpacked(datatype: str, data: bytes) -> list[Any]:
    """Values of bytes. Raises ValueError where they are not of the data type."""
    if datatype != "BYTES":
        if datatype not in DTYPES:
            raise ValueError(f"{datatype} is no data type")
        return np.frombuffer(data, dtype=DTYPES[datatype]).tolist()
    texts, place = [], 0
    while place < len(data):
        if place + _LENGTH.size > len(data):
            raise ValueError(f"{len(data) - place} bytes are no length of a text")
        (length,) = _LENGTH.unpack_from(data, place)
        place += _LENGTH.size
        texts.append(str(data[place : place + length], "utf-8"))
        place += length
    if place != len(data):
        raise ValueError(f"the last text ends {place - len(data)} bytes behind the data")
    return texts


def flat(nested: Any) -> list[Any]:
    """The values of lists within lists, in their order."""
    if not isinstance(nested, list):
        return [nested]
    return [value for one in nested for value in flat(one)]


def nest(values: Sequence[Any], shape: Sequence[int]) -> list[Any]:
    """Values as lists within lists; `shape` has one dimension at least."""
    if len(shape) == 1:
        return list(values)
    step = len(values) // shape[0] if shape[0] else 0
    return [nest(values[place * step : (place + 1) * step], shape[1:]) for place in range(shape[0])]
