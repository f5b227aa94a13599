"""A line that repeats itself is written once in a while, with how often it came."""

from __future__ import annotations

import logging

import pytest

from leeboard_serving.server.repetitions import SPAN_SECONDS, Repetitions


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> tuple[logging.Logger, Clock, pytest.LogCaptureFixture]:
    logger, clock = logging.Logger("failing"), Clock()
    logger.addFilter(Repetitions(clock))
    logger.addHandler(caplog.handler)
    return logger, clock, caplog


def test_tracebacks_of_the_same_line_are_counted(
    logged: tuple[logging.Logger, Clock, pytest.LogCaptureFixture],
) -> None:
    logger, clock, caplog = logged
    for number in range(1000):
        try:
            raise RuntimeError("a model that fails")
        except RuntimeError:
            logger.exception("a prediction of %d rows failed", number)
    assert [record.getMessage() for record in caplog.records] == ["a prediction of 0 rows failed"]
    clock.now += SPAN_SECONDS
    for number in (7, 8):
        logger.error("a prediction of %d rows failed", number)
    assert caplog.records[1].getMessage() == "a prediction of 7 rows failed"
    assert caplog.records[1].__dict__["fields"] == {"suppressed": 999}
    assert len(caplog.records) == 2


def test_other_lines_pass(logged: tuple[logging.Logger, Clock, pytest.LogCaptureFixture]) -> None:
    logger, clock, caplog = logged
    logger.error("a")
    logger.error("b")
    logger.warning("a")
    logger.error("a")
    clock.now += 2 * SPAN_SECONDS
    logger.error("b")
    said = [(record.levelname, record.msg) for record in caplog.records]
    assert said == [("ERROR", "a"), ("ERROR", "b"), ("WARNING", "a"), ("ERROR", "b")]
    assert not hasattr(caplog.records[-1], "fields")
