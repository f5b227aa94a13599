"""Shares of a bandit: they add up, nobody has less than the least, and they move by no more than a step."""

from __future__ import annotations

from collections.abc import Iterator

from leeboard.planning.rollout.arms.bandit import STEP
from tests.support.simulation.kube import Raw
from tests.support.simulation.rules.change import Change


class SharesRule:
    """Knows nothing but the status before and after."""

    def copy(self) -> SharesRule:
        return SharesRule()

    def breaches(self, change: Change) -> Iterator[str]:
        bandit = change.raw["spec"]["rollout"].get("bandit") if change.kind == "Model" else None
        if bandit is None or change.type != "MODIFIED" or not change.by_operator:
            return
        before, after = change.status_before(), change.status()
        told, known = after.get("shares") or [], before.get("shares") or []
        if told[: len(known)] != known:
            yield "shares that were remembered are others now"
        for number, entry in enumerate(told[len(known) :], start=len(known)):
            yield from _entry(bandit, told[number - 1] if number else None, entry)
        if told:
            yield from _as_asked(after, told[-1]["percent"])


def _entry(bandit: Raw, before: Raw | None, entry: Raw) -> Iterator[str]:
    percent = entry["percent"]
    if sum(percent.values()) != 100:
        yield f"shares add up to {sum(percent.values())}"
    if len(percent) > 1 and min(percent.values()) < bandit["floor"] and "stretches" in entry:
        yield f"a version has less than {bandit['floor']} %: {percent}"
    if "stretches" not in entry:
        return  # a version came or went
    if before is None or before["percent"].keys() != percent.keys():
        yield f"shares of other versions were decided on: {percent}"
    elif any(abs(share - before["percent"][name]) > STEP for name, share in percent.items()):
        yield f"shares moved from {before['percent']} to {percent}"
    if before is not None and before.get("stretches") == entry["stretches"]:
        yield f"shares were decided twice on {entry['stretches']} stretches"


def _as_asked(status: Raw, percent: dict[str, int]) -> Iterator[str]:
    """What is remembered is what is asked for."""
    asked = {
        one["name"]: one["requestedWeight"] for one in status.get("challengers", []) if one["phase"] == "Comparing"
    }
    if any(percent.get(name) != share for name, share in asked.items()):
        yield f"{asked} are asked for, {percent} are remembered"
