"""A version that has a form as ONNX is served in it, once that has given the golden answers."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import skops.io

from leeboard.models import Rows, load
from leeboard.models.onnx_conversion import convert
from leeboard_serving.environment import Folders, Served
from leeboard_serving.failures import ServingError
from leeboard_serving.server.served_model import ServedModel
from tests.support.trained import flights
from tests.unit.serving.server.running import lay_out, trained

SERVED = Served("flights", "v1", "BinaryClassification", "probability", "1")


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    """A volume with both forms of a version."""
    lay_out(tmp_path, trained())
    (tmp_path / "accelerated").mkdir()
    rows = Rows.of_frame(flights(200, 3).drop(columns=["label"]))
    conversion = convert(load(tmp_path / "model", "sklearn-skops"), rows, "BinaryClassification")
    assert conversion.data is not None
    (tmp_path / "accelerated" / "model.onnx").write_bytes(conversion.data)
    return Folders(tmp_path, tmp_path)


def test_both_forms_answer_the_same(folders: Folders) -> None:
    source, graph = (ServedModel.load(folders, replace(SERVED, accelerated=said)) for said in (False, True))
    assert (source.format, graph.format) == ("sklearn-skops", "onnx")
    scores = [one.predict([one.golden.request]).scores for one in (source, graph)]
    np.testing.assert_allclose(*scores, rtol=0, atol=1e-9)
    assert source.signature == graph.signature


def test_the_model_as_it_was_trained_need_not_be_loadable(folders: Folders) -> None:
    (folders.artefact / "model.skops").write_bytes(b"")
    assert ServedModel.load(folders, replace(SERVED, accelerated=True)).format == "onnx"


def test_a_graph_that_gives_other_answers_is_never_ready(folders: Folders) -> None:
    table = flights(200, 3)
    inverse = trained().fit(table.drop(columns=["label"]), 1 - table["label"])
    (folders.model / "inverted").mkdir()
    skops.io.dump(inverse, folders.model / "inverted" / "model.skops")
    inverted = load(folders.model / "inverted", "sklearn-skops")
    conversion = convert(inverted, Rows.of_frame(table.drop(columns=["label"])), "BinaryClassification")
    assert conversion.data is not None
    (folders.accelerated / "model.onnx").write_bytes(conversion.data)
    with pytest.raises(ServingError, match="tolerated") as refused:
        ServedModel.load(folders, replace(SERVED, accelerated=True))
    assert refused.value.reason == "GoldenSamplesMismatch"
