"""What a request to the API server may fail with, as types instead of numbers.

The status codes and reasons are those of the Kubernetes API conventions ("Response Status Kind").
"""

from __future__ import annotations

import json
from typing import Any

MESSAGE_LIMIT = 1024


class KubeError(Exception):
    """A request that the API server did not carry out.

    `status` is the HTTP status (0 when there was no answer), `reason` the machine-readable reason of the
    answer, `retry_after` the seconds after which the server asked to be called again.
    """

    def __init__(self, message: str, *, status: int = 0, reason: str = "", retry_after: float | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.reason = reason
        self.retry_after = retry_after


class NotFound(KubeError):
    """The object, its namespace or its kind does not exist."""


class AlreadyExists(KubeError):
    """An object of that name exists already."""


class Conflict(KubeError):
    """A precondition (resourceVersion, uid) does not hold any more: read again and decide again."""


class Forbidden(KubeError):
    """The identity of this process may not do that (401 and 403)."""


class Invalid(KubeError):
    """The object was refused: schema, validation rule or admission. Trying again does not help."""


class Unreachable(KubeError):
    """No answer, or an answer that says "later" (timeouts, 429, 5xx): trying again may help."""


def error_of(method: str, path: str, status: int, body: bytes, retry_after: float | None = None) -> KubeError:
    """The typed error of an answer with HTTP status ≥ 400, its message cut to 1,024 characters."""
    answer = _parse(body)
    reason = str(answer.get("reason", ""))
    said = str(answer.get("message", "")) or f"HTTP {status}"
    message = f"{method} {path}: {said}"[:MESSAGE_LIMIT]
    return _class_of(status, reason)(message, status=status, reason=reason, retry_after=retry_after)


def _class_of(status: int, reason: str) -> type[KubeError]:
    if status == 409:
        return AlreadyExists if reason == "AlreadyExists" else Conflict
    if status == 429 or status >= 500:
        return Unreachable
    return {401: Forbidden, 403: Forbidden, 404: NotFound, 410: NotFound}.get(status, Invalid)


def _parse(body: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(body)
    except ValueError:
        return {"message": body[:MESSAGE_LIMIT].decode("utf-8", "replace").strip()}
    return answer if isinstance(answer, dict) else {}
