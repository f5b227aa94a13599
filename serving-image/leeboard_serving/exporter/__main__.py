"""`python -m leeboard_serving.exporter`: the native sidecar beside the server of a version."""

import logging
import os
import sys

import uvloop

from leeboard.observability import logs
from leeboard.storage import StorageError, open_store
from leeboard_serving.environment import Folders
from leeboard_serving.exporter.process import Exporter
from leeboard_serving.exporter.references import References
from leeboard_serving.exporter.settings import Settings
from leeboard_serving.failures import ServingError, end

LOG = logging.getLogger("leeboard.serving.exporter")


def main() -> int:
    """Run until SIGTERM or SIGINT; the exit code is 0, or that of the reason in the termination message."""
    logs.configure("json", "INFO")
    try:
        settings, folders = Settings.of(os.environ), Folders.of(os.environ)
        references = References.read(folders.profile)
        store = open_store(settings.uri, environment=os.environ)
        uvloop.run(Exporter(settings, references, store, folders.socket).run())
    except (ServingError, StorageError) as error:
        LOG.error("%s: %s", error.reason, error.message, exc_info=error.__cause__)
        return end(os.environ, error.reason, error.message)
    return 0


if __name__ == "__main__":
    sys.exit(main())
