"""Copies of bodies that are read later: bounded each, and all together."""

from __future__ import annotations

from leeboard_serving.unread import Unread


class Budget:
    """Bytes that all copies may have together."""

    def __init__(self, most: int) -> None:
        self.left = most

    def take(self, size: int) -> bool:
        """Whether there is room for so many bytes, which is then taken."""
        if size > self.left:
            return False
        self.left -= size
        return True

    def give(self, size: int) -> None:
        """Give them back."""
        self.left += size


class Copy:
    """One body, up to `most` bytes. `lost` says why there is none."""

    __slots__ = ("_budget", "_most", "_parts", "_size", "lost")

    def __init__(self, budget: Budget, most: int) -> None:
        self._budget, self._most = budget, most
        self._parts: list[bytes] = []
        self._size = 0
        self.lost: Unread | None = None

    def add(self, data: bytes) -> None:
        """Keep more of it."""
        if self.lost is not None:
            return
        if self._size + len(data) > self._most:
            self.lose(Unread.TOO_LARGE)
        elif not self._budget.take(len(data)):
            self.lose(Unread.NO_ROOM)
        else:
            self._parts.append(data)
            self._size += len(data)

    def lose(self, why: Unread | None = None) -> None:
        """Keep nothing of it."""
        self._budget.give(self._size)
        self._parts, self._size, self.lost = [], 0, why

    def __len__(self) -> int:
        return self._size

    def data(self) -> bytes:
        """All of it."""
        return self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
