"""A cluster's state as two plays can be compared: without identities that are drawn, and without times."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.support.simulation.kube import Raw, SimulatedKube

_UID = re.compile(r"uid-\d+")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+00:00)")
_MOVING = ("resourceVersion", "generation")
_HASH = re.compile(r'"(pod-template-hash|leeboard.dev/template|leeboard.dev/template-inputs)": "[0-9a-f]+"')
"""Digests of what names a run."""
_TIME_LEFT = re.compile(r'"activeDeadlineSeconds": \d+')
"""What is left of a run's deadline when its Job is created."""


def state(kube: SimulatedKube, *, with_times: bool = False) -> dict[str, str]:
    """Every object but Events by its address, as text that is equal where the objects are."""
    names = _Names.of(kube)
    found = {}
    for (kind, _, name), raw in sorted(kube.objects.items()):
        if kind != "Event":
            metadata = {key: value for key, value in raw["metadata"].items() if key not in _MOVING}
            whole = _behind({**raw, "metadata": metadata}, raw["metadata"].get("generation", 0))
            found[names.put_into(f"{kind} {name}")] = _comparable(whole, names, with_times)
    return found


def _behind(value: Any, generation: int) -> Any:
    """With how many generations its controllers lag behind: how often an object was written, a kill may change."""
    if isinstance(value, dict):
        seen = value.get("observedGeneration")
        lag = {"observedGeneration": seen - generation} if isinstance(seen, int) else {}
        return {key: _behind(one, generation) for key, one in value.items()} | lag
    return [_behind(one, generation) for one in value] if isinstance(value, list) else value


def differences(expected: dict[str, str], found: dict[str, str]) -> list[str]:
    """Where two states differ, by address and path."""
    texts = []
    for address in sorted({*expected, *found}):
        one, other = expected.get(address), found.get(address)
        if one != other:
            before, after = (json.loads(text) if text else None for text in (one, other))
            texts += [f"{address}{place}" for place in _differences(before, after)]
    return texts


def _differences(one: Any, other: Any, path: str = "") -> Iterator[str]:
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted({*one, *other}):
            yield from _differences(one.get(key), other.get(key), f"{path}.{key}")
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for number, (left, right) in enumerate(zip(one, other, strict=True)):
            yield from _differences(left, right, f"{path}[{number}]")
    elif one != other:
        yield f"{path}: {str(one)[:160]} became {str(other)[:160]}"


def told(kube: SimulatedKube) -> Counter[str]:
    """How often each subject was told each reason; notes tell details of the moment they were written in."""
    names = _Names.of(kube)
    found: Counter[str] = Counter()
    for event in kube.of_kind("Event"):
        subject = f"{event['regarding']['kind']} {event['regarding']['name']}"
        text = names.put_into(f"{subject} {event['type']} {event['reason']}")
        found[text] += (event.get("series") or {}).get("count", 1)
    return found


@dataclass(frozen=True)
class _Names:
    """What stands for identities: runs by number and episodes, in both of which times are; UIDs by their owners."""

    runs: dict[str, str]
    uids: dict[str, str]

    @classmethod
    def of(cls, kube: SimulatedKube) -> _Names:
        """The names of everything in a cluster."""
        names = cls({}, {})
        for (kind, _, name), raw in kube.objects.items():
            names.uids[raw["metadata"]["uid"]] = f"<{kind} {name}>"
            if kind == "TrainingJob":
                names.runs.update({run["id"]: f"<run{run['number']}>" for run in raw.get("status", {}).get("runs", ())})
            if kind == "DriftMonitor" and (episode := raw.get("status", {}).get("episode")):
                names.runs[episode["id"]] = "<episode>"
        return names

    def put_into(self, text: str) -> str:
        """The text with names in place of identities."""
        text = _UID.sub(lambda found: self.uids.get(found.group(), "<gone>"), text)
        for identity, name in self.runs.items():
            text = text.replace(identity, name)
        return text


def _comparable(raw: Raw, names: _Names, with_times: bool) -> str:
    text = _HASH.sub(r'"\1": ""', names.put_into(json.dumps(raw, sort_keys=True)))
    return text if with_times else _TIME.sub("<time>", _TIME_LEFT.sub('"activeDeadlineSeconds": 0', text))
