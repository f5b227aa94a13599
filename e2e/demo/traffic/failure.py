"""What counts as a failed request, and of which kind."""

from enum import StrEnum

import aiohttp

LONGEST_TEXT = 300


class Failure(StrEnum):
    """How a request failed."""

    CONNECT = "connect"
    """no connection could be made"""
    RESET = "reset"
    """the connection ended before the whole answer was there"""
    TIMEOUT = "timeout"
    STATUS = "status"
    """an HTTP status from 500"""
    REFUSED = "refused"
    """another HTTP status than the one of success"""
    ANSWER = "answer"
    """not an answer to this request: no JSON, another id, another number of rows, a row without a number"""


def of_error(error: aiohttp.ClientError | TimeoutError | OSError) -> Failure:
    """The kind of an error that the HTTP client raised."""
    if isinstance(error, TimeoutError):
        return Failure.TIMEOUT
    if isinstance(error, aiohttp.ClientConnectorError):
        return Failure.CONNECT
    if isinstance(error, aiohttp.ClientOSError | aiohttp.ServerDisconnectedError | aiohttp.ClientPayloadError):
        return Failure.RESET
    return Failure.RESET if isinstance(error, OSError) else Failure.ANSWER


def of_status(status: int) -> Failure:
    """The kind of a status that is not that of success."""
    return Failure.STATUS if status >= 500 else Failure.REFUSED


def in_words(error: BaseException) -> str:
    """The error as one line."""
    return f"{type(error).__name__}: {error}"[:LONGEST_TEXT]
