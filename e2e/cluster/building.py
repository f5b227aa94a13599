"""Runs one long build, telling what is built and for how long."""

import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TextIO

EVERY = 30.0
"""Seconds between two lines of progress."""


class BuildFailed(RuntimeError):
    """Something could not be built; the text is the end of the build's output."""


def run(
    command: Sequence[str],
    what: str,
    out: TextIO,
    *,
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
    quiet_seconds: float = 0.0,
) -> None:
    """Run a command to its end; its output is shown only when it fails. Raises BuildFailed.

    What takes less than `quiet_seconds` is not spoken of.
    """
    started = time.monotonic()
    shown = quiet_seconds - EVERY
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
        )
        while process.poll() is None:
            elapsed = time.monotonic() - started
            if elapsed - shown >= EVERY:
                print(f"  {what} ({elapsed:.0f} s)", file=out, flush=True)
                shown = elapsed
            time.sleep(0.1)
        if process.returncode != 0:
            log.seek(0)
            raise BuildFailed(f"{what}: {log.read().decode(errors='replace')[-3000:]}")
