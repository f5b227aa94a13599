"""Sends one body to one webhook: no redirect is followed, no proxy asked, and of the answer only the status is read."""

import asyncio

import aiohttp

from leeboard.api.reasons import Reason
from leeboard.evaluator.failures import EvaluationError
from leeboard.evaluator.webhooks.receiver import Receiver
from leeboard.storage.network_facts import fact

TIMEOUT = 10.0
"""Seconds for everything, from the name's resolution to the status."""
ALERTS_PATH = "api/v2/alerts"
_USER_AGENT = "leeboard-evaluator"


class NotTaken(EvaluationError):
    """The webhook did not take it; `http_status` is 0 where no answer came."""

    def __init__(self, message: str, http_status: int = 0) -> None:
        super().__init__(Reason.WEBHOOK_FAILED, message)
        self.http_status = http_status


async def send(receiver: Receiver, path: str, body: bytes, headers: dict[str, str]) -> int:
    """POST a JSON body below the webhook's address; gives the HTTP status, which is one of success.

    Raises NotTaken for any other status and where no answer came, EvaluationError where certificates are none.
    """
    url = receiver.url.joinpath(*path.split("/"), encoded=True) if path else receiver.url
    sent = {"Content-Type": "application/json", "User-Agent": _USER_AGENT, **headers}
    if receiver.token:
        sent["Authorization"] = f"Bearer {receiver.token}"
    trusted = await asyncio.to_thread(receiver.trusted) if url.scheme == "https" else True
    # a session of its own: nothing of one tenant's webhook, such as a cookie or a connection, is there for another's
    session = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(ssl=trusted, force_close=True),
        timeout=aiohttp.ClientTimeout(total=TIMEOUT),
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
        auto_decompress=False,
    )
    try:
        async with session, session.post(url, data=body, headers=sent, allow_redirects=False) as answer:
            status = answer.status
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
        raise NotTaken(_said(error)) from None
    if not 200 <= status < 300:
        raise NotTaken(_refused(status), status)
    return status


def _refused(status: int) -> str:
    redirects = "; redirects are not followed" if 300 <= status < 400 else ""
    return f"the webhook answered with HTTP status {status}{redirects}"


def _said(error: BaseException) -> str:
    """What happened, in words that name no address: what TLS says of one stands behind a comma."""
    cause = error.certificate_error if isinstance(error, aiohttp.ClientConnectorCertificateError) else error
    return f"the webhook could not be reached: {fact(cause).partition(',')[0]}"
