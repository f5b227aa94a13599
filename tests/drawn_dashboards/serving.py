"""What servers and exporters of three Models tell: a canary, inputs that drift, requests that fail for a while."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from tests.drawn_dashboards.processes import of_process
from tests.drawn_dashboards.series import (
    AGO,
    END,
    SPAN,
    Series,
    Target,
    Values,
    between,
    counted,
    counter,
    gauge,
    histogram,
    noisy,
    rising,
)

CANARY, PROMOTED, DRIFT = 4 * 3600, 3 * 3600, 90 * 60
"""Seconds before the end at which a version began to be tried, became champion, and its inputs began to drift."""
FOREVER = SPAN + 1800


@dataclass(frozen=True)
class Pod:
    """One pod of a version: how many requests a second it answers, and how long they take in the middle, in seconds."""

    namespace: str
    model: str
    version: str
    name: str
    rate: Values
    latency: float
    failing: Values | float = 0.0
    score: Values | float = 0.3
    inputs: tuple[str, ...] = ()

    def target(self, container: str) -> Target:
        """Where Prometheus finds a container of it."""
        port = {"server": 8080, "exporter": 9090}[container]
        return Target("leeboard-serving", f"{self.name}:{port}", self.namespace, self.name)


def pods() -> Iterator[Pod]:
    """All of them."""
    day = 1 + 0.25 * np.sin(AGO / 7000)
    share = np.where(AGO > PROMOTED, 0.2 * rising(CANARY, 1800) + 0.05, 1.0)
    flights = ("wind_speed", "visibility", "carrier", "origin", "distance")
    for number in (1, 2):
        key = f"late-flights-{number}"
        of_old = noisy(22 * day, 0.06, key) * (1 - np.where(AGO > CANARY, 0, share))
        old = between(FOREVER, PROMOTED - 900, of_old)
        name = f"late-flights-champion-6c9d7f4b5-x{number}k2p"
        yield Pod("ml", "late-flights", "late-flights-7", name, old, 0.012, score=0.24, inputs=flights)
        new = between(CANARY, 0, noisy(22 * day, 0.06, f"new {key}") * share)
        name = f"late-flights-candidate-58b6d9c7f-{number}qzvt"
        score = 0.25 + 0.11 * rising(DRIFT, 2400)
        yield Pod("ml", "late-flights", "late-flights-8", name, new, 0.011, score=score, inputs=flights)
    rate = noisy(9 * day, 0.1, "basket")
    inputs = ("basket_size", "country", "hour")
    yield Pod(
        "shop",
        "basket-value",
        "basket-value-31",
        "basket-value-champion-7fd5c-9sxwl",
        rate,
        0.03,
        score=42.0,
        inputs=inputs,
    )
    failing = np.where((AGO < 2400) & (AGO > 600), 0.07, 0.0)
    for number in (1, 2, 3):
        rate = noisy(40 * day, 0.04, f"cards {number}")
        name = f"card-checks-champion-84bbd6f9d-{number}hqnm"
        yield Pod(
            "payments",
            "card-checks",
            "card-checks-112",
            name,
            rate,
            0.004,
            failing=failing,
            score=0.02,
            inputs=("amount", "merchant"),
        )


def served() -> Iterator[Series]:
    """Everything that the pods show."""
    for pod in pods():
        yield from _exporter(pod)
        yield from _server(pod)


def _exporter(pod: Pod) -> Iterator[Series]:
    target, address = pod.target("exporter"), {"model": pod.model, "version": pod.version}
    rows = pod.rate * 3
    alive = np.where(np.isnan(pod.rate), np.nan, 1.0)
    failed = pod.rate * pod.failing
    yield counter(target, "leeboard_requests_total", pod.rate - failed, status="2xx", **address)
    yield counter(target, "leeboard_requests_total", pod.rate * 0.004, status="4xx", **address)
    if np.nanmax(failed) > 0:
        yield counter(target, "leeboard_requests_total", failed, status="5xx", **address)
    yield from histogram(target, "leeboard_request_seconds", pod.rate, pod.latency * 1.2, **address)
    yield counter(target, "leeboard_rows_total", rows, **address)
    for place, one in enumerate(pod.inputs):
        drift = rising(DRIFT, 2400) if pod.version == "late-flights-8" and one in ("wind_speed", "visibility") else 0.0
        missing = 0.01 / (place + 1) + 0.05 * drift
        yield counter(target, "leeboard_missing_total", rows * missing, input=one, **address)
        yield counter(target, "leeboard_unseen_total", rows * 0.0004 * (place + 1), input=one, **address)
    labels = target.labels(address)
    yield Series("leeboard_score_sum", labels, counted(rows * pod.score))
    yield Series("leeboard_score_count", labels, counted(rows))
    yield counter(target, "leeboard_observations_dropped_total", alive * 0, **address)
    flushed = alive * (END - AGO - AGO[::-1] % 60)
    yield gauge(target, "leeboard_last_flush_timestamp_seconds", flushed, **address)
    for kind, size in {"windows": 40_000, "ledger": 300_000, "feedback": 9_000}.items():
        yield gauge(target, "leeboard_outbox_bytes", noisy(alive * size, 0.3, pod.name + kind), kind=kind, **address)
    yield from of_process(target, "exporter", alive, memory=96e6, cores=0.03)


def _server(pod: Pod) -> Iterator[Series]:
    target, address = pod.target("server"), {"model": pod.model, "version": pod.version}
    alive = np.where(np.isnan(pod.rate), np.nan, 1.0)
    for route, share in {"infer": 0.8, "grpc": 0.2}.items():
        yield counter(target, "leeboard_server_requests_total", pod.rate * share, route=route, status="2xx", **address)
        yield from histogram(
            target, "leeboard_server_request_seconds", pod.rate * share, pod.latency, route=route, **address
        )
    yield counter(target, "leeboard_server_requests_total", alive * 0.2, route="health", status="2xx", **address)
    yield from histogram(target, "leeboard_server_predict_seconds", pod.rate / 2, pod.latency / 3, 0.4, **address)
    yield from histogram(target, "leeboard_server_batch_rows", pod.rate / 2, 5.0, **address)
    busy = np.where((AGO < 2400) & (AGO > 600), 1.0, 0.0) if pod.model == "card-checks" else 0.0
    yield counter(target, "leeboard_server_requests_refused_total", pod.rate * 0.02 * busy, **address)
    yield counter(target, "leeboard_server_requests_late_total", pod.rate * 0.004 * busy, **address)
    yield gauge(
        target, "leeboard_server_requests_waiting", np.round(noisy(alive * 2, 0.5, pod.name) + 20 * busy), **address
    )
    yield gauge(target, "leeboard_server_connections", np.round(noisy(alive * 12, 0.2, "c" + pod.name)), **address)
    yield gauge(target, "leeboard_server_workers", alive * 2, **address)
    yield gauge(target, "leeboard_server_model_load_seconds", alive * 30 * pod.latency, **address)
    yield counter(target, "leeboard_server_failed_checks_total", alive * 0, **address)
    yield gauge(
        target, "leeboard_server_observations_waiting", np.round(noisy(alive * 4, 0.6, "o" + pod.name)), **address
    )
    yield from of_process(target, "server", alive, memory=310e6, cores=0.2)
