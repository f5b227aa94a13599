"""What the tools of GitOps make of objects, asked of their own engines: one program for all requests of a test."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable
from typing import Any

from e2e.cluster.binaries import binary

Document = dict[str, Any]


def judge(requests: Iterable[Document]) -> list[Any]:
    """The answers to requests of e2e/cluster/go/gitops, in order. Raises AssertionError where one has none."""
    asked = list(requests)
    done = subprocess.run(
        [str(binary("gitops"))], input=json.dumps(asked), capture_output=True, text=True, timeout=120, check=True
    )
    answers = json.loads(done.stdout)
    for request, answer in zip(asked, answers, strict=True):
        assert "error" not in answer, f"{request['engine']}: {answer['error']}\n{request['object']}"
    return [answer.get("result") for answer in answers]


def kstatus(documents: Iterable[Document]) -> list[str]:
    """The status that Flux and Helm see."""
    return [one["status"] for one in judge({"engine": "kstatus", "object": document} for document in documents)]


def flux(expressions: Document, documents: Iterable[Document]) -> list[str]:
    """The status by healthCheckExprs of a Flux Kustomization."""
    chosen = {name: expressions[name] for name in ("inProgress", "failed", "current") if name in expressions}
    requests = ({"engine": "cel", "object": document, "expressions": chosen} for document in documents)
    return [one["status"] for one in judge(requests)]


def lua(engine: str, script: str, documents: Iterable[Document]) -> list[Any]:
    """What a script gives back in Argo CD: `engine` is health, discovery or action."""
    return judge({"engine": engine, "object": document, "script": script} for document in documents)
