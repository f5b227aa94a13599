"""Whoever copies a manifest out of the documentation or the examples gets it accepted by a real API server."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from e2e.support.kubectl import Kubectl, KubectlError
from leeboard.api.base import GROUP
from tests.support.examples import DOCUMENTS, EXAMPLES, Document
from tests.support.markdown import kubernetes_documents

pytestmark = pytest.mark.apiserver

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
APPLIED = {EXAMPLES / f"{name}.yaml" for name in DOCUMENTS}
"""The examples that test_crds applies for good."""


def of_pages() -> Iterator[tuple[str, Document]]:
    """The place and every document of the four kinds in the fenced blocks of the pages."""
    for page in PAGES:
        for line, document in kubernetes_documents(page.read_text(encoding="utf-8")):
            if document["apiVersion"].partition("/")[0] == GROUP:
                yield f"{page.relative_to(ROOT)}:{line}", document


def of_examples() -> Iterator[tuple[str, Document]]:
    """The place and every document, of whatever kind, in the example files; not those of other tools."""
    elsewhere = set((ROOT / "examples" / "gitops").rglob("*.yaml"))  # gitops/test_examples.py
    for path in sorted(set((ROOT / "examples").rglob("*.yaml")) - APPLIED - elsewhere):
        for document in yaml.safe_load_all(path.read_text(encoding="utf-8")):
            if document["apiVersion"].startswith("keda.sh/"):
                continue  # test_scaling.py, beside KEDA's own definitions
            yield str(path.relative_to(ROOT)), document


FOUND = [*of_pages(), *of_examples()]


def accept(kubectl: Kubectl, document: Document) -> None:
    """Let the API server check everything, and keep nothing. Raises KubectlError."""
    # the namespace that a page names is not there, and says nothing about the rest
    metadata = {name: value for name, value in document["metadata"].items() if name != "namespace"}
    text = json.dumps(document | {"metadata": metadata})
    kubectl("create", "--dry-run=server", "--validate=strict", "-f", "-", input=text)


@pytest.mark.parametrize(("place", "document"), FOUND, ids=[f"{place}-{one.get('kind')}" for place, one in FOUND])
def test_a_manifest_is_accepted(kubectl: Kubectl, place: str, document: Document) -> None:
    accept(kubectl, document)


def test_the_pages_show_every_kind_that_a_user_writes() -> None:
    assert {"Model", "TrainingJob", "DriftMonitor"} <= {document["kind"] for _, document in of_pages()}


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_a_misspelt_field_is_not_accepted(kubectl: Kubectl, name: str) -> None:
    document = DOCUMENTS[name]()
    accept(kubectl, document)
    with pytest.raises(KubectlError, match="unknown field"):
        accept(kubectl, document | {"spec": document["spec"] | {"misspelt": True}})
