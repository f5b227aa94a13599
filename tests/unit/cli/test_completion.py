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


ASKED = {
    "bash": """
COMP_WORDS=(leeboard rollb); COMP_CWORD=1; _leeboard; echo ${COMPREPLY[@]}
COMP_WORDS=(leeboard get -o y); COMP_CWORD=3; _leeboard; echo ${COMPREPLY[@]}
""",
    # within an editor's line alone zsh gives these words and this command: they are given here
    "zsh": """
compadd() { shift; print -r -- $@ }
words=(leeboard rollb); CURRENT=2; _leeboard
words=(leeboard get -o y); CURRENT=4; _leeboard
""",
    "fish": """
complete --do-complete 'leeboard rollb' | cut -f1
complete --do-complete 'leeboard get -o y' | cut -f1
""",
}
"""What a shell does when somebody presses the tabulator, by its own means where it has them."""


@pytest.mark.parametrize("shell", ASKED)
def test_a_shell_completes_a_command(tmp_path: Path, shell: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"there is no {shell}, which make test installs: its script was not run")
    program = tmp_path / "leeboard"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m leeboard.cli "$@"\n')
    program.chmod(0o755)
    script = tmp_path / "script"
    before = "autoload -Uz compinit; compinit -u -D\n" if shell == "zsh" else ""
    script.write_text(before + OF_SHELL[shell] + ASKED[shell])
    environment = {
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT / "operator"),
        "KUBECONFIG": "/none",
        "HOME": str(tmp_path),
    }
    done = subprocess.run(
        [shell, str(script)], env=environment, capture_output=True, text=True, check=True, timeout=120
    )
    assert (done.stdout, done.stderr) == ("rollback\nyaml\n", "")


def test_the_reference_page_is_current() -> None:
    assert (ROOT / PAGE).read_text(encoding="utf-8") == reference_page(), "run make generate"
    assert all(f"## leeboard {command.name}\n" in reference_page() for command in COMMANDS)
