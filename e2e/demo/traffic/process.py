"""The demo's hand on its traffic: starts the process, tells it what to send, reads what it counted."""

import json
import os
import queue
import secrets
import subprocess
import threading
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from e2e.demo.traffic.segment import Segment, Target
from e2e.demo.traffic.state import TrafficState, read_state
from e2e.demo.traffic.whereabouts import ROOT, Here, Whereabouts

ANSWER_WITHIN = 60.0
"""Seconds for a command: the process may first have to start, and to read a large file."""
SPARE_SECONDS = 15.0


class TrafficError(RuntimeError):
    """The traffic process cannot do what it was told, or has ended by itself."""


class Traffic:
    """Traffic that goes on, in a process of its own, whatever the demo does meanwhile.

    The process starts with the first segment and ends with `stop`, or with the process that started it. Beside the
    state file lies a `.log` with what it wrote as errors.
    """

    def __init__(
        self, target: Target, state: Path, *, run: str | None = None, where: Whereabouts | None = None
    ) -> None:
        self.run = run or secrets.token_hex(4)
        self._target = target
        self._state = state
        self._where = where or Here()
        self._log = state.with_suffix(".log")
        self._process: subprocess.Popen[bytes] | None = None
        self._ended = False
        self._answers: queue.Queue[bytes] = queue.Queue()

    def start(self, segment: Segment) -> None:
        """Send this segment from now on, without a pause after the one before. Raises TrafficError."""
        self._tell("play", segment)

    def append(self, segment: Segment) -> None:
        """Send this segment when the rows of the one before are at their end. Raises TrafficError."""
        self._tell("append", segment)

    def counts(self) -> TrafficState:
        """The counts as of now, or as of the end. Raises TrafficError."""
        if self._process is not None:
            self._tell("write")
            self._where.fetched(self._state)
        elif not self._state.is_file():
            raise TrafficError("no traffic was started")
        return read_state(self._state)

    def stop(self) -> TrafficState:
        """Send no more, wait for what is in flight, and return the final counts. Raises TrafficError."""
        process = self._process
        if process is None:
            return self.counts()
        self._process, self._ended = None, True
        assert process.stdin is not None
        # the end of its commands is its end, wherever it runs
        process.stdin.close()
        try:
            code = process.wait(2 * self._target.timeout + SPARE_SECONDS)
        except subprocess.TimeoutExpired as error:
            process.kill()
            process.wait()
            raise TrafficError("the traffic process did not end") from error
        if code:
            raise TrafficError(f"the traffic process ended with exit code {code}: {self._errors()}")
        self._where.fetched(self._state)
        return read_state(self._state)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            self.stop()

    def _tell(self, command: str, segment: Segment | None = None) -> None:
        if self._ended:
            # a second process would begin its ids, and the counts, anew
            raise TrafficError("the traffic was stopped")
        process = self._process = self._process or self._launch()
        raw: dict[str, object] = {"command": command}
        if segment is not None:
            raw["segment"] = segment.model_copy(update={"rows": Path(self._where.lent(segment.rows))}).dump()
        assert process.stdin is not None
        try:
            process.stdin.write(json.dumps(raw).encode() + b"\n")
            answer = json.loads(self._answers.get(timeout=ANSWER_WITHIN) or b"{}")
        except queue.Empty as error:
            raise TrafficError(f"no answer to {command} within {ANSWER_WITHIN:.0f} s") from error
        except BrokenPipeError:
            answer = {}
        if answer.get("error"):
            raise TrafficError(answer["error"])
        if answer.get("done") != command:
            raise TrafficError(f"the traffic process has ended: {self._errors()}")

    def _launch(self) -> subprocess.Popen[bytes]:
        self._state.parent.mkdir(parents=True, exist_ok=True)
        with self._log.open("w", encoding="utf-8") as log:
            process = subprocess.Popen(
                self._where.command(self._arguments()),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                bufsize=0,
                cwd=ROOT,
                env=os.environ | {"PYTHONPATH": f"{ROOT / 'operator'}:{ROOT}"},
                # Ctrl-C at the demo's terminal reaches the demo, which then stops its traffic and has the last counts
                start_new_session=True,
            )
        assert process.stdout is not None
        threading.Thread(target=self._listen, args=(process.stdout,), daemon=True).start()
        return process

    def _arguments(self) -> list[str]:
        target = self._target.model_dump_json(by_alias=True)
        return ["--follow", "--target", target, "--run", self.run, "--state", self._where.state(self._state)]

    def _listen(self, output: IO[bytes]) -> None:
        for line in output:
            self._answers.put(line)
        # the process has ended: whoever waits for an answer is not to wait longer
        self._answers.put(b"")

    def _errors(self) -> str:
        return self._log.read_text(encoding="utf-8")[-2000:].strip()
