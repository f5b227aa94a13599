"""Universal Binary JSON, as XGBoost writes it, read without trusting a length or following a nesting without end.

Source of the format: the specification of UBJSON, draft 12, with its optimised containers.
"""

import struct
from typing import Any

import numpy as np

DEEPEST = 64

_NUMBERS = {b"i": ">b", b"U": ">B", b"I": ">h", b"l": ">i", b"L": ">q", b"d": ">f", b"D": ">d"}
_CONSTANTS = {b"Z": None, b"T": True, b"F": False}


def parse(data: bytes) -> Any:
    """The value that the bytes are. Raises ValueError where they are none."""
    reader = _Reader(data)
    value = reader.value(reader.take(1), 0)
    if reader.rest():
        raise ValueError(f"{reader.rest()} bytes follow the value")
    return value


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def rest(self) -> int:
        """Bytes that have not been read."""
        return len(self._data) - self._at

    def take(self, count: int) -> bytes:
        """The next bytes."""
        if count < 0 or count > self.rest():
            raise ValueError(f"{count} bytes are wanted where {self.rest()} are left")
        self._at += count
        return self._data[self._at - count : self._at]

    def value(self, marker: bytes, depth: int) -> Any:
        """The value that follows its marker."""
        if depth > DEEPEST:
            raise ValueError(f"values nest deeper than {DEEPEST}")
        if marker in _CONSTANTS:
            return _CONSTANTS[marker]
        if marker in _NUMBERS:
            return self._number(marker)
        match marker:
            case b"S":
                return self._text()
            case b"C":
                return self.take(1).decode("ascii")
            case b"[":
                return self._array(depth)
            case b"{":
                return self._object(depth)
        raise ValueError(f"no value begins with {marker!r}")

    def _number(self, marker: bytes) -> int | float:
        layout = _NUMBERS[marker]
        number: int | float = struct.unpack(layout, self.take(struct.calcsize(layout)))[0]
        return number

    def _length(self) -> int:
        marker = self.take(1)
        if marker not in _NUMBERS or marker in b"dD":
            raise ValueError(f"no length begins with {marker!r}")
        return int(self._number(marker))

    def _text(self) -> str:
        return self.take(self._length()).decode("utf-8")

    def _array(self, depth: int) -> list[Any]:
        marker = self.take(1)
        if marker == b"$":
            return self._typed(self.take(1))
        if marker == b"#":
            count = self._length()
            if count > self.rest():
                raise ValueError(f"{count} values are wanted where {self.rest()} bytes are left")
            return [self.value(self.take(1), depth + 1) for _ in range(count)]
        values = []
        while marker != b"]":
            values.append(self.value(marker, depth + 1))
            marker = self.take(1)
        return values

    def _typed(self, marker: bytes) -> list[Any]:
        if marker not in _NUMBERS or self.take(1) != b"#":
            raise ValueError("an array of one type that has no numbers or no count")
        kind = np.dtype(_NUMBERS[marker].replace("b", "i1").replace("B", "u1"))
        count = self._length()
        # a count may be any: it is compared with what is left before anything is made of it
        values: list[Any] = np.frombuffer(self.take(count * kind.itemsize), kind).tolist()
        return values

    def _object(self, depth: int) -> dict[str, Any]:
        values = {}
        marker = self.take(1)
        if marker == b"#":
            count = self._length()
            if count > self.rest():
                raise ValueError(f"{count} entries are wanted where {self.rest()} bytes are left")
            for _ in range(count):
                name = self._text()
                values[name] = self.value(self.take(1), depth + 1)
            return values
        while marker != b"}":
            self._at -= 1
            name = self._text()
            values[name] = self.value(self.take(1), depth + 1)
            marker = self.take(1)
        return values
