"""KServe's own clients, InferenceRESTClient and InferenceGRPCClient, in an environment of their own.

Their packages exclude some of ours; the environment is made once, which takes a minute or two.
"""

import json

import pytest

from tests.bench_serving import models
from tests.conformance import clients
from tests.conformance.subject import describe
from tests.unit.serving.server.calling import serving
from tests.unit.serving.server.running import lay_out, trained

ONNX = json.dumps({"uri": "file:///", "digest": f"sha256:{'0' * 64}", "format": "onnx"})


@pytest.mark.parametrize("inputs", ["columns of several types", "a matrix"])
def test_they_hear_what_the_server_answers(tmp_path, inputs):
    """Health, and the same values by REST in JSON and in bytes, and by gRPC, as the answer in JSON has."""
    if inputs == "a matrix":
        models.lay_out(tmp_path / "volume", "logistic", "onnx")
        environment = {"LEEBOARD_ARTIFACT": ONNX}
    else:
        lay_out(tmp_path / "volume", trained())
        environment = {}
    with serving(tmp_path, **environment) as (server, caller, _):
        clients.kserve(describe(server.url, grpc_address=f"127.0.0.1:{caller.port}"))
