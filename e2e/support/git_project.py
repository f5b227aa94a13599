"""The training code of a team: a work tree that is committed and pushed to the cluster's git server."""

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

_AUTHOR = ("-c", "user.name=Flight Ops", "-c", "user.email=flight-ops@example.com", "-c", "commit.gpgsign=false")


@dataclass(frozen=True)
class GitProject:
    """A work tree in `folder` whose branch main is pushed to the bare repository `bare`.

    After each push `published` brings the repository to where pods clone it from. Every method raises RuntimeError
    with git's own words where git fails.
    """

    folder: Path
    bare: Path
    published: Callable[[], None] = lambda: None

    @classmethod
    def begin(cls, folder: Path, bare: Path, published: Callable[[], None] = lambda: None) -> "GitProject":
        """A work tree without any commit."""
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        project = cls(folder, bare, published)
        project._git("init", "--quiet", "--initial-branch=main")
        project._git("remote", "add", "origin", str(bare))
        return project

    def commit(self, files: dict[str, str], message: str) -> str:
        """Write these files, commit, push; returns the commit (40 hex)."""
        for name, text in files.items():
            (self.folder / name).write_text(text, encoding="utf-8")
        self._git("add", "--all")
        self._git("commit", "--quiet", "--message", message)
        self._git("push", "--quiet", "--force", "origin", "main")
        self.published()
        return self.head()

    def head(self) -> str:
        """The newest commit (40 hex)."""
        return self._git("rev-parse", "HEAD").strip()

    def _git(self, *args: str) -> str:
        done = subprocess.run(
            ["git", "-C", str(self.folder), *_AUTHOR, *args], check=False, capture_output=True, text=True, timeout=60
        )
        if done.returncode != 0:
            raise RuntimeError(f"git {args[0]}: {done.stderr.strip()}")
        return done.stdout
