"""One request by JSON, by bytes over HTTP, and by gRPC in both forms: the same answers."""

import json
import math

import httpx
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.serving.server.calling import NAME, message_of, packed, scores_of, serving
from tests.unit.serving.server.running import lay_out, trained

NUMBERS = st.one_of(st.floats(-1e6, 1e6), st.just(math.nan))
ROW = st.tuples(st.integers(-(2**40), 2**40), NUMBERS, NUMBERS, st.text(st.characters(codec="utf-8"), max_size=12))
COLUMNS = (("distance", "INT64"), ("temp", "FP64"), ("wind", "FP64"), ("carrier", "BYTES"))


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pod")
    lay_out(folder / "volume", trained())
    with serving(folder) as (server, caller, _), httpx.Client(base_url=server.url, timeout=30) as client:
        yield client, caller


def asked_of(rows, missing):
    """A request; numbers that are none are `missing`."""
    inputs = []
    for position, (name, datatype) in enumerate(COLUMNS):
        values = [
            missing if isinstance(row[position], float) and math.isnan(row[position]) else row[position] for row in rows
        ]
        inputs.append({"name": name, "datatype": datatype, "shape": [len(rows)], "data": values})
    return {"id": "same", "inputs": inputs}


def binary(rows) -> tuple[bytes, int]:
    """The body of the binary tensor data extension, and the length of its JSON."""
    asked, rest = asked_of(rows, math.nan), b""
    for one in asked["inputs"]:
        data = packed(one["datatype"], one.pop("data"))
        one["parameters"] = {"binary_data_size": len(data)}
        rest += data
    text = json.dumps(asked).encode()
    return text + rest, len(text)


@given(rows=st.lists(ROW, min_size=1, max_size=20))
@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
def test_every_way_to_ask_gives_the_same_answers(world, rows):
    client, caller = world
    path = f"/v2/models/{NAME}/infer"
    plain = client.post(path, json=asked_of(rows, None)).json()["outputs"][0]["data"]
    body, length = binary(rows)
    by_bytes = client.post(path, content=body, headers={"inference-header-content-length": str(length)}).json()
    answers = [
        by_bytes["outputs"][0]["data"],
        *(scores_of(caller.ask("ModelInfer", message_of(asked_of(rows, math.nan), raw))) for raw in (False, True)),
    ]
    assert len(plain) == len(rows)
    for one in answers:
        np.testing.assert_array_equal(one, plain)
