"""A small cluster for a Model in which versions are restored, and judged by their own controller."""

from __future__ import annotations

import json
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

from leeboard.api.model import Model
from leeboard.api.model_version import ModelVersion
from leeboard.api.version_past import VersionPast
from leeboard.planning.model_version import plan_model_version
from leeboard.planning.restored import untold
from leeboard.planning.snapshot import ModelVersionSnapshot
from tests.support.model_world import World

RESTORED = "leeboard.dev/restored"
OUT = {"reason": "ErrorRateTooHigh", "message": "20 % of 400", "at": "2026-02-20T08:00:00Z"}
UNKNOWN = untold(datetime(2026, 2, 20, 8, tzinfo=UTC)).dump()


class RestoringWorld(World):
    """As `World`, with versions whose status nobody plays."""

    def __init__(self, **spec: Any) -> None:
        super().__init__(**{"promotion": {"policy": "Automatic", "gates": []}} | spec)
        self.judging = True
        """Whether the versions' controller keeps up."""

    def restore(self, name: str, past: VersionPast | dict[str, Any] | str, *, judged: bool = True) -> None:
        """A version is created with its past; with `judged` its controller has had a look at once."""
        self.add_version(name)
        text = past if isinstance(past, str) else json.dumps(past.dump() if isinstance(past, VersionPast) else past)
        self.versions[name]["metadata"]["annotations"] = {RESTORED: text}
        self.versions[name]["status"] = {}
        if judged:
            self.mark()

    def mark(self) -> None:
        """The versions' own controller looks at each of them."""
        if self.judging:
            for name in self.versions:
                self._judge(name, Model.parse(deepcopy(self.model)))

    def judge_without_a_model(self, name: str) -> None:
        """The controller of versions looks at one while its Model is not there."""
        self._judge(name, None)

    def _judge(self, name: str, model: Model | None) -> None:
        version = ModelVersion.parse(deepcopy(self.versions[name]))
        plan = plan_model_version(ModelVersionSnapshot(version, model, self.settings), self.now)
        if plan.status is not None:
            self.versions[name]["status"] = json.loads(json.dumps(plan.status))

    def version_status(self, name: str) -> dict[str, Any]:
        """Of one version."""
        status: dict[str, Any] = self.versions[name]["status"]
        return status

    def shut_out(self) -> list[str]:
        """Names of the versions that the Model has in quarantine."""
        return [one["name"] for one in self.status.get("quarantined", [])]
