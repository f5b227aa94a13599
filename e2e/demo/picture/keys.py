"""How each version is called and coloured, everywhere on the page alike."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from e2e.demo.picture.report import Report, Version
from e2e.demo.traffic.state import UNKNOWN

COLOURS = 6


@dataclass(frozen=True)
class Key:
    """A version's short name, the class that colours it, and whether it was rolled back (drawn hatched)."""

    name: str
    label: str
    colour: str
    rolled_back: bool = False

    @property
    def fill(self) -> str:
        """Class of an area."""
        return f"fill-{self.colour}"

    @property
    def stroke(self) -> str:
        """Class of a line."""
        return f"stroke-{self.colour}"


Keys = Mapping[str, Key]


def keys_of(report: Report) -> Keys:
    """Versions are called v1, v2, … in the order in which they were made; those only traffic knows come after."""
    keys: dict[str, Key] = {}
    for number, version in enumerate(report.versions):
        keys[version.name] = _key(version.name, number, version)
    served = {name for second in report.traffic.seconds for name in second.versions}
    for name in sorted(served - keys.keys() - {UNKNOWN}):
        keys[name] = _key(name, len(keys), None)
    return keys


def key_for(keys: Keys, name: str) -> Key:
    """Grey for a version that is not known."""
    return keys.get(name) or Key(name, name, "none")


def only_served(keys: Keys, names: Iterable[str]) -> list[Key]:
    """The keys of these versions, in their order; unknown ones last."""
    asked = set(names)
    return [key for name, key in keys.items() if name in asked] + [
        key_for(keys, name) for name in sorted(asked - keys.keys())
    ]


def _key(name: str, number: int, version: Version | None) -> Key:
    rolled_back = version is not None and version.outcome == "RolledBack"
    return Key(name, f"v{number + 1}", f"v{number % COLOURS}", rolled_back)
