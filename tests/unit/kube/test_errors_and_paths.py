"""Answers become types, and names become paths that nothing can break out of."""

from __future__ import annotations

import json

import pytest

from leeboard.kube import errors
from leeboard.kube.resources import DEPLOYMENT, MODEL, POD, resource_of


@pytest.mark.parametrize(
    ("status", "reason", "expected"),
    [
        (404, "NotFound", errors.NotFound),
        (410, "Expired", errors.NotFound),
        (409, "AlreadyExists", errors.AlreadyExists),
        (409, "Conflict", errors.Conflict),
        (401, "Unauthorized", errors.Forbidden),
        (403, "Forbidden", errors.Forbidden),
        (400, "BadRequest", errors.Invalid),
        (422, "Invalid", errors.Invalid),
        (429, "TooManyRequests", errors.Unreachable),
        (500, "InternalError", errors.Unreachable),
        (503, "ServiceUnavailable", errors.Unreachable),
    ],
)
def test_an_answer_is_a_typed_error(status: int, reason: str, expected: type[errors.KubeError]) -> None:
    body = json.dumps({"kind": "Status", "reason": reason, "message": "what was wrong"}).encode()
    error = errors.error_of("GET", "/api/v1/pods", status, body)
    assert type(error) is expected
    assert (error.status, error.reason) == (status, reason)
    assert error.message == "GET /api/v1/pods: what was wrong"


@pytest.mark.parametrize("body", [b"<html>\xff bad gateway</html>", b"[1]", b"", b"x" * 100_000])
def test_an_answer_that_is_no_status_is_still_an_error_of_bounded_length(body: bytes) -> None:
    error = errors.error_of("GET", "/x", 502, body)
    assert type(error) is errors.Unreachable
    assert len(error.message) <= 1024


def test_paths_of_core_and_grouped_kinds() -> None:
    assert POD.path(None) == "/api/v1/pods"
    assert DEPLOYMENT.path("ml", "a") == "/apis/apps/v1/namespaces/ml/deployments/a"
    assert MODEL.path("ml", "a", "status") == "/apis/leeboard.dev/v1alpha1/namespaces/ml/models/a/status"


def test_a_name_stays_one_segment_of_the_path() -> None:
    assert POD.path("ml", "../../secrets?x=1") == "/api/v1/namespaces/ml/pods/..%2F..%2Fsecrets%3Fx%3D1"


def test_a_kind_that_is_not_handled_is_refused() -> None:
    with pytest.raises(KeyError):
        resource_of("v1", "Namespace")
