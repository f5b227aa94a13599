"""The messages of a call, put together from their parts."""

from __future__ import annotations

from leeboard_serving.server.rpc.compression import too_large, unpacked

PREFIX = 5
"""Bytes before a message: whether it is compressed, and its length."""


def framed(message: bytes) -> bytes:
    """A message as it is sent, uncompressed."""
    return b"\0%b%b" % (len(message).to_bytes(4, "big"), message)


def only_message(payload: bytes) -> bytes | None:
    """The message that a payload is, where it is exactly one that is not compressed."""
    size = len(payload) - PREFIX
    if size >= 0 and not payload[0] and int.from_bytes(payload[1:PREFIX], "big") == size:
        return payload[PREFIX:]
    return None


class Messages:
    """Of one call; each has at most `most` bytes, packed and unpacked."""

    def __init__(self, encoding: str, most: int) -> None:
        self._encoding, self._most = encoding, most
        self._rest = bytearray()

    @property
    def partial(self) -> bool:
        """Whether a message has begun that is not complete."""
        return bool(self._rest)

    def feed(self, payload: bytes) -> list[tuple[int, bytes]]:
        """Messages that are complete now, and how many bytes each was in parts. Raises Refusal."""
        rest, found = self._rest, []
        rest += payload
        while len(rest) >= PREFIX:
            size = int.from_bytes(rest[1:PREFIX], "big")
            if size > self._most:
                raise too_large(self._most)
            end = PREFIX + size
            if len(rest) < end:
                break
            packed, message = rest[0], bytes(memoryview(rest)[PREFIX:end])
            del rest[:end]
            found.append((end, unpacked(message, self._encoding, self._most) if packed else message))
        return found
