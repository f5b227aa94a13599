"""Header compression: what callers send is read with their dynamic table; answers need none. Source: RFC 7541."""

from __future__ import annotations

from collections import deque

from leeboard_serving.server.http2.faults import ConnectionFault, ErrorCode
from leeboard_serving.server.http2.huffman import decoded

TABLE_SIZE = 4096
"""Bytes of the dynamic table, which is what a caller may use before it has heard of our settings."""
ENTRY_SIZE = 32
"""What an entry counts beside its name and value."""
_LONGEST_INTEGER = 5
Field = tuple[bytes, bytes]
_STATIC = (
    ":authority :method=GET :method=POST :path=/ :path=/index.html :scheme=http :scheme=https :status=200 :status=204 "
    ":status=206 :status=304 :status=400 :status=404 :status=500 accept-charset accept-encoding=gzip,~deflate "
    "accept-language accept-ranges accept access-control-allow-origin age allow authorization cache-control "
    "content-disposition content-encoding content-language content-length content-location content-range content-type "
    "cookie date etag expect expires from host if-match if-modified-since if-none-match if-range if-unmodified-since "
    "last-modified link location max-forwards proxy-authenticate proxy-authorization range referer refresh retry-after "
    "server set-cookie strict-transport-security transfer-encoding user-agent vary via www-authenticate"
)


def _static() -> tuple[Field, ...]:
    fields = []
    for one in _STATIC.split():
        name, _, value = one.partition("=")
        fields.append((name.encode(), value.replace("~", " ").encode()))
    return tuple(fields)


STATIC = _static()
"""Appendix A, from index 1."""


class Decoder:
    """The table of one connection. `changes` counts how often it was changed."""

    def __init__(self, most: int) -> None:
        self._table: deque[Field] = deque()
        self._size, self._limit = 0, TABLE_SIZE
        self._most = most
        self.changes = 0

    def decode(self, block: bytes) -> list[Field] | None:
        """The fields of a head, or None where they have more than `most` bytes, counted as entries.

        Raises ConnectionFault: after a block that cannot be read, no other can be.
        """
        fields: list[Field] = []
        position, end, size = 0, len(block), 0
        while position < end:
            first = block[position]
            if first & 0x80:
                index, position = _integer(block, position, 0x7F)
                field = self._entry(index)
            elif first & 0xE0 == 0x20:
                if fields or size:
                    raise _fault("the table's size is changed within a head")
                position = self._resize(block, position)
                continue
            else:
                field, position = self._literal(block, position, 0x3F if first & 0x40 else 0x0F)
                if first & 0x40:
                    self._add(field)
            size += len(field[0]) + len(field[1]) + ENTRY_SIZE
            if size <= self._most:
                fields.append(field)
        return fields if size <= self._most else None

    def _literal(self, block: bytes, position: int, mask: int) -> tuple[Field, int]:
        index, position = _integer(block, position, mask)
        if index:
            name = self._entry(index)[0]
        else:
            name, position = _text(block, position)
        value, position = _text(block, position)
        return (name, value), position

    def _entry(self, index: int) -> Field:
        if 0 < index <= len(STATIC):
            return STATIC[index - 1]
        place = index - len(STATIC) - 1
        if not 0 <= place < len(self._table):
            raise _fault("an index that the table does not have")
        return self._table[place]

    def _add(self, field: Field) -> None:
        self.changes += 1
        self._table.appendleft(field)
        self._size += len(field[0]) + len(field[1]) + ENTRY_SIZE
        self._evict()

    def _resize(self, block: bytes, position: int) -> int:
        limit, position = _integer(block, position, 0x1F)
        if limit > TABLE_SIZE:
            raise _fault("a table that is larger than it may be")
        self.changes += 1
        self._limit = limit
        self._evict()
        return position

    def _evict(self) -> None:
        while self._size > self._limit:
            name, value = self._table.pop()
            self._size -= len(name) + len(value) + ENTRY_SIZE


def _integer(block: bytes, position: int, mask: int) -> tuple[int, int]:
    """A number whose first bits are those of `mask`, and the position behind it."""
    value = block[position] & mask
    position += 1
    if value < mask:
        return value, position
    for shift in range(0, 7 * _LONGEST_INTEGER, 7):
        if position >= len(block):
            break
        byte = block[position]
        position += 1
        value += (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
    raise _fault("a number without an end")


def _text(block: bytes, position: int) -> tuple[bytes, int]:
    if position >= len(block):
        raise _fault("a head that ends too early")
    packed = block[position] & 0x80
    size, position = _integer(block, position, 0x7F)
    end = position + size
    if end > len(block):
        raise _fault("a text that is longer than its head")
    data = block[position:end]
    if not packed:
        return data, end
    try:
        return decoded(data), end
    except ValueError as error:
        raise _fault(str(error)) from error


def _fault(text: str) -> ConnectionFault:
    return ConnectionFault(ErrorCode.COMPRESSION_ERROR, text)


def encoded(*fields: Field) -> bytes:
    """Fields as literals that nobody has to remember; names of the static table by their index."""
    return b"".join(_encoded(*field) for field in fields)


_INDICES = {field[0]: position for position, field in reversed(list(enumerate(STATIC, 1)))}
_WHOLE = {field: position for position, field in enumerate(STATIC, 1) if field[1]}


def _encoded(name: bytes, value: bytes) -> bytes:
    if (whole := _WHOLE.get((name, value))) is not None:
        return bytes([0x80 | whole])
    index = _INDICES.get(name)
    begun = _number(0, 0x0F, index) if index else b"\0" + _number(0, 0x7F, len(name)) + name
    return begun + _number(0, 0x7F, len(value)) + value


def _number(high: int, mask: int, value: int) -> bytes:
    if value < mask:
        return bytes([high | value])
    rest, found = value - mask, bytearray([high | mask])
    while rest > 0x7F:
        found.append(rest & 0x7F | 0x80)
        rest >>= 7
    found.append(rest)
    return bytes(found)
