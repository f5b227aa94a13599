"""One context of somebody's kubeconfig, by itself: nothing that follows can reach another cluster."""

import os
import subprocess
from pathlib import Path

from e2e.existing.programs import NotUsable, program


def extract(context: str, folder: Path) -> Path:
    """A kubeconfig in `folder` that holds nothing but this context, as its current one. Raises NotUsable."""
    command = [str(program("kubectl")), "config", "view", "--raw", "--minify", "--flatten", f"--context={context}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    if done.returncode != 0:
        raise NotUsable(f"CONTEXT={context}: {done.stderr.strip()}")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "kubeconfig"
    # it holds a person's credentials
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(done.stdout)
    return path
