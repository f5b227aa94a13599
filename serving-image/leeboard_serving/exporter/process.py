"""The exporter put together: what runs at once, and in which order it ends."""

import asyncio
import logging
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry

from leeboard.api.reasons import Reason
from leeboard.observability.families import process_registry
from leeboard.storage import StorageError, Store
from leeboard_serving.exporter.collector import ExporterCollector
from leeboard_serving.exporter.flusher import Flusher
from leeboard_serving.exporter.health import Health
from leeboard_serving.exporter.outbox import Outbox
from leeboard_serving.exporter.receiver import Receiver
from leeboard_serving.exporter.recorder import Recorder
from leeboard_serving.exporter.references import References
from leeboard_serving.exporter.settings import Settings
from leeboard_serving.exporter.shadow.lookout import Lookout
from leeboard_serving.exporter.shadow.replay import Replay
from leeboard_serving.exporter.tokens import Tokens
from leeboard_serving.exporter.uploader import Uploader
from leeboard_serving.exporter.web import Site, feedback_application, metrics_application
from leeboard_serving.failures import ServingError

if TYPE_CHECKING:
    from leeboard_serving.exporter.request_log import RequestLog

LOG = logging.getLogger("leeboard.serving.exporter")
SECONDS_FOR_CONNECTIONS = 5.0
"""For the server to close its connections once the exporter was told to end: it ended before, in a pod."""
SECONDS_FOR_STORAGE = 10.0
"""In which a last upload that fails is tried again."""
LONGEST_FOR_STORAGE = 20.0
"""For the last upload, however it goes. The pod's grace period has to hold it and the connections too."""


class Exporter:
    """One exporter, until SIGTERM or SIGINT."""

    def __init__(self, settings: Settings, references: References, store: Store, socket: Path) -> None:
        self._settings = settings
        try:
            outbox = Outbox(settings.outbox, settings.outbox_bytes)
        except OSError as error:
            raise ServingError(
                Reason.BAD_CONFIGURATION, f"files cannot be kept: {error.strerror or type(error).__name__}"
            ) from error
        self._outbox = outbox
        self._replay = Replay(
            settings.model,
            settings.version,
            score_output=settings.score_output,
            labels=settings.task == "BinaryClassification",
            clock=time.time,
            address=settings.challengers,
        )
        self._lookout = Lookout(self._replay, store, settings.version, settings.interval, time.time)
        log = _request_log(settings, references)
        self._recorder = Recorder(settings, references, outbox, time.time, log, replay=self._replay)
        self._receiver = Receiver(socket, self._recorder)
        self._uploader = Uploader(outbox, store, time.time)
        self._health = Health(settings.interval, self._uploader)
        self._flusher = Flusher(self._recorder, self._uploader, self._health, settings.interval, time.time)
        self._metrics = Site(metrics_application(self._health, self._registry()))
        tokens = Tokens(settings.tokens) if settings.tokens is not None else None
        self._feedback = Site(feedback_application(self._recorder, time.time, settings.interval, tokens))

    async def run(self) -> None:
        """Raises ServingError where it cannot start, and where at the end something could not be stored."""
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await self._start()
        closing = asyncio.create_task(self._flusher.close_windows(stop))
        uploading = asyncio.create_task(self._flusher.upload())
        looking = asyncio.create_task(self._lookout.run())
        try:
            await asyncio.wait([closing, uploading, looking], return_when=asyncio.FIRST_COMPLETED)
            stop.set()
            await asyncio.wait([closing])  # a window that is being closed is closed before the last one
            error = await self._end()
        finally:
            uploading.cancel()
            looking.cancel()
            results = await asyncio.gather(closing, uploading, looking, return_exceptions=True)
        for result in results:
            if isinstance(result, Exception):
                raise result
        if error is not None:
            text = f"{len(self._outbox.pending())} files are not in storage: {error.message}"
            raise ServingError(error.reason, text)

    async def _start(self) -> None:
        try:
            await self._receiver.start()
            await self._metrics.open(self._settings.metrics_port)
            await self._feedback.open(self._settings.feedback_port)
        except OSError as error:
            raise ServingError(
                Reason.BAD_CONFIGURATION,
                f"a port or the socket cannot be opened: {error.strerror or type(error).__name__}",
            ) from error
        LOG.info("%s of %s is observed", self._settings.version, self._settings.model)

    async def _end(self) -> StorageError | None:
        """What comes in ends first, then what goes out; the metrics last."""
        await self._receiver.stop(SECONDS_FOR_CONNECTIONS)
        await self._replay.close()
        await self._feedback.close()
        error = await self._flusher.finish(SECONDS_FOR_STORAGE, LONGEST_FOR_STORAGE)
        await self._metrics.close()
        return error

    def _registry(self) -> CollectorRegistry:
        registry = process_registry("exporter")
        address = (self._settings.model, self._settings.version)
        registry.register(ExporterCollector(address, self._recorder, self._receiver, self._outbox, self._uploader))
        return registry


def _request_log(settings: Settings, references: References) -> "RequestLog | None":
    """What stores rows of requests, where the Model asks for it: others are spared pandas and Arrow."""
    if settings.logging is None:
        return None
    from leeboard_serving.exporter.request_log import RequestLog  # noqa: PLC0415

    return RequestLog(settings.model, settings.logging, references, int(time.time() * 1000))
