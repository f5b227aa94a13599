"""The team's work tree: what is committed is pushed, and what git says is passed on."""

import subprocess
from pathlib import Path

import pytest

from e2e.support.git_project import GitProject


def test_a_commit_arrives_in_the_repository(tmp_path: Path) -> None:
    bare = tmp_path / "code.git"
    subprocess.run(["git", "init", "--quiet", "--bare", "--initial-branch=main", str(bare)], check=True)
    project = GitProject.begin(tmp_path / "tree", bare)
    commit = project.commit({"train.py": "print()\n"}, "Begin")
    assert (bare / "refs/heads/main").read_text().strip() == commit == project.head()


def test_gits_own_words_are_in_the_error(tmp_path: Path) -> None:
    project = GitProject.begin(tmp_path / "tree", tmp_path / "missing.git")
    with pytest.raises(RuntimeError, match=r"git push: .*missing\.git.*does not appear to be a git repository"):
        project.commit({"train.py": "print()\n"}, "Begin")
