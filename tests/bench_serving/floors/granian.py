"""On granian, by its own interface RSGI: `python -m tests.bench_serving.floors.granian PORT FOLDER FORMAT`."""

import os
import sys
from typing import Any

from granian import Granian
from granian.constants import Interfaces

from tests.bench_serving.floors.handler import Handler

HEADERS = [("content-type", "application/json")]
_MODEL = "BENCH_SERVING_MODEL"
"""Where the process that granian starts finds folder and format: it imports this module and has no arguments."""
_handler = Handler(*os.environ[_MODEL].split("\n")) if _MODEL in os.environ else None


async def application(scope: Any, proto: Any) -> None:
    """Answer one request."""
    body = await proto()
    proto.response_bytes(200, HEADERS, _handler.answer(body) if body and _handler else b"{}")


if __name__ == "__main__":
    os.environ[_MODEL] = "\n".join(sys.argv[2:])
    server = Granian(
        "tests.bench_serving.floors.granian:application", address="127.0.0.1", port=int(sys.argv[1]), workers=1,
        interface=Interfaces.RSGI, log_enabled=False, log_access=False,
    )  # fmt: skip
    server.serve()
