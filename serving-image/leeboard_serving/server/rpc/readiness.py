"""Whether the model gives the right answers now."""

from __future__ import annotations

import logging

from leeboard_serving.failures import ServingError
from leeboard_serving.server.serving import CHECK_SECONDS, Serving

LOG = logging.getLogger("leeboard.serving")


async def is_ready(serving: Serving) -> bool:
    """Ask the model for the golden answers; the log says what kept it from giving them."""
    if not serving.loaded:
        return False
    try:
        await serving.check()
    except TimeoutError:
        LOG.error("the model has not answered the golden samples within %g s", CHECK_SECONDS)
        return False
    except ServingError as error:
        LOG.error("%s: %s", error.reason, error.message)
        return False
    return True
