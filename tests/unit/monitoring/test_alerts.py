"""The alert rules, tried by promtool: each fires when it should, says what it should, and else is quiet."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from e2e.cluster.prometheus import program
from tests.support.markdown import anchors
from tests.unit.monitoring.alert_cases import FIRING, QUIET, Firing, Quiet

ROOT = Path(__file__).resolve().parents[3]
RULES = ROOT / "charts" / "leeboard" / "monitoring" / "rules.yaml"
GROUPS = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
ALERTS = {rule["alert"]: rule for group in GROUPS for rule in group["rules"]}


def promtool(*arguments: str) -> str:
    """Its output. Fails where it finds something wrong."""
    command = [str(program("promtool")), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def document(case: Firing | Quiet) -> dict[str, Any]:
    """One test as promtool reads it."""
    expected = []
    if isinstance(case, Firing):
        annotations = dict(ALERTS[case.alert]["annotations"]) | {"summary": case.summary}
        annotations |= {"description": case.description} if case.description else {}
        expected = [{"exp_labels": case.labels, "exp_annotations": annotations}]
    return {
        "interval": "1m",
        "input_series": [{"series": name, "values": values} for name, values in case.series.items()],
        "alert_rule_test": [{"eval_time": case.at, "alertname": case.alert, "exp_alerts": expected}],
    }


def tried(folder: Path, *cases: Firing | Quiet) -> None:
    """Let promtool try the cases, all in one run: it takes longer to start than to try them."""
    whole = {"rule_files": [str(RULES)], "evaluation_interval": "1m", "tests": [document(case) for case in cases]}
    path = folder / "tests.yaml"
    path.write_text(yaml.safe_dump(whole), encoding="utf-8")
    promtool("test", "rules", str(path))


def test_the_rules_are_valid() -> None:
    assert f"{len(ALERTS)} rules found" in promtool("check", "rules", str(RULES))


def test_alerts_fire_and_are_quiet(tmp_path: Path) -> None:
    tried(tmp_path, *FIRING, *QUIET)


@pytest.mark.parametrize(
    "case", [FIRING[0], FIRING[2], QUIET[0]], ids=lambda case: f"{type(case).__name__}-{case.alert}"
)
def test_a_case_that_is_wrong_is_found(case: Firing | Quiet, tmp_path: Path) -> None:
    opposite = Quiet(case.alert, case.series, case.at) if isinstance(case, Firing) else Quiet(case.alert, {}, case.at)
    with pytest.raises(AssertionError, match="FAILED"):
        tried(tmp_path, opposite)


def test_every_alert_is_tried_both_ways() -> None:
    assert {case.alert for case in FIRING} == set(ALERTS)
    assert {case.alert for case in QUIET} == set(ALERTS)


@pytest.mark.parametrize("alert", sorted(ALERTS))
def test_an_alert_says_how_bad_it_is_and_leads_to_its_runbook(alert: str) -> None:
    assert ALERTS[alert]["labels"]["severity"] in ("critical", "warning", "info")
    page, _, anchor = ALERTS[alert]["annotations"]["runbook_url"].partition("#")
    assert anchor == alert.lower()
    assert anchor in anchors((ROOT / page).read_text(encoding="utf-8"))


def test_the_runbook_has_no_alert_that_there_is_not() -> None:
    page = (ROOT / "docs" / "how-to" / "alerts.md").read_text(encoding="utf-8")
    assert re.findall(r"^### (\w+)$", page, re.MULTILINE) == list(ALERTS)
