"""A cluster's state as two plays can be compared: without identities that are drawn, and without times."""

from __future__ import annotations

import json
import re
from collections import Counter

from tests.support.simulation.kube import Raw, SimulatedKube

_UID = re.compile(r"uid-\d+")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+00:00)")
_MOVING = ("resourceVersion", "generation")


def state(kube: SimulatedKube, *, with_times: bool = False) -> dict[str, str]:
    """Every object but Events by its address, as text that is equal where the objects are."""
    names = _identities(kube)
    found = {}
    for (kind, _, name), raw in sorted(kube.objects.items()):
        if kind != "Event":
            metadata = {key: value for key, value in raw["metadata"].items() if key not in _MOVING}
            whole = {**raw, "metadata": metadata}
            found[_named(f"{kind} {name}", names)] = _comparable(whole, names, with_times)
    return found


def told(kube: SimulatedKube) -> Counter[str]:
    """How often each Event was told: subject, type, reason and note."""
    names = _identities(kube)
    found: Counter[str] = Counter()
    for event in kube.of_kind("Event"):
        text = f"{event['regarding']['kind']} {event['type']} {event['reason']}: {event['note']}"
        found[_TIME.sub("<time>", _named(text, names))] += (event.get("series") or {}).get("count", 1)
    return found


def _identities(kube: SimulatedKube) -> dict[str, str]:
    """What stands for identities: UIDs by owner, runs by number, episodes by monitor. The latter two hold times."""
    names = {}
    for (kind, _, name), raw in kube.objects.items():
        names[raw["metadata"]["uid"]] = f"<{kind} {name}>"
        if kind == "TrainingJob":
            names |= {run["id"]: f"<run{run['number']}>" for run in raw.get("status", {}).get("runs", ())}
        if kind == "DriftMonitor" and (episode := raw.get("status", {}).get("episode")):
            names[episode["id"]] = "<episode>"
    return names


def _comparable(raw: Raw, names: dict[str, str], with_times: bool) -> str:
    text = _named(json.dumps(raw, sort_keys=True), names)
    return text if with_times else _TIME.sub("<time>", text)


def _named(text: str, names: dict[str, str]) -> str:
    # longer ones first: uid-10 begins as uid-1 does
    for identity in sorted(names, key=len, reverse=True):
        text = text.replace(identity, names[identity])
    return _UID.sub("<gone>", text)
