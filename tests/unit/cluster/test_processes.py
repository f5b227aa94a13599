"""Stopping by pid must be sure, and must never hit a stranger."""

import sys

import pytest

from e2e.cluster import processes

STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"


def test_a_program_that_ignores_sigterm_is_killed(tmp_path) -> None:
    process = processes.start("stubborn", [sys.executable, "-c", STUBBORN], tmp_path)
    log = tmp_path / "stubborn.log"
    processes.wait_until("stubborn", lambda: log.read_text() == "up\n", seconds=30)
    assert processes.running(tmp_path, "stubborn") == process.pid
    processes.stop_recorded(tmp_path, "stubborn", patience=0.2)
    assert process.wait(timeout=10) == -9
    assert processes.running(tmp_path, "stubborn") is None
    assert not (tmp_path / "stubborn.pid").exists()


def test_a_reused_pid_is_not_taken_for_the_program(tmp_path) -> None:
    process = processes.start("sleeper", ["sleep", "60"], tmp_path)
    (tmp_path / "sleeper.pid").write_text(f"{process.pid} 1\n")
    assert processes.running(tmp_path, "sleeper") is None
    processes.stop_recorded(tmp_path, "sleeper")
    assert processes.alive(process.pid)
    processes.stop(process.pid)
    process.wait(timeout=10)


def test_waiting_in_vain_shows_the_end_of_the_log(tmp_path) -> None:
    log = tmp_path / "log"
    log.write_text("the port is taken\n")
    with pytest.raises(processes.NotStarted, match="the port is taken"):
        processes.wait_until("server", lambda: False, seconds=0, log=log)
