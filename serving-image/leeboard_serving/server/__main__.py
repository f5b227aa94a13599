"""``python -m leeboard_serving.server``: listens only once the model has given the right answers."""

import logging
import os
import sys

from leeboard.observability import logs
from leeboard_serving.environment import Folders, Served
from leeboard_serving.failures import ServingError, end
from leeboard_serving.server.application import application
from leeboard_serving.server.draining import serve
from leeboard_serving.server.observer import Observer
from leeboard_serving.server.served_model import ServedModel
from leeboard_serving.server.service import Service

LOG = logging.getLogger("leeboard.serving")


def main() -> int:
    """Serve until SIGTERM; the exit code is 0, or that of the reason in the termination message."""
    logs.configure("json", "INFO")
    folders = Folders.of(os.environ)
    try:
        served = Served.of(os.environ)
        model = ServedModel.load(folders, served)
    except ServingError as error:
        LOG.error("%s: %s", error.reason, error.message, exc_info=error.__cause__)
        return end(os.environ, error.reason, error.message)
    LOG.info(
        "serving %s of %s: %d inputs, golden samples right", served.version, served.model, len(model.signature.inputs)
    )
    # LEEBOARD_PORT is for tests; pods have the default
    serve(application(Service(model, Observer(folders.socket))), int(os.environ.get("LEEBOARD_PORT", "8080"))).run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
