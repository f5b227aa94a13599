"""``python -m leeboard_serving.server``: listens only once the model has given the right answers."""

import logging
import os
import sys
import time

from leeboard.api.reasons import Reason
from leeboard.observability import logs
from leeboard_serving.environment import Folders, Served
from leeboard_serving.failures import ServingError, end
from leeboard_serving.server.counts import SharedCounts
from leeboard_serving.server.repetitions import Repetitions
from leeboard_serving.server.served_model import ServedModel
from leeboard_serving.server.settings import Settings
from leeboard_serving.server.worker import Worker
from leeboard_serving.server.workers import run

LOG = logging.getLogger("leeboard.serving")


def main() -> int:
    """Serve until SIGTERM; the exit code is 0, or that of the reason in the termination message."""
    logs.configure("json", "INFO")
    LOG.addFilter(Repetitions())
    started = time.perf_counter()
    try:
        folders, settings = Folders.of(os.environ), Settings.of(os.environ)
        served = Served.of(os.environ)
        model = ServedModel.load(folders, served, settings.threads)
    except ServingError as error:
        LOG.error("%s: %s", error.reason, error.message, exc_info=error.__cause__)
        return end(os.environ, error.reason, error.message)
    seconds = time.perf_counter() - started
    LOG.info(
        "serving %s of %s, %s: %d inputs, golden samples right after %.2f s, %d workers",
        *(served.version, served.model, model.format, len(model.signature.inputs), seconds, settings.workers),
    )
    try:
        return run(Worker(0, model, folders, settings, SharedCounts(settings.workers), seconds))
    except OSError as error:
        port = error.filename or settings.port
        text = f"port {port} cannot be opened: {error.strerror or type(error).__name__}"
        return end(os.environ, Reason.BAD_CONFIGURATION, text)


if __name__ == "__main__":
    sys.exit(main())
