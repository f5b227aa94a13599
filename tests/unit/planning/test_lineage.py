"""What a version's Deployment and pods say about where it comes from."""

import re

from leeboard.api.model_version import ModelVersion
from leeboard.planning.lineage import stamps
from tests.support.examples import DIGEST, model_version, put

OTHER = "sha256:" + "cd" * 32


def of(document):
    return stamps(ModelVersion.parse(document))


def test_a_trained_version_tells_artefact_commit_and_data():
    found = of(model_version())
    assert found["leeboard.dev/artifact"] == DIGEST
    assert found["leeboard.dev/code"] == "0123456789" * 4
    assert found["leeboard.dev/lineage"] == "Observed"
    assert re.fullmatch("sha256:[0-9a-f]{64}", found["leeboard.dev/data"])


def test_the_data_digest_is_over_every_dataset_whatever_their_order():
    version = model_version()
    turned = put(version, "spec.datasets", list(reversed(version["spec"]["datasets"])))
    assert of(turned) == of(version)
    for place in (0, 1):
        assert of(put(version, f"spec.datasets.{place}.digest", OTHER)) != of(version)


def test_code_that_came_with_the_image_is_told_by_the_images_digest():
    version = put(put(model_version(), "spec.code", {"verified": False}), "spec.image.reference", f"r/x@{OTHER}")
    assert of(version)["leeboard.dev/code"] == OTHER


def test_an_imported_version_claims_neither_code_nor_data():
    version = put(model_version(), "spec.source", {"import": {"reason": "by hand"}})
    assert of(version) == {"leeboard.dev/artifact": DIGEST, "leeboard.dev/lineage": "Imported"}
