"""Log lines as JSON objects, one a line, or as text for people; the same in every process."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from types import TracebackType

from leeboard.observability.context import subject

FORMATS = ("json", "text")
LEVELS = ("INFO", "DEBUG", "WARNING", "ERROR")
_QUIET = ("kopf", "aiohttp.access", "uvicorn", "httpx", "botocore", "s3transfer")
"""Libraries that tell of every request or event; only what goes wrong there is worth a line."""


class JsonFormatter(logging.Formatter):
    """`time` (RFC 3339, UTC), `level`, `logger`, `message`; where an object is worked on its `kind`, `namespace`,
    `name` and the `reconcileID` of this look at it; what the line itself brings as `extra={"fields": {…}}`;
    `exception` where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **subject(),
            **_fields(record),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


class TextFormatter(logging.Formatter):
    """The same for people: fields behind the message, the object in brackets, a traceback on lines of its own."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:
        """The line without its traceback."""
        line, about = super().formatMessage(record), subject()
        line = " ".join([line, *(f"{name}={json.dumps(value)}" for name, value in _fields(record).items())])
        return f"{line} [{about['kind']} {about['namespace']}/{about['name']}]" if about else line


def _fields(record: logging.LogRecord) -> dict[str, str | int | float]:
    fields: dict[str, str | int | float] = getattr(record, "fields", {})
    return fields


def configure(log_format: str, level: str) -> None:
    """Log to stderr, whatever of this process or of its libraries says something, warnings and last words included."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if log_format == "json" else TextFormatter())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.captureWarnings(True)
    sys.excepthook = _last_words
    for quiet in _QUIET:
        logging.getLogger(quiet).setLevel(max(logging.WARNING, logging.getLevelName(level)))


def _last_words(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    logging.getLogger("leeboard").critical("ended by %s", kind.__name__, exc_info=(kind, error, trace))
