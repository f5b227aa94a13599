"""On uvicorn with uvloop and httptools: `python -m tests.bench_serving.floors.uvicorn PORT FOLDER FORMAT`."""

import sys
from typing import Any

import uvicorn

from tests.bench_serving.floors.handler import Handler

HEADERS = [(b"content-type", b"application/json")]


def main() -> None:
    """Answer until it is ended."""
    handler = Handler(sys.argv[2], sys.argv[3])

    async def application(scope: Any, receive: Any, send: Any) -> None:
        body = b""
        more = scope["type"] == "http" and scope["method"] == "POST"
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        content = handler.answer(body) if body else b"{}"
        length = (b"content-length", str(len(content)).encode())
        await send({"type": "http.response.start", "status": 200, "headers": [*HEADERS, length]})
        await send({"type": "http.response.body", "body": content})

    uvicorn.run(
        application, host="127.0.0.1", port=int(sys.argv[1]), loop="uvloop", http="httptools", lifespan="off",
        access_log=False, log_level="critical",
    )  # fmt: skip


if __name__ == "__main__":
    main()
