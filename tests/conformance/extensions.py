"""Checks of the model repository and the statistics extension."""

from __future__ import annotations

from typing import Any

from tests.conformance.check import Level, NotOffered, check, expect
from tests.conformance.pages import UNKNOWN, is_200, refused
from tests.conformance.sources import REPOSITORY, STATISTICS
from tests.conformance.subject import Subject, answered, parsed, said

INDEX = "/v2/repository/index"
DURATIONS = ("success", "fail", "queue", "compute_input", "compute_infer", "compute_output")


def index(subject: Subject, asked: dict[str, Any]) -> list[dict[str, Any]]:
    """The models of the server's index. Raises NotMet and NotOffered."""
    subject.extension("model_repository")
    response = subject.client.post(INDEX, json=asked)
    expect(response.status_code == 200, f"status 200 expected, {said(response)} came")
    found = parsed(response)
    expect(isinstance(found, list), f"a list of models expected, {said(response)} came")
    return found  # type: ignore[no-any-return]


@check("repository: the index", Level.EXTENSION, f"{REPOSITORY}, Index")
def _index(subject: Subject) -> None:
    models = index(subject, {})
    for one in models:
        expect({"name", "state", "reason"} <= one.keys(), f"name, state and reason expected, {one} came")
    states = [one["state"] for one in models if one["name"] == subject.model]
    expect("READY" in states, f"{subject.model} as READY expected, {states} came")


@check("repository: the index of what is ready", Level.EXTENSION, f"{REPOSITORY}, Index: `ready`")
def _ready_index(subject: Subject) -> None:
    names = [one["name"] for one in index(subject, {"ready": True})]
    expect(subject.model in names, f"{subject.model} expected, {names} came")


@check("repository: no index is refused", Level.EXTENSION, f"{REPOSITORY}, Index")
def _no_index(subject: Subject) -> None:
    subject.extension("model_repository")
    refused(subject.client.post(INDEX, content=b'{"ready": "perhaps"'))


@check("repository: an unknown model is not loaded", Level.EXTENSION, f"{REPOSITORY}, Load and Unload")
def _unknown(subject: Subject) -> None:
    subject.extension("model_repository")
    for action in ("load", "unload"):
        refused(subject.client.post(f"/v2/repository/models/{UNKNOWN}/{action}", json={}))


@check("repository: loading what is loaded", Level.EXTENSION, f"{REPOSITORY}, Load")
def _load(subject: Subject) -> None:
    """A server that leaves control to others refuses it, which is a failed load request."""
    subject.extension("model_repository")
    response = subject.client.post(f"/v2/repository/models/{subject.model}/load")
    if response.status_code != 200:
        refused(response)
    is_200(subject, f"{subject.page}/ready")


@check("repository: unloaded and loaded again", Level.EXTENSION, f"{REPOSITORY}, Unload")
def _cycle(subject: Subject) -> None:
    subject.extension("model_repository")
    if not subject.control:
        raise NotOffered("it takes the model from all callers, and is tried with --control alone")
    pages = f"/v2/repository/models/{subject.model}"
    response = subject.client.post(f"{pages}/unload", json={})
    expect(response.status_code == 200, f"status 200 expected of unload, {said(response)} came")
    try:
        ready = subject.client.get(f"{subject.page}/ready")
        expect(ready.status_code >= 400, f"no readiness expected of what is unloaded, {said(ready)} came")
        asked = subject.post(subject.request())
        expect(asked.status_code >= 400, f"no answer expected of what is unloaded, {said(asked)} came")
    finally:
        response = subject.client.post(f"{pages}/load", json={})
    expect(response.status_code == 200, f"status 200 expected of load, {said(response)} came")
    is_200(subject, f"{subject.page}/ready")


def _statistics(subject: Subject, path: str = "") -> dict[str, Any]:
    subject.extension("statistics")
    found = answered(subject.client.get(path or f"{subject.page}/stats"))
    mine = [one for one in found.get("model_stats", ()) if one.get("name") == subject.model]
    expect(mine, f"an entry of {subject.model} in model_stats expected, {str(found)[:120]} came")
    return mine[0]  # type: ignore[no-any-return]


@check("statistics: members", Level.EXTENSION, f"{STATISTICS}, Statistics Response JSON Object")
def _members(subject: Subject) -> None:
    subject.infer(subject.request())
    found = _statistics(subject)
    for name in ("last_inference", "inference_count", "execution_count"):
        expect(type(found.get(name)) is int, f"a whole number {name} expected, {found.get(name)!r} came")
    for name in DURATIONS:
        one = found.get("inference_stats", {}).get(name)
        expect(
            isinstance(one, dict) and {"count", "ns"} <= one.keys(), f"count and ns of {name} expected, {one!r} came"
        )
    expect(
        isinstance(found.get("batch_stats"), list), f"a list batch_stats expected, {found.get('batch_stats')!r} came"
    )


@check("statistics: requests and rows are counted", Level.EXTENSION, f"{STATISTICS}: `inference_count`")
def _counted(subject: Subject) -> None:
    before = _statistics(subject)
    rows = 3 if all(one.batched for one in subject.inputs) else 1
    subject.infer(subject.request(rows))
    after = _statistics(subject)
    more = after["inference_count"] - before["inference_count"]
    expect(more >= rows, f"inference_count grew by {more} with {rows} rows")
    requests = [one["inference_stats"]["success"]["count"] for one in (before, after)]
    expect(requests[1] > requests[0], f"success is {requests[1]} after a request, and was {requests[0]}")
    expect(after["execution_count"] > before["execution_count"], "execution_count did not grow with a request")


@check("statistics: failures are counted", Level.EXTENSION, f"{STATISTICS}: `fail`")
def _failures(subject: Subject) -> None:
    before = _statistics(subject)["inference_stats"]["fail"]["count"]
    subject.post(b"{")
    after = _statistics(subject)["inference_stats"]["fail"]["count"]
    expect(after > before, f"fail is {after} after a refused request, and was {before}")


@check("statistics: of all models, and of a version", Level.EXTENSION, f"{STATISTICS}, HTTP/REST")
def _other_pages(subject: Subject) -> None:
    _statistics(subject, "/v2/models/stats")
    for version in subject.versions:
        _statistics(subject, f"{subject.page}/versions/{version}/stats")


@check(
    "statistics: of an unknown model are refused",
    Level.EXTENSION,
    f"{STATISTICS}, Statistics Response JSON Error Object",
)
def _unknown_statistics(subject: Subject) -> None:
    subject.extension("statistics")
    refused(subject.client.get(f"/v2/models/{UNKNOWN}/stats"))
