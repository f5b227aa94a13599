"""What kstatus, Flux and Argo CD make of every state of every kind, asked of their own engines."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

from leeboard.planning.conditions import Wanted
from tests.support import engines
from tests.support.argocd import CUSTOMIZATIONS
from tests.support.states.every import EVERY_STATE, KINDS

ROOT = Path(__file__).resolve().parents[3]
IDS = [f"{state.kind}-{state.name}" for state in EVERY_STATE]


@pytest.fixture(scope="module")
def by_kstatus() -> dict[tuple[str, str], str]:
    found = engines.kstatus(state.document for state in EVERY_STATE)
    return {(state.kind, state.name): status for state, status in zip(EVERY_STATE, found, strict=True)}


@pytest.fixture(scope="module")
def by_argo() -> dict[tuple[str, str], dict[str, str]]:
    scripts = {kind: (CUSTOMIZATIONS / kind / "health.lua").read_text(encoding="utf-8") for kind in KINDS}
    found = engines.judge(
        {"engine": "health", "object": state.document, "script": scripts[state.kind]} for state in EVERY_STATE
    )
    return {(state.kind, state.name): health for state, health in zip(EVERY_STATE, found, strict=True)}


@pytest.mark.parametrize("state", EVERY_STATE, ids=IDS)
def test_kstatus(state, by_kstatus) -> None:
    assert by_kstatus[state.kind, state.name] == state.kstatus


@pytest.mark.parametrize("state", EVERY_STATE, ids=IDS)
def test_argo_cd(state, by_argo) -> None:
    assert by_argo[state.kind, state.name] == {"status": state.argo, "message": state.message}
    assert state.message or state.kstatus == "Terminating"


def test_every_place_that_makes_a_condition_is_reached_by_a_state(monkeypatch) -> None:
    reached: set[tuple[str, int]] = set()
    plain = Wanted.__init__

    def noting(self, *args, **named) -> None:
        caller = sys._getframe(1)
        reached.add((Path(caller.f_code.co_filename).name, caller.f_lineno))
        plain(self, *args, **named)

    monkeypatch.setattr(Wanted, "__init__", noting)
    for state in EVERY_STATE:
        state.make()
    assert {place for place in _places() if not reached & set(place)} == set()


def _places() -> set[tuple[tuple[str, int], ...]]:
    """Every call of Wanted in the operator: file and the lines it spans."""
    found: set[tuple[tuple[str, int], ...]] = set()
    for path in (ROOT / "operator" / "leeboard").glob("**/*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Wanted":
                lines = range(node.lineno, (node.end_lineno or node.lineno) + 1)
                found.add(tuple((path.name, line) for line in lines))
    assert len(found) > 20
    return found
