"""Log lines about requests: what fails is told of, and no number of failures fills a disk."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from leeboard.observability.logs import JsonFormatter, TextFormatter
from leeboard_serving.server.request_log import LONGEST_TEXT, SPAN_SECONDS, RequestLog

BEGINNING = {"time", "logger", "message"}


class Lines(logging.Handler):
    """What was logged, as the reader of JSON has it."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(JsonFormatter())
        self.read: list[dict[str, Any]] = []

    def emit(self, record: logging.LogRecord) -> None:
        text = self.format(record)
        assert len(text.splitlines()) == 1
        line = json.loads(text)
        self.read.append({name: value for name, value in line.items() if name not in BEGINNING})


@pytest.fixture
def lines() -> Iterator[list[dict[str, Any]]]:
    handler, logger = Lines(), logging.getLogger("leeboard.serving")
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield handler.read
    logger.removeHandler(handler)
    logger.setLevel(level)


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_the_first_of_a_kind_is_told_of_and_the_others_are_counted(lines: list[dict[str, Any]]) -> None:
    clock = Clock()
    log = RequestLog(False, clock)
    for number in range(10_000):
        log.failed("infer", 400, 0.1, f"r{number}", "inputs are absent: distance")
        clock.now += SPAN_SECONDS / 20_000
        log.tick()
    first = {"level": "WARNING", "route": "infer", "status": 400, "id": "r0", "error": "inputs are absent: distance"}
    assert lines == [first]
    clock.now += SPAN_SECONDS / 2
    log.tick()
    assert lines[1:] == [{"level": "WARNING", "route": "infer", "status": 400, "suppressed": 9999}]
    log.tick()
    log.failed("infer", 400, 0.1, "again", "inputs are absent: distance")
    assert [line.get("id") for line in lines] == ["r0", None, "again"]


def test_ten_seconds_of_any_number_of_failures_are_two_lines_a_kind(lines: list[dict[str, Any]]) -> None:
    clock = Clock()
    log = RequestLog(False, clock)
    spans = 6
    for _ in range(spans * 1000):
        for status in (400, 500, 503):
            log.failed("infer", status, 0.1, "", "x")
        clock.now += SPAN_SECONDS / 1000
        log.tick()
    log.close()
    assert len(lines) <= 2 * 3 * (spans + 1)
    told = sum(line.get("suppressed", 1) for line in lines)
    assert told == spans * 1000 * 3


def test_kinds_are_told_of_apart_and_the_servers_own_faults_are_errors(lines: list[dict[str, Any]]) -> None:
    log = RequestLog(False)
    for route, status in (("infer", 500), ("infer", 503), ("grpc", 400), ("other", 404), ("infer", 500)):
        log.failed(route, status, 0.1, "", "x")
    told = [(line["route"], line["status"], line["level"]) for line in lines]
    expected = [("infer", 500, "ERROR"), ("infer", 503, "WARNING"), ("grpc", 400, "WARNING"), ("other", 404, "WARNING")]
    assert told == expected
    log.close()
    assert lines[4:] == [{"level": "ERROR", "route": "infer", "status": 500, "suppressed": 1}]
    log.close()
    assert len(lines) == 5


def test_what_a_caller_sends_is_one_line_of_bounded_length(lines: list[dict[str, Any]]) -> None:
    RequestLog(False).failed("infer", 400, 0.1, 'a"\n{', "é\n" * 5000)
    assert lines[0]["id"] == 'a"\n{'
    assert lines[0]["error"] == ("é\n" * 5000)[:LONGEST_TEXT]


def test_every_request_is_told_of_only_where_that_is_asked_for(lines: list[dict[str, Any]]) -> None:
    RequestLog(False).answered("infer", 200, 0.5, "r", 3)
    assert lines == []
    RequestLog(True).answered("infer", 200, 0.00012345678, "r", 3)
    assert lines == [{"level": "INFO", "route": "infer", "status": 200, "seconds": 0.000123, "id": "r", "rows": 3}]


def test_people_read_fields_behind_the_message() -> None:
    record = logging.LogRecord("a", logging.INFO, "f", 1, "a request failed", (), None)
    record.fields = {"route": "infer", "status": 400, "error": 'no "x"'}
    expected = r'INFO a: a request failed route="infer" status=400 error="no \"x\""'
    assert TextFormatter().format(record).endswith(expected)
