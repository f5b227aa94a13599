"""How a copy of a request says that it is one."""

HEADER = b"x-leeboard-shadow"
"""Its value names the version that the copied request was answered by."""
