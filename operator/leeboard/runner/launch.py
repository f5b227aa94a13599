"""The launcher: runs the user's command in the user's image and tells the truth about how it ended.

`python3 launch.pyz -- <command>`. Standard library only and Python 3.9 or newer, because it runs in any image. It holds
no credentials: the result is stored by the container `publish`, whose outcome becomes this container's.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import platform
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Mapping, MutableMapping  # noqa: UP035 - Python 3.9

CONTRACT = 1
PUBLISH_FAILED, BAD_CONFIGURATION, STOPPED = 66, 78, 143
PUBLISHER_SECONDS = 120.0
OUTCOME_SECONDS = 1800.0
"""How long storing the result may take; LEEBOARD_PUBLISH_SECONDS changes it."""
POLL_SECONDS = 0.1
LARGEST_MESSAGE = 4096


class Launcher:
    """One run of the command."""

    def __init__(self, command: list[str], environment: Mapping[str, str]) -> None:
        self.command = command
        self.environment = dict(environment)
        self.control = Path(environment.get("LEEBOARD_ROOT", "/leeboard")) / "control"
        self.run_id = environment.get("LEEBOARD_RUN_ID", "")
        self.child: subprocess.Popen[bytes] | None = None
        self.stopped = False

    def run(self) -> int:
        """The container's exit code."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.stop)
        early = self.wait_for(("publisher.json", "outcome.json"), PUBLISHER_SECONDS)
        if early is None:
            return self.nothing_heard(f"the container publish was not ready within {PUBLISHER_SECONDS:.0f} s")
        if early.name == "outcome.json":
            return self.report(early)
        add_aliases(self.environment)
        try:
            code = self.run_command()
        except OSError as error:
            return self.fail(BAD_CONFIGURATION, "BadConfiguration", f"{self.command[0]}: {error.strerror or error}")
        if code == 0 and not self.stopped:
            return self.finish()
        how = "ended by SIGTERM" if self.stopped else describe(code)
        return self.fail(STOPPED if self.stopped else code, "ScriptFailed", how)

    def run_command(self) -> int:
        """Run the script, its output into this container's log; its exit code, or 128 and the signal that ended it."""
        self.child = subprocess.Popen(self.command, env=self.environment, start_new_session=True)
        if self.stopped:
            self.forward()
        code = self.child.wait()
        return code if code >= 0 else 128 - code

    def finish(self) -> int:
        """Hand over to `publish` and report what came of it."""
        write_whole(self.control / "finished.json", canonical({"contract": CONTRACT, **environment_record()}))
        seconds = float(self.environment.get("LEEBOARD_PUBLISH_SECONDS", OUTCOME_SECONDS))
        outcome = self.wait_for(("outcome.json",), seconds)
        if outcome is None:
            return self.nothing_heard(f"publish said nothing within {seconds:.0f} s")
        return self.report(outcome)

    def report(self, path: Path) -> int:
        """End as `publish` says."""
        outcome = json.loads(path.read_bytes())
        self.leave(outcome["message"])
        return int(outcome["exitCode"])

    def nothing_heard(self, message: str) -> int:
        """The end of a wait: stopped, or too long."""
        if self.stopped:
            return self.fail(STOPPED, "ScriptFailed", "ended by SIGTERM")
        return self.fail(PUBLISH_FAILED, "PublishFailed", message)

    def fail(self, code: int, reason: str, message: str) -> int:
        """Leave a message that says why; returns the exit code."""
        self.leave({"contract": CONTRACT, "run": self.run_id, "reason": reason, "message": message})
        return code

    def leave(self, message: dict[str, Any]) -> None:
        """Write the termination message; one that is too long is replaced by its reason."""
        data = canonical(message)
        if len(data) > LARGEST_MESSAGE:
            text = str(message.get("message", "the result does not fit into 4,096 bytes"))[:500]
            reason = message.get("reason", "PublishFailed")
            data = canonical({"contract": CONTRACT, "run": self.run_id, "reason": reason, "message": text})
        Path(self.environment.get("LEEBOARD_TERMINATION_LOG", "/dev/termination-log")).write_bytes(data)

    def wait_for(self, names: tuple[str, ...], seconds: float) -> Path | None:
        """The last of these files that exists, as soon as one does; None when the time is up or after SIGTERM."""
        deadline = time.monotonic() + seconds
        while not self.stopped and time.monotonic() < deadline:
            found = [self.control / name for name in names if (self.control / name).exists()]
            if found:
                return found[-1]
            time.sleep(POLL_SECONDS)
        return None

    def stop(self, number: int, frame: object) -> None:
        """SIGTERM goes on to the script, which may save what it has."""
        self.stopped = True
        self.forward()

    def forward(self) -> None:
        """Send SIGTERM to the script and what it started."""
        if self.child is not None and self.child.poll() is None:
            os.killpg(self.child.pid, signal.SIGTERM)


def add_aliases(environment: MutableMapping[str, str]) -> None:
    """Set the names that scripts for SageMaker, Vertex AI and torchrun read; what is set already stays."""
    model, output = environment.get("LEEBOARD_MODEL_DIR", ""), environment.get("LEEBOARD_OUTPUT_DIR", "")
    prefix = "LEEBOARD_INPUT_"
    inputs = {name[len(prefix) :]: path for name, path in sorted(environment.items()) if name.startswith(prefix)}
    params = read_params(environment.get("LEEBOARD_PARAMS_FILE", ""))
    aliases = {
        "SM_MODEL_DIR": model,
        "SM_OUTPUT_DIR": output,
        "SM_OUTPUT_DATA_DIR": output,
        "SM_CHANNELS": json.dumps([name.lower() for name in inputs]),
        "SM_HPS": json.dumps(params, sort_keys=True),
        "SM_HOSTS": '["localhost"]',
        "SM_CURRENT_HOST": "localhost",
        "SM_NUM_CPUS": str(os.cpu_count() or 1),
        "AIP_MODEL_DIR": model,
        "AIP_CHECKPOINT_DIR": os.path.join(output, "checkpoints"),  # noqa: PTH118
        "AIP_TENSORBOARD_LOG_DIR": os.path.join(output, "tensorboard"),  # noqa: PTH118
        "PET_NNODES": "1",
        "PET_NODE_RANK": "0",
        "PET_MASTER_ADDR": "127.0.0.1",
        "PET_MASTER_PORT": "29500",
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": "29500",
    }
    aliases.update({f"SM_CHANNEL_{name}": path for name, path in inputs.items()})
    aliases.update({f"SM_HP_{re.sub('[^A-Z0-9]', '_', name.upper())}": value for name, value in params.items()})
    if "TRAIN" in inputs:
        aliases["AIP_TRAINING_DATA_URI"] = inputs["TRAIN"]
    for name, value in aliases.items():
        environment.setdefault(name, value)


def read_params(path: str) -> dict[str, str]:
    """The parameters that `fetch` left; none where the file is absent."""
    if not path or not Path(path).exists():
        return {}
    return {str(name): str(value) for name, value in json.loads(Path(path).read_bytes()).items()}


def environment_record() -> dict[str, Any]:
    """Python and every installed package with its version, as this container sees them, and the digest of the list."""
    packages = sorted(
        {
            f"{re.sub('[-_.]+', '-', str(one.metadata['Name'])).lower()}=={one.version}"
            for one in importlib.metadata.distributions()
        }
    )
    digest = hashlib.sha256("".join(f"{line}\n" for line in packages).encode()).hexdigest()
    return {"python": platform.python_version(), "lockDigest": f"sha256:{digest}", "packages": packages}


def describe(code: int) -> str:
    """How the script ended, for a person. What it said stays in the log: it may be anything."""
    if code > 128 and code - 128 in {one.value for one in signal.Signals}:
        how = f"exit code {code}, ended by {signal.Signals(code - 128).name}"
        return how + (", perhaps for want of memory" if code == 137 else "")
    return f"exit code {code}"


def canonical(value: Any) -> bytes:
    """Canonical JSON."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that no reader ever sees a part of it."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    part.write_bytes(data)
    part.replace(path)


def main() -> None:
    """Run what stands after `--`."""
    arguments = sys.argv[1:]
    command = arguments[arguments.index("--") + 1 :] if "--" in arguments else arguments
    if not command:
        sys.exit("no command was given after --")
    sys.exit(Launcher(command, os.environ).run())


if __name__ == "__main__":
    main()
