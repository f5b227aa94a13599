"""Requests to an API server in the name of anybody, with the server's own answer: status and message."""

from __future__ import annotations

import http.client
import json
import ssl
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

import yaml

from e2e.cluster.control_plane import ControlPlane
from leeboard.kube.resources import DEPLOYMENT, DRIFT_MONITOR, JOB, MODEL, MODEL_VERSION, POD, TRAINING_JOB, Resource

Document = dict[str, Any]

REPLICA_SET = Resource("apps", "v1", "ReplicaSet", "replicasets")
STATEFUL_SET = Resource("apps", "v1", "StatefulSet", "statefulsets")
_RESOURCES = {
    one.kind: one
    for one in (DEPLOYMENT, DRIFT_MONITOR, JOB, MODEL, MODEL_VERSION, POD, TRAINING_JOB, REPLICA_SET, STATEFUL_SET)
}


@dataclass(frozen=True)
class Answer:
    """HTTP status, the message of a refusal, the object of a success, and warnings."""

    status: int
    message: str
    body: Document
    warnings: tuple[str, ...] = ()


class Requests:
    """Sends requests with the administrator's certificate, impersonating whom each is for.

    `validation` says what is made of unknown fields, as `kubectl --validate`: Strict, Warn or Ignore.
    """

    def __init__(self, plane: ControlPlane, validation: str = "Warn") -> None:
        self._validation = validation
        config = yaml.safe_load(plane.kubeconfig.read_text(encoding="utf-8"))
        cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
        self._context = ssl.create_default_context(cafile=cluster["certificate-authority"])
        self._context.load_cert_chain(user["client-certificate"], user["client-key"])
        self._server = urlsplit(cluster["server"])

    def create(self, user: str, document: Document, *, dry_run: bool = True) -> Answer:
        """POST; a dry run goes through admission and stores nothing."""
        return self._send(user, "POST", _path(document, collection=True), document, dry_run=dry_run)

    def replace(self, user: str, document: Document, *, dry_run: bool = True) -> Answer:
        """PUT of a whole object."""
        return self._send(user, "PUT", _path(document), document, dry_run=dry_run)

    def merge(self, user: str, document: Document, patch: Document, *, dry_run: bool = True) -> Answer:
        """JSON merge patch."""
        kind = "application/merge-patch+json"
        return self._send(user, "PATCH", _path(document), patch, dry_run=dry_run, content=kind)

    def delete(self, user: str, document: Document, *, dry_run: bool = True) -> Answer:
        """DELETE of one object."""
        return self._send(user, "DELETE", _path(document), None, dry_run=dry_run)

    def delete_all(self, user: str, document: Document) -> Answer:
        """DELETE of all objects of that kind in the object's namespace, as a dry run."""
        return self._send(user, "DELETE", _path(document, collection=True), None, dry_run=True)

    def _send(
        self,
        user: str,
        method: str,
        path: str,
        body: Document | None,
        *,
        dry_run: bool,
        content: str = "application/json",
    ) -> Answer:
        connection = http.client.HTTPSConnection(
            str(self._server.hostname), self._server.port, context=self._context, timeout=30
        )
        headers = {"Content-Type": content, "Accept": "application/json"} | _impersonation(user)
        try:
            data = None if body is None else json.dumps(body)
            asked = urlencode({"fieldValidation": self._validation} | ({"dryRun": "All"} if dry_run else {}))
            connection.request(method, f"{path}?{asked}", data, headers)
            response = connection.getresponse()
            warnings = tuple(value for name, value in response.getheaders() if name.lower() == "warning")
            answered: Document = json.loads(response.read())
        finally:
            connection.close()
        message = str(answered.get("message", "")) if response.status >= 400 else ""
        return Answer(response.status, message, answered, warnings)


def _impersonation(user: str) -> dict[str, str]:
    if not user:
        return {}
    groups = "system:serviceaccounts" if user.startswith("system:serviceaccount:") else "system:authenticated"
    return {"Impersonate-User": user, "Impersonate-Group": groups}


def _path(document: Document, *, collection: bool = False) -> str:
    metadata = document["metadata"]
    return _RESOURCES[document["kind"]].path(metadata["namespace"], None if collection else metadata["name"])
