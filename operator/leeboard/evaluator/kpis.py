"""Figures of the business, asked of the Prometheus that the administrator named, one query for each that a check names.

Whoever may write a Model chooses the query: the address may hold `{namespace}`, for a proxy that keeps tenants apart.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp

from leeboard.api.drift_monitor import DriftMonitor
from leeboard.api.durations import parse_duration
from leeboard.api.model import Model
from leeboard.evaluator.figures import figure

UNKNOWN_ADDRESS = "the evaluator knows no Prometheus: set evaluator.prometheus.url of the chart"
TIMEOUT = aiohttp.ClientTimeout(total=10)
LARGEST_ANSWER = 1 << 20
"""Bytes."""


class KpiError(Exception):
    """Why a figure could not be had, for the user."""


@dataclass(frozen=True)
class Kpis:
    """`url` is where Prometheus answers, without `/api/v1`, empty where there is none; `token_file` holds a token."""

    url: str = ""
    token_file: str = ""

    async def figures(self, model: Model, monitor: DriftMonitor, version: str, now: datetime) -> dict[str, Any]:
        """`kpis` of `status.evaluation`: those that checks name, each with its value or why there is none."""
        wanted = dict.fromkeys(check.kpi for check in monitor.spec.checks if check.kpi)
        if not wanted:
            return {}
        known = {one.name: one.source.query for one in model.spec.kpis}
        length = parse_duration(monitor.spec.window.length).total_seconds()
        namespace = model.metadata.namespace
        about = {
            "window": f"{length:.0f}s",
            "namespace": namespace,
            "model": model.metadata.name,
            "version": version,
        }
        rows = []
        for name in wanted:
            try:
                if name not in known:
                    raise KpiError(f"spec.kpis of the Model has no {name}")
                value = await self._value(_filled(known[name], about), namespace, now)
                rows.append({"name": name, "value": figure(value)})
            except KpiError as error:
                rows.append({"name": name, "message": str(error)[:512]})
        return {"kpis": rows}

    async def series(
        self, query: str, model: Model, version: str, span: tuple[datetime, datetime], step: timedelta
    ) -> dict[float, float]:
        """A figure at every step of a span, by seconds since 1970; where there is none it is left out.

        `{window}` of the query is a step. Raises KpiError.
        """
        namespace, length = model.metadata.namespace, step.total_seconds()
        about = {
            "window": f"{length:.0f}s",
            "namespace": namespace,
            "model": model.metadata.name,
            "version": version,
        }
        first, last = (f"{moment.timestamp():.3f}" for moment in span)
        ends = {"start": first, "end": last, "step": f"{length:.3f}"}
        return numbers_of(*await self._answer("query_range", _filled(query, about), namespace, ends))

    async def _value(self, query: str, namespace: str, now: datetime) -> float:
        return number_of(*await self._answer("query", query, namespace, {"time": f"{now.timestamp():.3f}"}))

    async def _answer(self, path: str, query: str, namespace: str, when: Mapping[str, str]) -> tuple[int, bytes]:
        if not self.url:
            raise KpiError(UNKNOWN_ADDRESS)
        address = f"{_filled(self.url, {'namespace': namespace}).rstrip('/')}/api/v1/{path}"
        form = {"query": query, "timeout": "8s", **when}
        try:
            async with (
                aiohttp.ClientSession(timeout=TIMEOUT, headers=self._headers()) as session,
                session.post(address, data=form, allow_redirects=False) as answer,
            ):
                body = await _body(answer)
                status = answer.status
        except (aiohttp.ClientError, TimeoutError) as error:
            raise KpiError(f"Prometheus does not answer: {type(error).__name__}") from error
        return status, body

    def _headers(self) -> dict[str, str]:
        if not self.token_file:
            return {}
        try:
            token = Path(self.token_file).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise KpiError(f"the token for Prometheus cannot be read: {error.strerror}") from error
        return {"Authorization": f"Bearer {token}"}


async def _body(answer: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for part in answer.content.iter_chunked(1 << 16):
        body += part
        if len(body) > LARGEST_ANSWER:
            raise KpiError("Prometheus answers with more than a number")
    return bytes(body)


def number_of(status: int, body: bytes) -> float:
    """The one number of an answer of Prometheus. Raises KpiError for any other."""
    try:
        answer = json.loads(body)
        if answer["status"] != "success":
            raise KpiError(f"Prometheus refuses the query: {answer.get('error') or answer['status']}")
        kind, result = answer["data"]["resultType"], answer["data"]["result"]
        if kind == "vector" and len(result) != 1:
            raise KpiError(f"the query has {len(result) or 'no'} series for an answer, not one")
        sample = result if kind == "scalar" else result[0]["value"]
        value = float(sample[1])
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError) as error:
        raise KpiError(f"Prometheus answers {status} with what is no number") from error
    if not math.isfinite(value):
        raise KpiError(f"the query's answer is {value}")
    return value


def numbers_of(status: int, body: bytes) -> dict[float, float]:
    """The one series of an answer of Prometheus to a query over time; empty where there is none, without what is not
    finite. Raises KpiError for any other answer."""
    try:
        answer = json.loads(body)
        if answer["status"] != "success":
            raise KpiError(f"Prometheus refuses the query: {answer.get('error') or answer['status']}")
        kind, result = answer["data"]["resultType"], answer["data"]["result"]
        if kind != "matrix" or len(result) > 1:
            raise KpiError(f"the query has {len(result)} series for an answer, not one")
        samples = result[0]["values"] if result else ()
        found = {float(at): float(value) for at, value in samples}
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError) as error:
        raise KpiError(f"Prometheus answers {status} with what is no series") from error
    return {at: value for at, value in found.items() if math.isfinite(at) and math.isfinite(value)}


def _filled(text: str, words: Mapping[str, str]) -> str:
    """Only these words: other braces belong to PromQL."""
    for word, value in words.items():
        text = text.replace("{" + word + "}", value)
    return text
