"""What an image is built from: the files that git knows or would add, staged in a folder, and their hash."""

import hashlib
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path


def stage(context: Path, include: Sequence[str], target: Path) -> str:
    """Copy the files of ``include`` (paths below the context) into ``target`` and return the hash of their contents.

    Ignored files stay out. Modes are reduced to executable or not, as git keeps them. Raises FileNotFoundError for a
    path of ``include`` that has no file.
    """
    digest = hashlib.sha256()
    for wanted in include:
        names = _files(context, wanted)
        if not names:
            raise FileNotFoundError(f"no files in {context / wanted}")
        for name in names:
            digest.update(_copy(context / name, target / name, name))
    return digest.hexdigest()


def _files(context: Path, wanted: str) -> list[str]:
    command = ["git", "-C", str(context), "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", wanted]
    listed = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout
    return sorted({name for name in listed.split("\0") if name and (context / name).is_file()})


def _copy(source: Path, target: Path, name: str) -> bytes:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    mode = 0o755 if source.stat().st_mode & 0o100 else 0o644
    target.chmod(mode)
    return hashlib.sha256(f"{name}\0{mode:o}\0".encode() + target.read_bytes()).digest()
