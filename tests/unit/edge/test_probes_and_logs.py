"""What kubelet sees, and the log's reader."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import subprocess
import sys

from prometheus_client import CollectorRegistry, Gauge

from leeboard.observability.context import about, subject
from leeboard.observability.exposition import exposition
from leeboard.observability.logs import JsonFormatter, TextFormatter


def record(message: str, *args: object) -> logging.LogRecord:
    return logging.LogRecord("a.b", logging.ERROR, "f", 1, message, args, None)


def test_a_log_line_is_one_json_object_with_its_traceback() -> None:
    try:
        raise ValueError("no\nway")
    except ValueError:
        failed = logging.LogRecord("a.b", logging.ERROR, "f", 1, "failed: %s", ("x\ny",), sys.exc_info())
    line = JsonFormatter().format(failed)
    assert "\n" not in line
    read = json.loads(line)
    assert (read["level"], read["logger"], read["message"]) == ("ERROR", "a.b", "failed: x\ny")
    assert "ValueError" in read["exception"]
    assert set(read) == {"time", "level", "logger", "message", "exception"}


async def test_lines_carry_the_object_they_are_about_also_from_threads_and_tasks_and_nowhere_else() -> None:
    def line() -> dict[str, str]:
        read: dict[str, str] = json.loads(JsonFormatter().format(record("x")))
        return read

    async def look(name: str) -> list[dict[str, str]]:
        with about("Model", "ml", name):
            await asyncio.sleep(0)
            return [line(), await asyncio.to_thread(line)]

    lines = dict(zip("ab", await asyncio.gather(look("a"), look("b")), strict=True))
    for name, written in lines.items():
        assert [(one["kind"], one["namespace"], one["name"]) for one in written] == [("Model", "ml", name)] * 2
        assert written[0]["reconcileID"] == written[1]["reconcileID"]
    assert lines["a"][0]["reconcileID"] != lines["b"][0]["reconcileID"]
    assert subject() == {}
    assert "kind" not in line()


def test_people_read_the_object_in_brackets() -> None:
    with about("Model", "ml", "m"):
        assert TextFormatter().format(record("it %s", "broke")).endswith("ERROR a.b: it broke [Model ml/m]")
    assert TextFormatter().format(record("it broke")).endswith("ERROR a.b: it broke")


SAYS = """
import logging, warnings
from leeboard.observability import logs
logs.configure("json", "INFO")
logging.getLogger("kopf.objects").info("every event")
logging.getLogger("kopf.objects").warning("a watch failed")
logging.getLogger("aiohttp.server").error("a handler failed")
warnings.warn("old", DeprecationWarning)
logging.getLogger("leeboard.x").debug("in detail")
raise RuntimeError("the last words")
"""


def test_whatever_a_process_says_is_json_its_libraries_warnings_and_last_words_included() -> None:
    command = [sys.executable, "-W", "always", "-c", SAYS]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, env=environment)
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    said = [(line["level"], line["logger"]) for line in lines]
    expected = [("WARNING", "kopf.objects"), ("ERROR", "aiohttp.server"), ("WARNING", "py.warnings")]
    assert said == [*expected, ("CRITICAL", "leeboard")]
    assert "the last words" in lines[-1]["exception"]
    assert done.returncode == 1


async def test_a_scrape_shows_what_the_registry_has() -> None:
    registry = CollectorRegistry()
    Gauge("x", "An x.", registry=registry).set(4)
    assert b"# TYPE x gauge\nx 4.0\n" in (await exposition(registry, None)).body
