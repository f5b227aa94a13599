"""`leeboard bucket`: the bucket of a caller, and the version that it gets."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from leeboard.api.model import Model
from leeboard.cli.bucket import version_of
from leeboard.cli.errors import CommandError
from leeboard.cli.main import main
from leeboard.planning.traffic.buckets import arm_of, bucket
from leeboard.planning.traffic.callers import Share, bucket_ranges
from tests.support.states.model_worlds import OUTCOME, ab_world, bandit_world

PAGE = Path(__file__).resolve().parents[3] / "docs" / "how-to" / "ab-test.md"


def test_it_needs_no_cluster(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bucket", "customer-1", "Z\u00fcrich"]) == 0
    assert capsys.readouterr().out == "e83f  customer-1\n4251  Z\u00fcrich\n"


def test_it_is_told_as_a_document(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bucket", "customer-2", "-o", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == [{"bucket": "61d1", "id": "customer-2"}]


def vectors() -> list[tuple[str, ...]]:
    """id, bucket, and the versions of a test with one challenger and with two."""
    text = PAGE.read_text(encoding="utf-8")
    row = r"^\| (?:`([^`]+)`|\(empty\)) \| `([0-9a-f]{4})` \| ([\w ]+) \| ([\w ]+) \|$"
    rows = re.findall(row, text, re.MULTILINE)
    assert len(rows) == 5
    return rows


@pytest.mark.parametrize(("identity", "told", "one", "two"), vectors())
def test_the_page_has_the_test_vectors(identity: str, told: str, one: str, two: str) -> None:
    assert bucket(identity) == told
    alone = bucket_ranges([Share("challenger 1", 0, 50)])
    both = bucket_ranges([Share("challenger 1", 0, 33), Share("challenger 2", 1, 33)])
    assert (arm_of(identity, alone, "champion"), arm_of(identity, both, "champion")) == (one, two)


def test_the_helper_of_the_page_makes_the_same_buckets() -> None:
    (helper,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    program = f"{helper}\nimport sys\nprint(*map(bucket, sys.argv[1:]))"
    ids = [identity for identity, *_ in vectors()]
    told = subprocess.run([sys.executable, "-c", program, *ids], check=True, capture_output=True, text=True)
    assert told.stdout.split() == [bucket(one) for one in ids]


def test_a_model_says_which_version_a_caller_gets() -> None:
    version = version_of(Model.parse(ab_world().model))
    assert [version(one) for one in ("customer-1", "customer-2")] == ["v1", "v2"]


def test_no_bucket_says_so_of_a_bandit_or_of_cookies() -> None:
    with pytest.raises(CommandError, match="one by one"):
        version_of(Model.parse(bandit_world().model))
    cookies = ab_world(abTest={"metric": OUTCOME, "assignment": {"type": "Cookie"}})
    with pytest.raises(CommandError, match="by the cookie leeboard-arm"):
        version_of(Model.parse(cookies.model))
