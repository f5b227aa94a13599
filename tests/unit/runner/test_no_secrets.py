"""What git, libraries and storage say in errors is told in words of ours: their own may hold a secret, or a value."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from leeboard.api.reasons import Reason
from leeboard.evaluator.downloads import read_table
from leeboard.evaluator.failures import EvaluationError
from leeboard.models import ModelError, Rows, load, score
from leeboard.models.scikit_learn import ScikitLearnPredictor
from leeboard.runner.failures import RunError
from leeboard.runner.repository import _Git
from leeboard.runner.tables import read_pieces
from leeboard.storage.errors import StorageError
from leeboard.storage.s3 import S3Store

SECRET = "hunter2-S3CR3T"


@pytest.mark.parametrize(
    ("complaint", "words", "temporary"),
    [
        ("fatal: unable to access 'https://u:{}@git/': Could not resolve host: git", "gives no answer", True),
        ("fatal: Authentication failed for 'https://u:{}@git/'", "refuses access", False),
        ("fatal: couldn't find remote ref main {}", "no branch, tag or commit main", False),
        ("fatal: repository 'https://git/?token={}' not found", "no such repository", False),
        ("fatal: unable to access 'https://git/{}': SSL certificate problem", "certificate", False),
        ("fatal: {}", "the log of the container fetch", False),
    ],
)
def test_git(complaint: str, words: str, temporary: bool, tmp_path: Path) -> None:
    ended = _Git(tmp_path, {}, "main").failure(complaint.format(SECRET))
    assert ended.reason is Reason.CODE_UNAVAILABLE
    assert (words in ended.message, SECRET in ended.message, ended.exit_code == 75) == (True, False, temporary)


def test_a_table_whose_rows_cannot_be_read(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"a,b\n1,2\n1,{SECRET},3,4\n")
    with pytest.raises(RunError) as told:
        list(read_pieces(path, "a.csv"))
    assert told.value.message == "a.csv cannot be read as CSV: Expected 2 fields in line 3, saw 4"
    with pytest.raises(EvaluationError) as measured:
        read_table(path)
    assert SECRET not in measured.value.message and "a.csv" in measured.value.message


class Stubborn:
    """A model that quotes what it is asked."""

    classes_ = np.array(["0", "1"])

    def predict(self, frame: pd.DataFrame) -> None:
        self.predict_proba(frame)

    def predict_proba(self, frame: pd.DataFrame) -> None:
        raise ValueError(f"could not convert {frame.iloc[0, 0]} to float")


def test_a_model_that_quotes_a_value() -> None:
    with pytest.raises(ModelError) as told:
        score(
            ScikitLearnPredictor(Stubborn(), "sklearn-skops"),
            Rows.of_frame(pd.DataFrame({"a": [SECRET]})),
            "BinaryClassification",
            "1",
        )
    assert told.value.message == "the model cannot score: ValueError"
    assert SECRET in str(told.value.__cause__), "the log has it"


def test_a_model_file_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "model.skops").write_text(SECRET)
    with pytest.raises(ModelError) as told:
        load(tmp_path, "sklearn-skops")
    assert SECRET not in told.value.message


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ClientError({"Error": {"Code": f"<{SECRET}>", "Message": SECRET}}, "GetObject"), Reason.STORAGE_UNREACHABLE),
        (ClientError({"Error": {"Code": "AccessDenied", "Message": SECRET}}, "GetObject"), Reason.STORAGE_FORBIDDEN),
        (EndpointConnectionError(endpoint_url=f"https://u:{SECRET}@s3/"), Reason.STORAGE_UNREACHABLE),
    ],
)
def test_storage(error: Exception, reason: Reason) -> None:
    keys = {"AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": SECRET}
    store = S3Store("s3://bucket/place/", endpoint="http://127.0.0.1:9", environment=keys)
    with pytest.raises(StorageError) as told, store._explained("key"):
        raise error
    assert told.value.reason is reason
    assert told.value.message.startswith("s3://bucket/place/key: ") and SECRET not in told.value.message
