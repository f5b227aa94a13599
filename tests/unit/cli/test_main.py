"""The command as a user calls it: help, exit statuses, and where its output goes."""

import argparse
import io
import os
import re
import subprocess
import sys
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from rich.text import Text

from leeboard.cli.command import Command, Session
from leeboard.cli.commands import COMMANDS
from leeboard.cli.main import build_parser, main
from leeboard.cli.terminal import Terminal
from tests.unit.cli import registry

ROOT = Path(__file__).resolve().parents[3]


def called(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """The command as a process, started as the Makefile starts it."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "operator"), **more}
    command = [sys.executable, "-m", "leeboard.cli", *arguments]
    return subprocess.run(command, env=environment, text=True, capture_output=True, check=False, timeout=60)


def test_without_a_command_it_shows_its_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    out = capsys.readouterr().out
    assert all(re.search(rf"^  {command.name} +{re.escape(command.summary)}$", out, re.M) for command in COMMANDS)
    assert max(map(len, out.splitlines())) <= 100


@pytest.mark.parametrize("command", COMMANDS, ids=lambda one: one.name)
def test_every_command_has_help(command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main([command.name, "--help"])
    assert end.value.code == 0
    out = capsys.readouterr().out
    assert out.startswith(f"usage: leeboard {command.name} ")
    assert all(f"  leeboard {call}" in out and purpose in out for call, purpose in command.examples)
    assert max(map(len, out.splitlines())) <= 100


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["gte"], "invalid choice: 'gte'"),
        (["get", "pods"], "there are models, versions, runs, monitors, and no pods"),
        (["get", "-o", "xml"], "invalid choice: 'xml'"),
        (["lineage"], "required: MODEL[/VERSION]"),
    ],
)
def test_what_it_does_not_understand_ends_with_2(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        main(arguments)
    assert end.value.code == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ["-n", "ml", "--context", "c", "get"],
        ["get", "-n", "ml", "--context", "c"],
        ["--context", "c", "get", "-n", "ml"],
    ],
)
def test_shared_options_stand_before_the_command_or_after_it(arguments: list[str]) -> None:
    options = build_parser("leeboard").parse_args(arguments)
    assert (options.namespace, options.context, options.kubeconfig) == ("ml", "c", None)


def test_a_new_command_is_one_object(capsys: pytest.CaptureFixture[str]) -> None:
    def configure(parser: argparse.ArgumentParser) -> None:
        parser.add_argument("name")

    def run(session: Session) -> int:
        session.terminal.lines([Text(f"hello {session.options.name}")])
        return 0

    greet = Command("greet", "say hello", "Say hello.", run, configure, (("greet you", "says hello to you"),))
    parser = build_parser("kubectl leeboard", (*COMMANDS, greet))
    assert re.search(r"^  greet +say hello$", parser.format_help(), re.M)
    options = parser.parse_args(["greet", "you"])
    session = Session(options, Terminal(sys.stdout, sys.stderr, {}), datetime.now(UTC))
    assert options.command.run(session) == 0
    assert capsys.readouterr().out == "hello you\n"


def test_names_of_kubectl_for_the_kinds_are_understood() -> None:
    for word in ("mdl", "mv", "dm", "modelversions", "driftmonitors"):
        assert build_parser("leeboard").parse_args(["get", word]).what.name in ("models", "versions", "monitors")


def test_version_needs_no_cluster() -> None:
    done = called("version", KUBECONFIG="/nowhere")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"leeboard {project['version']}")
    assert "API leeboard.dev/v1alpha1" in done.stdout


def test_an_error_says_what_is_wrong_and_ends_with_1(tmp_path: Path) -> None:
    missing = tmp_path / "kubeconfig"
    done = called("lineage", "late-flights", "--kubeconfig", str(missing))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"leeboard: no cluster: there is no kubeconfig at {missing}\n  name one by --kubeconfig or in KUBECONFIG\n"
    )


def test_a_reader_that_stops_reading_ends_it_quietly() -> None:
    command = f"{sys.executable} -m leeboard.cli version; echo $? >&2"
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "operator")}
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        ["sh", "-c", command],
        env=environment,
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        timeout=60,
    )
    os.close(writer)
    assert done.stderr == "1\n"


def written(environment: dict[str, str], *, terminal: bool) -> str:
    """What a red line looks like to its reader: a pseudo-terminal or a pipe."""
    reader, writer = os.openpty() if terminal else os.pipe()
    with os.fdopen(writer, "w", encoding="utf-8") as output:
        Terminal(output, io.StringIO(), environment).lines([Text("drift", style="bold red")])
        output.flush()
        seen = os.read(reader, 1000).decode()
    os.close(reader)
    return seen.replace("\r\n", "\n")


def test_colours_are_for_terminals_only() -> None:
    assert written({"TERM": "xterm"}, terminal=True) == "\x1b[1;31mdrift\x1b[0m\n"
    assert written({"TERM": "xterm", "NO_COLOR": ""}, terminal=True) == "\x1b[1;31mdrift\x1b[0m\n"
    for environment in ({"TERM": "xterm", "NO_COLOR": "1"}, {"TERM": "dumb"}, {}):
        assert written(environment, terminal=True) == "drift\n"
    assert written({"TERM": "xterm", "FORCE_COLOR": "1"}, terminal=False) == "drift\n"


def test_notes_and_errors_cannot_steer_the_terminal() -> None:
    errors = io.StringIO()
    Terminal(io.StringIO(), errors, {}).note("a\x1b[2Jb\nc")
    assert errors.getvalue() == "a\N{REPLACEMENT CHARACTER}[2Jb c\n"


def test_json_stays_readable() -> None:
    output = io.StringIO()
    Terminal(output, io.StringIO(), {}).document({"reason": "0.73 → 0.67 \x1b"}, "json")
    assert output.getvalue() == '{\n  "reason": "0.73 → 0.67 \\u001b"\n}\n'


def test_the_examples_of_the_help_name_versions_as_they_are() -> None:
    assert any(registry.THIRD in call for command in COMMANDS for call, _ in command.examples)


def test_yaml_says_the_same_as_json() -> None:
    document = {"reason": "0.73 → 0.67 \x1b", "versions": [{"name": "v1", "at": None}]}
    output = io.StringIO()
    Terminal(output, io.StringIO(), {}).document(document, "yaml")
    assert yaml.safe_load(output.getvalue()) == document
    assert "→" in output.getvalue() and "\x1b" not in output.getvalue()
