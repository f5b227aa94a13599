"""Whether the server behind gives the right answers: nobody is sent to it before it has answered the golden samples."""

from __future__ import annotations

import asyncio
import http.client
import logging

from leeboard_serving.failures import ServingError
from leeboard_serving.proxy.samples import Answered, Ask, NotYet, prove
from leeboard_serving.proxy.settings import LARGEST_COPY
from leeboard_serving.server.golden import Golden

LOG = logging.getLogger("leeboard.serving.proxy")
CHECK_SECONDS = 3.0
"""How long a probe waits for the answers, below its own timeout."""
ANSWER_SECONDS = 10.0
"""For one answer of the server."""
ATTEMPTS = 3
"""Wrong answers in a row after which the version is not going to give the right ones."""


class Readiness:
    """`proven` says that the server has given the right answers since it was last away.

    `failed` is set, and `failure` says why, once waiting for the right answers is in vain.
    """

    def __init__(self, ask: Ask, golden: Golden, model: str, score_output: str) -> None:
        self._ask, self._golden, self._model, self._score_output = ask, golden, model, score_output
        self.proven = False
        self.failed = asyncio.Event()
        self.failure: ServingError | None = None
        self._attempts = self._absences = 0
        self._checking: asyncio.Task[str | None] | None = None

    async def wrong(self) -> str | None:
        """What is wrong, or None. Whoever asks meanwhile gets the same answer."""
        if self._checking is None or self._checking.done():
            self._checking = asyncio.ensure_future(self._check())
        try:
            return await asyncio.wait_for(asyncio.shield(self._checking), CHECK_SECONDS)
        except TimeoutError:
            return f"the server has not answered the golden samples within {CHECK_SECONDS:g} s"

    def lost(self) -> None:
        """The server is away or says that it is not ready: what comes back has to prove itself anew."""
        if self.proven:
            LOG.warning("the server is away; it has to answer the golden samples again")
        self.proven = False
        self._absences += 1

    async def _check(self) -> str | None:
        absences = self._absences
        try:
            await asyncio.to_thread(prove, self._ask, self._golden, self._model, self._score_output)
        except NotYet as error:
            return str(error)
        except ServingError as error:
            LOG.error("%s: %s", error.reason, error.message)
            self._attempts += 1
            if self._attempts >= ATTEMPTS:
                self.failure = error
                self.failed.set()
            return f"{error.reason}: {error.message}"
        if absences != self._absences:
            return "the server was away while it answered the golden samples"
        LOG.info("the server has given the right answers")
        self.proven, self._attempts = True, 0
        return None


def asking(target: tuple[str, int]) -> Ask:
    """Requests to a server, each over a connection of its own."""

    def ask(method: str, path: str, body: bytes | None) -> Answered:
        connection = http.client.HTTPConnection(*target, timeout=ANSWER_SECONDS)
        try:
            connection.request(method, path, body, {"content-type": "application/json"} if body else {})
            answer = connection.getresponse()
            headers = tuple((name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.getheaders())
            return Answered(answer.status, answer.read(LARGEST_COPY), headers)
        except http.client.HTTPException as error:
            raise ConnectionError(f"no answer of HTTP: {type(error).__name__}") from error
        finally:
            connection.close()

    return ask
