"""The programs that whoever has a cluster has too."""

import shutil
from pathlib import Path


class NotUsable(RuntimeError):
    """The cluster cannot be used for the demo; the text says why and what to do."""


def program(name: str) -> Path:
    """The path of a command. Raises NotUsable."""
    found = shutil.which(name)
    if found is None:
        raise NotUsable(f"{name} is not on the PATH: the demo uses your own for a cluster of yours")
    return Path(found)
