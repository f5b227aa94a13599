"""The versions from one back to the first, along `spec.parent`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from leeboard.api.model_version import ModelVersion


@dataclass(frozen=True)
class End:
    """Why a chain ends.

    First: the last version has no parent. Missing: its parent, `version`, is not in the registry any more. Cycle: its
    parent stands in the chain already, which only versions that were written by hand can do.
    """

    reason: Literal["First", "Missing", "Cycle"]
    version: str = ""


@dataclass(frozen=True)
class Chain:
    """Versions of one namespace, the newest first, each the parent of the one before it."""

    versions: tuple[ModelVersion, ...]
    end: End

    def before(self, index: int) -> ModelVersion | None:
        """The parent of the version at that index, where it is there."""
        return self.versions[index + 1] if index + 1 < len(self.versions) else None


def follow(start: ModelVersion, versions: Mapping[str, ModelVersion]) -> Chain:
    """The chain from a version to its end; `versions` are those of its namespace, by name."""
    found = [start]
    while True:
        parent = found[-1].spec.parent
        if parent is None:
            return Chain(tuple(found), End("First"))
        if any(one.metadata.name == parent.name for one in found):
            return Chain(tuple(found), End("Cycle", parent.name))
        if parent.name not in versions:
            return Chain(tuple(found), End("Missing", parent.name))
        found.append(versions[parent.name])
