"""The manifests in the tutorial are those that the demo applies."""

from pathlib import Path

import pytest

from e2e.demo import manifests
from e2e.demo.manifests import Document, Places
from tests.support.markdown import kubernetes_documents

PAGE = Path(__file__).resolve().parents[3] / "docs" / "tutorials" / "late-flights.md"
SHOWN = {document["kind"]: document for _, document in kubernetes_documents(PAGE.read_text(encoding="utf-8"))}


def applied() -> dict[str, Document]:
    """What the demo applies, with the addresses, the image and the commit that the page names."""
    job = SHOWN["TrainingJob"]["spec"]
    places = Places(s3=job["storage"]["endpoint"], repository=job["code"]["repository"], image=job["image"])
    return {
        "Model": manifests.model(places),
        "TrainingJob": manifests.training_job(places, job["code"]["revision"]),
        "DriftMonitor": manifests.drift_monitor(),
    }


def test_the_page_shows_each_of_them_once() -> None:
    shown = [document["kind"] for _, document in kubernetes_documents(PAGE.read_text(encoding="utf-8"))]
    assert sorted(shown) == ["DriftMonitor", "Model", "TrainingJob"]


@pytest.mark.parametrize("kind", ["Model", "TrainingJob", "DriftMonitor"])
def test_a_manifest_is_the_demos(kind: str) -> None:
    assert SHOWN[kind] == applied()[kind]
