"""Pods that do not work, as a real node wrote them; `python -m e2e.scenarios.recorded_pods` records them anew."""

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).with_name("recorded_pods")


@dataclass(frozen=True)
class Recorded:
    """A pod, its warnings, the moment at which it is looked at, and what has to be told of it."""

    title: str
    serves: bool
    reason: str
    fact: str
    kubernetes: str
    at: datetime
    pod: dict[str, Any]
    events: tuple[dict[str, Any], ...]

    @property
    def warnings(self) -> dict[str, tuple[dict[str, Any], ...]]:
        """The Events as planners get them."""
        return {self.pod["metadata"]["uid"]: self.events}


def _read(path: Path) -> Recorded:
    document = json.loads(path.read_text(encoding="utf-8"))
    return Recorded(
        **document | {"at": datetime.fromisoformat(document["at"]), "events": tuple(document["events"])},
    )


RECORDED = tuple(_read(path) for path in sorted(FOLDER.glob("*.json")))
