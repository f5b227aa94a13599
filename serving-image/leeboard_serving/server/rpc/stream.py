"""ModelStreamInfer: requests and answers of one call, where the failure of one leaves the others as they are."""

from __future__ import annotations

import asyncio
from typing import Any

from leeboard_serving.server.batching import Job
from leeboard_serving.server.rpc.call import Call
from leeboard_serving.server.rpc.inference import Inference, Outcome
from leeboard_serving.server.rpc.protocol import inference_pb2 as protocol
from leeboard_serving.server.rpc.refusal import Refusal

MOST = 32
"""Requests of one stream whose answers are still owed."""


class Stream:
    """One call. Answers go out as they are ready, which is the order of the requests unless one fails."""

    def __init__(self, inference: Inference, call: Call, ending: asyncio.Future[None]) -> None:
        self._inference, self._call, self._ending = inference, call, ending
        self._outcomes: asyncio.Queue[Outcome | None] = asyncio.Queue()
        self._room = asyncio.Semaphore(MOST)
        self._jobs: dict[int, Job] = {}
        self._owed = 0
        self._cut = False

    async def run(self) -> None:
        """Answer until the caller has no more requests, or the server ends."""
        reading = asyncio.ensure_future(self._read())
        # wakes the loop below when nothing more will come
        reading.add_done_callback(lambda _: self._outcomes.put_nowait(None))
        try:
            while self._owed or not reading.done():
                outcome = await self._outcomes.get()
                if outcome is not None:
                    await self._call.write(_answer(outcome))
                    self._owed -= 1
                    self._room.release()
            await reading
        finally:
            reading.cancel()
            for job in self._jobs.values():
                job.withdrawn = True
        if self._cut:
            raise Refusal(503, "the server ends")

    async def _read(self) -> None:
        number = 0
        while (data := await self._next()) is not None:
            await self._room.acquire()
            self._owed += 1
            number += 1
            self._submit(number, data)

    async def _next(self) -> bytes | None:
        """The bytes of the next request, or None where there is none."""
        read = asyncio.ensure_future(self._call.read())
        waited: list[asyncio.Future[Any]] = [read, self._ending]
        await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
        if not read.done():
            read.cancel()
            self._cut = True
            return None
        return read.result()

    def _submit(self, number: int, data: bytes) -> None:
        def hear(outcome: Outcome) -> None:
            self._jobs.pop(number, None)
            self._outcomes.put_nowait(outcome)

        job = self._inference.submit(data, self._call.patience, hear)
        if job is not None:
            self._jobs[number] = job


def _answer(outcome: Outcome) -> bytes:
    if not isinstance(outcome, Refusal):
        answer = protocol.ModelInferResponse.FromString(outcome)
        return protocol.ModelStreamInferResponse(infer_response=answer).SerializeToString()
    message = protocol.ModelStreamInferResponse(error_message=outcome.text)
    message.infer_response.id = outcome.identity
    return message.SerializeToString()
