"""What came back for one request, judged."""

import json
import math
from dataclasses import dataclass
from typing import Any

from e2e.demo.traffic.failure import LONGEST_TEXT, Failure, of_status


@dataclass(frozen=True)
class Outcome:
    """How a request ended; `seconds` is from sending to the last byte, or to the failure."""

    seconds: float
    version: str = ""
    failure: Failure | None = None
    text: str = ""


def judge(status: int, body: bytes, request_id: str, rows: int, seconds: float) -> Outcome:
    """Whether this answers that request: a probability for every row of it."""
    raw = _object(body)
    version = str(raw.get("model_version") or "") if raw else ""
    if status != 200:
        return Outcome(seconds, version, of_status(status), f"{status} {_text(body)}")
    if raw is None:
        return Outcome(seconds, version, Failure.ANSWER, f"not a JSON object: {_text(body)}")
    problem = _problem(raw, request_id, rows)
    return Outcome(seconds, version, Failure.ANSWER if problem else None, problem)


def _problem(raw: dict[str, Any], request_id: str, rows: int) -> str:
    """What is wrong with an answer; empty where nothing is."""
    if raw.get("id") != request_id:
        return f"the answer is to {raw.get('id')!r}"[:LONGEST_TEXT]
    try:
        data = raw["outputs"][0]["data"]
    except (KeyError, IndexError, TypeError):
        return "the answer has no outputs"
    if not isinstance(data, list) or len(data) != rows:
        count = len(data) if isinstance(data, list) else "no"
        return f"{count} rows in the answer to {rows}"
    wrong = sum(not _is_number(value) for value in data)
    return f"{wrong} rows without a number" if wrong else ""


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _object(body: bytes) -> dict[str, Any] | None:
    try:
        raw = json.loads(body)
    except ValueError:
        return None
    return raw if isinstance(raw, dict) else None


def _text(body: bytes) -> str:
    return " ".join(body[:LONGEST_TEXT].decode("utf-8", "replace").split())
