"""Checks out the training code with git, and reads from the checkout which commit it is."""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from leeboard.api.lineage import CodeRecord
from leeboard.api.reasons import Reason
from leeboard.api.training_job import Code
from leeboard.runner.failures import RunError, say

SECONDS = 300
"""How long one git command may take."""

_ASKPASS = """#!/bin/sh
case "$1" in
Username*) printf '%s\\n' "$LEEBOARD_GIT_USERNAME" ;;
*) printf '%s\\n' "$LEEBOARD_GIT_PASSWORD" ;;
esac
"""
_SCHEMES = ("http", "https", "file")
_COMMIT = re.compile(r"^[0-9a-f]{7,40}$")
_PASSING = re.compile(
    r"Could not resolve host|Connection (refused|reset|timed out)|Failed to connect|Operation timed out|"
    r"returned error: (429|5\d\d)|early EOF|hung up unexpectedly|SSL_ERROR_SYSCALL",
    re.IGNORECASE,
)
_COMPLAINTS = (
    (_PASSING, "the server gives no answer"),
    (re.compile(r"couldn't find remote ref", re.IGNORECASE), "there is no branch, tag or commit {revision}"),
    (
        re.compile(r"Authentication failed|could not read (Username|Password)|error: 40[13]", re.IGNORECASE),
        "the server refuses access",
    ),
    (re.compile(r"certificate", re.IGNORECASE), "the server's certificate is not trusted"),
    (re.compile(r"not found|does not (exist|appear)|error: 404", re.IGNORECASE), "there is no such repository"),
)
"""What git complains of, in words of ours: its own may quote an address that a server redirected to."""


def check_out(code: Code, target: Path, environment: Mapping[str, str], temporary: Path) -> CodeRecord:
    """Put the repository at its revision into an empty folder; records the commit that lies there then.

    Raises RunError (CodeUnavailable); temporary where the network is at fault.
    """
    if code.from_ == "Image" or code.repository is None:
        return CodeRecord(verified=False)
    parts = urlsplit(code.repository)
    if parts.scheme not in _SCHEMES or parts.username or parts.password:
        raise RunError(Reason.BAD_CONFIGURATION, "code.repository is an http or https address without credentials")
    _empty(target)
    git = _Git(target, _environment(environment, temporary), code.revision)
    say("fetch", f"code {code.repository} at {code.revision}")
    git.run("init", "--quiet")
    git.run("remote", "add", "origin", code.repository)
    git.run("checkout", "--quiet", "--detach", _fetch(git, code.revision))
    commit = git.run("rev-parse", "--verify", "HEAD^{commit}").strip()
    say("fetch", f"code commit {commit}")
    return CodeRecord(repository=code.repository, revision=code.revision, commit=commit, verified=True)


def _fetch(git: "_Git", revision: str) -> str:
    """Bring the revision, without its history where the server can; returns what to check out."""
    for depth in (["--depth", "1"], []):
        done = git.try_("fetch", "--quiet", "--no-tags", *depth, "origin", revision)
        if done is None:
            return "FETCH_HEAD"
    # neither a branch nor a tag, and no server has to give a commit that is no end of a branch: look through all
    if not _COMMIT.match(revision):
        raise git.failure(done)
    git.run("fetch", "--quiet", "origin", "+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*")
    if git.try_("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}") is not None:
        raise RunError(Reason.CODE_UNAVAILABLE, f"no branch, tag or commit {revision} in the repository")
    return revision


@dataclass(frozen=True)
class _Git:
    folder: Path
    environment: dict[str, str]
    revision: str

    def run(self, *args: str) -> str:
        """The command's output. Raises RunError."""
        done = self._start(*args)
        if done.returncode != 0:
            raise self.failure(done.stderr)
        return done.stdout

    def try_(self, *args: str) -> str | None:
        """None where the command succeeded, else what it complained of."""
        done = self._start(*args)
        return done.stderr if done.returncode != 0 else None

    def failure(self, complaint: str | None) -> RunError:
        """What git complained of as an end of the run; the whole of it stands in the log."""
        text = " ".join((complaint or "").split())
        say("fetch", f"git: {text[-2000:]}")
        known = (phrase for pattern, phrase in _COMPLAINTS if pattern.search(text))
        phrase = next(known, "the code cannot be had: the log of the container fetch tells why")
        message = f"git: {phrase.format(revision=self.revision)}"
        return RunError(Reason.CODE_UNAVAILABLE, message, temporary=bool(_PASSING.search(text)))

    def _start(self, *args: str) -> "subprocess.CompletedProcess[str]":
        try:
            return subprocess.run(
                # a volume belongs to root, whoever runs in the pod; its folder was emptied by this process
                ["git", "-c", f"safe.directory={self.folder}", "-C", str(self.folder), *args],
                env=self.environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            text = f"git {args[0]} took more than {SECONDS} s"
            raise RunError(Reason.CODE_UNAVAILABLE, text, temporary=True) from error


def _environment(environment: Mapping[str, str], temporary: Path) -> dict[str, str]:
    """Only what git needs: no configuration of the machine, no prompt, no storage credentials."""
    askpass = temporary / "askpass"
    askpass.write_text(_ASKPASS, encoding="utf-8")
    askpass.chmod(0o700)
    passed_on = ("PATH", "SSL_CERT_FILE", "GIT_SSL_CAINFO", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY")
    return {name: environment[name] for name in passed_on if name in environment} | {
        "HOME": str(temporary),
        "LC_ALL": "C",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ALLOW_PROTOCOL": ":".join(_SCHEMES),
        "GIT_ASKPASS": str(askpass),
        "LEEBOARD_GIT_USERNAME": environment.get("LEEBOARD_GIT_USERNAME", ""),
        "LEEBOARD_GIT_PASSWORD": environment.get("LEEBOARD_GIT_PASSWORD", ""),
    }


def _empty(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for child in folder.iterdir():
        if child.is_dir() and not child.is_symlink():
            shutil.rmtree(child)
        else:
            child.unlink()
