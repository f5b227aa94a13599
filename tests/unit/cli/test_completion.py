"""What shells offer, from the parsers and the registry."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from leeboard.cli.commands import COMMANDS
from leeboard.cli.completion.candidates import Offer, offer
from leeboard.cli.completion.command import named
from leeboard.cli.completion.scripts import OF_SHELL
from leeboard.cli.main import build_parser
from leeboard.cli.reference import PAGE, reference_page
from tests.unit.cli import registry

ROOT = Path(__file__).resolve().parents[3]


def offered(*typed: str) -> Offer:
    return offer(build_parser("leeboard"), typed)


def test_commands_come_first() -> None:
    assert offered("").words == tuple(sorted(one.name for one in COMMANDS))
    assert offered("-n", "ml", "").words == offered("").words
    assert "--context" in offered("--c").words


@pytest.mark.parametrize(
    ("typed", "words", "names"),
    [
        (("get", ""), ("models", "versions", "runs", "monitors"), ""),
        (("get", "-o", ""), ("table", "json", "yaml"), ""),
        (("get", "models", "-m", ""), (), "model"),
        (("-n", "ml", "promote", ""), (), "model"),
        (("promote", "late-flights", ""), (), ""),
        (("promote", "-n", "ml", ""), (), "model"),
        (("rollback", ""), (), "model/version"),
        (("retry", ""), ("rollout", "run"), ""),
        (("retry", "rollout", ""), (), "model/version"),
        (("train", "--wait", ""), (), "trainingjob"),
        (("describe", "run", ""), ("model", "version", "run", "trainingjob", "monitor"), "any"),
        (("completion", ""), ("bash", "zsh", "fish", "kubectl"), ""),
    ],
)
def test_what_may_follow(typed: tuple[str, ...], words: tuple[str, ...], names: str) -> None:
    assert offered(*typed) == Offer(words, names)  # type: ignore[arg-type]


def test_options_of_the_command_that_was_typed() -> None:
    assert {"--watch", "--output", "--namespace"} <= set(offered("get", "--").words)
    assert "--watch" not in offered("lineage", "--").words


def test_names_are_those_that_may_stand_there() -> None:
    objects = registry.objects()
    assert list(named(objects, "model")) == ["late-flights"]
    assert f"late-flights/{registry.THIRD}" in named(objects, "model/version")
    assert {"77aa01bc9e", registry.FIRST} <= set(named(objects, "any"))


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
def test_bash_completes_a_command(tmp_path: Path) -> None:
    program = tmp_path / "leeboard"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m leeboard.cli "$@"\n')
    program.chmod(0o755)
    script = OF_SHELL["bash"] + (
        "COMP_WORDS=(leeboard rollb); COMP_CWORD=1; _leeboard; echo ${COMPREPLY[@]}\n"
        "COMP_WORDS=(leeboard get -o y); COMP_CWORD=3; _leeboard; echo ${COMPREPLY[@]}\n"
    )
    environment = {
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT / "operator"),
        "KUBECONFIG": "/none",
    }
    done = subprocess.run(
        ["bash", "-c", script], env=environment, capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout == "rollback\nyaml\n"


def test_the_reference_page_is_current() -> None:
    assert (ROOT / PAGE).read_text(encoding="utf-8") == reference_page(), "run make generate"
    assert all(f"## leeboard {command.name}\n" in reference_page() for command in COMMANDS)
