"""The pipelines in examples/ci have the shape that their systems ask for, and call the command as it is."""

import re
import shlex
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from leeboard.cli.main import build_parser
from leeboard.cli.training.exits import MEANINGS

CI = Path(__file__).resolve().parents[3] / "examples" / "ci"

_STEP = {
    "type": "object",
    "oneOf": [{"required": ["uses"]}, {"required": ["run"]}],
    "properties": {
        "name": {"type": "string"},
        "if": {"type": "string"},
        "uses": {"type": "string", "pattern": r"^[^@ ]+@[^@ ]+$"},
        "run": {"type": "string"},
        "with": {"type": "object", "additionalProperties": {"type": "string"}},
        "env": {"type": "object", "additionalProperties": {"type": "string"}},
    },
    "additionalProperties": False,
}
ACTIONS = {
    "type": "object",
    "required": ["on", "jobs"],
    "properties": {
        "name": {"type": "string"},
        "on": {"type": "object"},
        "jobs": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "required": ["runs-on", "steps"],
                "properties": {
                    "runs-on": {"type": "string"},
                    "timeout-minutes": {"type": "integer"},
                    "steps": {"type": "array", "items": _STEP, "minItems": 1},
                },
                "additionalProperties": False,
            },
        },
    },
    "additionalProperties": False,
}
GITLAB = {
    "type": "object",
    "required": ["stages", "train"],
    "properties": {
        "stages": {"type": "array", "items": {"type": "string"}},
        "train": {
            "type": "object",
            "required": ["stage", "image", "script"],
            "properties": {
                "stage": {"type": "string"},
                "image": {"type": "string"},
                "timeout": {"type": "string"},
                "rules": {"type": "array", "items": {"type": "object", "required": ["if"]}},
                "script": {"type": "array", "items": {"type": "string"}, "minItems": 1},
                "allow_failure": {
                    "type": "object",
                    "properties": {"exit_codes": {"type": "array", "items": {"type": "integer"}}},
                    "additionalProperties": False,
                },
                "artifacts": {"type": "object"},
            },
            "additionalProperties": False,
        },
    },
    "additionalProperties": False,
}


def github() -> Any:
    document = yaml.safe_load((CI / "github-actions.yml").read_text(encoding="utf-8"))
    return {("on" if key is True else key): value for key, value in document.items()}  # YAML 1.1 reads on as true


def gitlab() -> Any:
    return yaml.safe_load((CI / ".gitlab-ci.yml").read_text(encoding="utf-8"))


def jenkins() -> str:
    return (CI / "Jenkinsfile").read_text(encoding="utf-8")


def calls() -> dict[str, str]:
    """The line of each pipeline that runs the command."""
    runs = [step["run"] for step in github()["jobs"]["train"]["steps"] if "leeboard --" in step.get("run", "")]
    return {
        "github": next(line for line in runs[0].splitlines() if line.startswith("leeboard")),
        "gitlab": next(line for line in gitlab()["train"]["script"] if line.startswith("leeboard")),
        "jenkins": re.search(r"script: '(.+)'", jenkins())[1],  # type: ignore[index]
    }


def test_they_have_the_shape_that_their_systems_ask_for() -> None:
    jsonschema.validate(github(), ACTIONS)
    jsonschema.validate(gitlab(), GITLAB)
    assert gitlab()["train"]["stage"] in gitlab()["stages"]


def test_a_jenkinsfile_closes_what_it_opens() -> None:
    text = re.sub(r"'[^'\n]*'|\"[^\"\n]*\"|//[^\n]*", "", jenkins())
    assert "'" not in text and '"' not in text
    depth = 0
    for mark in re.findall(r"[{}]", text):
        depth += 1 if mark == "{" else -1
        assert depth >= 0
    assert depth == 0
    assert jenkins().split("{")[0].strip().endswith("pipeline")


@pytest.mark.parametrize("system", ["github", "gitlab", "jenkins"])
def test_the_command_in_them_is_understood(system: str) -> None:
    words = shlex.split(calls()[system].partition(">")[0].replace("python -m leeboard.cli", "leeboard"))
    assert words[0] == "leeboard"
    options = build_parser("leeboard").parse_args(words[1:])
    assert (options.command.name, options.job, options.wait, options.namespace) == ("train", "late-flights", True, "ml")
    assert options.output == "json" and 0 < options.timeout.total_seconds() < 3600


def test_what_they_branch_on_is_an_exit_status_of_the_command() -> None:
    known = dict(MEANINGS)
    assert set(gitlab()["train"]["allow_failure"]["exit_codes"]) <= set(known)
    assert {int(one) for one in re.findall(r"status == (\d+)", jenkins())} <= set(known)
    table = (CI.parents[1] / "docs" / "how-to" / "train-from-ci.md").read_text(encoding="utf-8")
    assert {int(one) for one in re.findall(r"^\| (\d) \|", table, re.MULTILINE)} == {one for one in known if one < 100}
