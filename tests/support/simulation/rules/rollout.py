"""Rollouts: from one recorded state to the next, no stage skipped, cut short or entered twice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from leeboard.api.durations import parse_duration
from tests.support.simulation.kube import Raw
from tests.support.simulation.pods import moment
from tests.support.simulation.rules.change import Change


@dataclass(frozen=True)
class Place:
    """Where the candidate is."""

    name: str = ""
    phase: str = ""
    step: int = 0


NOWHERE = Place()


class RolloutRule:
    """Knows nothing but the status before and after."""

    def copy(self) -> RolloutRule:
        return RolloutRule()

    def breaches(self, change: Change) -> Iterator[str]:
        if change.kind != "Model" or change.type != "MODIFIED" or not change.by_operator:
            return
        before, after = change.status_before(), change.status()
        one, other = _place(before), _place(after)
        champion, next_champion = _name(before, "champion"), _name(after, "champion")
        if champion != next_champion:
            yield from _new_champion(before, after, one, other)
        elif not _follows(one, other) and not _won(before, one, other):
            yield f"the candidate went from {one} to {other}"
        if one.phase == "Staged" and (champion != next_champion or other.phase == "Canary"):
            yield from _staging_was_whole(change, before)
        if one.name == other.name and other.phase in ("Canary", "Promoting") and one.phase == "Canary" and one != other:
            yield from _stage_was_whole(change, before, after, one, other)
        yield from _comparison_was_whole(change, before, after)


def _won(before: Raw, one: Place, other: Place) -> bool:
    """A challenger that was compared goes on as candidate without starting anew."""
    compared = {
        challenger["name"] for challenger in before.get("challengers", ()) if challenger["phase"] == "Comparing"
    }
    return one == NOWHERE and other.phase == "Promoting" and other.name in compared


def _comparison_was_whole(change: Change, before: Raw, after: Raw) -> Iterator[str]:
    """None is promoted before its time, and none that is compared is forgotten without having left."""
    by_command = before.get("commands", {}).get("promote") != after.get("commands", {}).get("promote")
    rollout = change.raw["spec"]["rollout"]
    staying = {one["name"] for one in after.get("challengers", ())} | {_name(after, "candidate")}
    for one in before.get("challengers", ()):
        if one["phase"] != "Leaving" and one["name"] not in staying:
            yield f"challenger {one['name']} is forgotten, and was {one['phase']}"
        terms = {"Shadow": "shadow", "ABTest": "abTest"}.get(rollout["strategy"])
        won = one["name"] == _name(after, "candidate") and not by_command
        if (
            won
            and rollout["strategy"] == "Bandit"
            and change.raw["spec"].get("promotion", {}).get("policy") != "Pinned"
        ):
            yield from _had_most(change, rollout["bandit"], before["shares"], one["name"])
        won = won and terms is not None
        if won and change.raw["spec"].get("promotion", {}).get("policy") != "Pinned":
            lasted = change.now - moment(one["comparedSince"])
            if lasted + timedelta(seconds=1) < parse_duration(rollout[str(terms)]["duration"]):
                yield f"challenger {one['name']} was compared for {lasted}"


def _had_most(change: Change, bandit: Raw, shares: list[Raw], name: str) -> Iterator[str]:
    """A bandit's winner has had all that the least shares leave for long enough."""
    since = change.now
    for entry in reversed(shares):
        if entry["percent"].get(name, 0) < 100 - bandit["floor"] * (len(entry["percent"]) - 1):
            break
        since = moment(entry["at"])
    if change.now - since + timedelta(seconds=1) < parse_duration(bandit["duration"]):
        yield f"challenger {name} had most requests for {change.now - since}"


def _follows(one: Place, other: Place) -> bool:
    if one == other:
        return True
    if one == NOWHERE:
        return other.phase == "Starting"
    if other == NOWHERE:
        return one.phase == "RollingBack"
    if one.name != other.name:
        return False
    ways = {
        "Starting": (("Staged", 0), ("Canary", 0), ("Promoting", one.step), ("RollingBack", one.step)),
        "Staged": (("Canary", 0), ("Promoting", one.step), ("RollingBack", one.step)),
        "Canary": (("Canary", one.step + 1), ("Promoting", one.step), ("RollingBack", one.step)),
        "Promoting": (("RollingBack", one.step),),
    }
    return (other.phase, other.step) in ways.get(one.phase, ())


def _new_champion(before: Raw, after: Raw, one: Place, other: Place) -> Iterator[str]:
    champion, following = _name(before, "champion"), _name(after, "champion")
    promoted = one.name == following and one.phase in ("Starting", "Staged", "Promoting") and other == NOWHERE
    reverted = _name(before, "draining") == following and other == Place(champion, "RollingBack", 0)
    adopted = champion == "" and one == other == NOWHERE
    if not (promoted or reverted or adopted):
        yield f"the champion went from {champion!r} to {following!r}, the candidate from {one} to {other}"


def _staging_was_whole(change: Change, before: Raw) -> Iterator[str]:
    """Requests of users reach a candidate only after its staging, or by command."""
    spec, candidate = change.raw["spec"], before["candidate"]
    staging, returned = spec["rollout"].get("staging"), before.get("rollback")
    pinned = spec.get("promotion", {}).get("policy") == "Pinned"
    if staging is None or pinned or returned or candidate.get("released"):
        return
    if staging.get("hold"):
        yield "a staged candidate that is held got requests of users"
    lasted = change.now - moment(candidate["stepStartedAt"])
    if lasted + timedelta(seconds=1) < parse_duration(staging.get("duration", "0s")):
        yield f"the staging lasted {lasted} instead of {staging['duration']}"


def _stage_was_whole(change: Change, before: Raw, after: Raw, one: Place, other: Place) -> Iterator[str]:
    spec = change.raw["spec"]
    steps = spec["rollout"].get("steps") or []
    by_command = before.get("commands", {}).get("promote") != after.get("commands", {}).get("promote")
    pinned = spec.get("promotion", {}).get("policy") == "Pinned"
    if by_command or pinned or spec["rollout"].get("strategy") != "Canary" or one.step >= len(steps):
        return
    if other.phase == "Promoting" and one.step + 1 < len(steps):
        yield f"stage {one.step + 2} was skipped"
    lasted = change.now - moment(before["candidate"]["stepStartedAt"])
    if lasted + timedelta(seconds=1) < parse_duration(steps[one.step]["duration"]):
        yield f"stage {one.step + 1} lasted {lasted} instead of {steps[one.step]['duration']}"


def _place(status: Raw) -> Place:
    candidate = status.get("candidate")
    return Place(candidate["name"], candidate["phase"], candidate.get("step", 0)) if candidate else NOWHERE


def _name(status: Raw, place: str) -> str:
    return str((status.get(place) or {}).get("name", ""))
