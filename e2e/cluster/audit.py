"""What ServiceAccounts ask of an API server, from its own audit log."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

POLICY: dict[str, Any] = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    # the answer's status is of interest, and of a watch, which ends late, its beginning
    "omitStages": ["RequestReceived", "Panic"],
    "rules": [
        {"level": "None", "nonResourceURLs": ["*"]},
        {"level": "Metadata", "userGroups": ["system:serviceaccounts"]},
        {"level": "None"},
    ],
}
"""Metadata of every request of a ServiceAccount, and nothing of anybody else."""

CREDENTIAL = "authentication.kubernetes.io/credential-id"


@dataclass(frozen=True, order=True)
class Request:
    """One request as the API server saw it; `resource` has its subresource after a slash, as RBAC writes it.

    `credential` is the id of the token that it came with, which tells processes of one ServiceAccount apart; `at` is
    when the API server received it, in seconds since 1970.
    """

    verb: str
    group: str
    resource: str
    namespace: str
    status: int
    credential: str = field(default="", compare=False)
    at: float = field(default=0.0, compare=False)


def requests_of(log: Path, user: str) -> Iterator[Request]:
    """The requests of a user, oldest first; a watch is told of twice, when it begins and when it ends."""
    with log.open(encoding="utf-8") as lines:
        for line in lines:
            if not line.endswith("\n"):
                return  # it is being written
            event = json.loads(line)
            target = event.get("objectRef")
            if target is None or event["user"]["username"] != user:
                continue
            subresource = f"/{target['subresource']}" if "subresource" in target else ""
            yield Request(
                verb=event["verb"],
                group=target.get("apiGroup", ""),
                resource=f"{target['resource']}{subresource}",
                namespace=target.get("namespace", ""),
                status=event.get("responseStatus", {}).get("code", 0),
                credential=event["user"].get("extra", {}).get(CREDENTIAL, [""])[0].removeprefix("JTI="),
                at=datetime.fromisoformat(event["requestReceivedTimestamp"]).timestamp(),
            )
