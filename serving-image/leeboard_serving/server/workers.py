"""Several processes on one port, which share the memory of the model that was loaded before they were forked."""

from __future__ import annotations

import gc
import logging
import os
import signal
from dataclasses import replace

from leeboard_serving.server.http.listening import listen
from leeboard_serving.server.worker import Worker

LOG = logging.getLogger("leeboard.serving")


def run(worker: Worker) -> int:
    """Answer requests with as many processes as the settings say; returns the exit code.

    One that ends by itself ends them all: the pod's restart is counted and seen, half a server is not.
    """
    settings = worker.settings
    # what collects garbage looks at everything that the libraries and the model are made of, a tenth of a second long,
    # and would write to those pages, and so copy them into every worker
    gc.collect()
    gc.freeze()
    if settings.workers == 1:
        worker.run(listen(settings.host, settings.port, shared=False))
        return 0
    children = {_fork(replace(worker, number=number)) for number in range(settings.workers)}
    return _watch(children)


def _fork(worker: Worker) -> int:
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        worker.run(listen(worker.settings.host, worker.settings.port, shared=True))
        status = 0
    except BaseException:
        LOG.exception("worker %d ended", worker.number)
    finally:
        os._exit(status)


def _watch(children: set[int]) -> int:
    ending = False

    def end(number: int, _: object) -> None:
        nonlocal ending
        ending = True
        for child in children:
            os.kill(child, number)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    worst = 0
    while children:
        child, status = os.wait()
        children.discard(child)
        code = os.waitstatus_to_exitcode(status)
        worst = worst or abs(code)
        if not ending:
            LOG.error("a worker ended with %d; the others are ended too", code)
            end(signal.SIGTERM, None)
    return worst
