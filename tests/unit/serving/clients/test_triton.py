"""Triton's own clients, by HTTP and gRPC, blocking and asynchronous, with tensors in JSON and in bytes."""

import numpy as np
import pytest
import tritonclient.grpc
import tritonclient.grpc.aio
import tritonclient.http
import tritonclient.http.aio
from tritonclient.utils import InferenceServerException

from leeboard.evaluator.columns import as_served
from tests.support.trained import flights
from tests.unit.serving.server.calling import NAME, VERSION, serving
from tests.unit.serving.server.running import INPUTS, lay_out, scored, trained

ROWS = 5
FORMS = [pytest.param(False, id="JSON"), pytest.param(True, id="binary")]
DTYPES = {"BYTES": np.object_, "INT64": np.int64, "FP64": np.float64}
# Triton's client writes NaN into its JSON, which has none; missing values are in the binary tests alone
FRAME = as_served(flights(ROWS, 9), INPUTS).fillna({"wind": 1.5})


@pytest.fixture(scope="module")
def model():
    return trained()


@pytest.fixture(scope="module")
def world(model, tmp_path_factory):
    folder = tmp_path_factory.mktemp("pod")
    lay_out(folder / "volume", model)
    with serving(folder, LEEBOARD_MODEL_CONTROL="explicit") as (server, caller, _):
        yield f"127.0.0.1:{server.port}", f"127.0.0.1:{caller.port}"


@pytest.fixture
def http(world):
    with tritonclient.http.InferenceServerClient(world[0]) as client:
        yield client


@pytest.fixture
def rpc(world):
    with tritonclient.grpc.InferenceServerClient(world[1]) as client:
        yield client


def tensors(package, frame=FRAME, **options):
    """Rows as arrays; texts are objects, as numpy has them."""
    found = []
    for one in INPUTS:
        array = frame[one.name].to_numpy(dtype=DTYPES[one.datatype])
        tensor = package.InferInput(one.name, list(array.shape), one.datatype)
        tensor.set_data_from_numpy(array, **options)
        found.append(tensor)
    return found


def outputs(package, **options):
    return [package.InferRequestedOutput(name, **options) for name in ("probability", "predict", "predict_proba")]


def check(result, model):
    """The answer is the model's own."""
    scores = scored(model, FRAME)
    np.testing.assert_array_equal(result.as_numpy("probability"), scores)
    table = result.as_numpy("predict_proba")
    assert table.shape == (ROWS, 2)
    np.testing.assert_array_equal(table[:, 1], scores)
    np.testing.assert_array_equal(result.as_numpy("predict"), table.argmax(axis=1))


@pytest.mark.parametrize("out", FORMS)
@pytest.mark.parametrize("into", FORMS)
def test_http(http, model, into, out):
    package = tritonclient.http
    asked = outputs(package, binary_data=out)
    result = http.infer(NAME, tensors(package, binary_data=into), VERSION, asked, request_id="triton")
    assert result.get_response()["id"] == "triton"
    assert ("binary_data_size" in result.get_output("predict").get("parameters", {})) == out
    check(result, model)


def test_http_without_outputs_named(http, model):
    """As most callers write it: the client asks for everything in bytes."""
    result = http.infer(NAME, tensors(tritonclient.http))
    np.testing.assert_array_equal(result.as_numpy("probability"), scored(model, FRAME))


def test_missing_values_in_bytes(http, rpc, model):
    frame = as_served(flights(200, 9), INPUTS)
    assert frame["wind"].isna().any()
    for package, client in ((tritonclient.http, http), (tritonclient.grpc, rpc)):
        result = client.infer(NAME, tensors(package, frame))
        np.testing.assert_array_equal(result.as_numpy("probability"), scored(model, frame))


def test_http_in_the_background(http, model):
    package = tritonclient.http
    pending = [http.async_infer(NAME, tensors(package), outputs=outputs(package)) for _ in range(5)]
    for one in pending:
        check(one.get_result(), model)


@pytest.mark.parametrize("out", FORMS)
@pytest.mark.parametrize("algorithm", ["gzip", "deflate"])
def test_http_compressed(http, model, algorithm, out):
    """Requests may be; answers come as they are, whatever was asked for."""
    package = tritonclient.http
    result = http.infer(
        NAME,
        tensors(package, binary_data=out),
        outputs=outputs(package, binary_data=out),
        request_compression_algorithm=algorithm,
        response_compression_algorithm=algorithm,
    )
    check(result, model)


@pytest.mark.parametrize("out", FORMS)
async def test_http_asynchronous(world, model, out):
    package = tritonclient.http.aio
    async with package.InferenceServerClient(world[0]) as client:
        assert await client.is_server_live()
        assert await client.is_model_ready(NAME, VERSION)
        result = await client.infer(NAME, tensors(package, binary_data=out), outputs=outputs(package, binary_data=out))
    check(result, model)


def test_what_http_says_of_itself(http):
    assert http.is_server_live()
    assert http.is_server_ready()
    assert http.is_model_ready(NAME)
    assert not http.is_model_ready("other")
    assert "binary_tensor_data" in http.get_server_metadata()["extensions"]
    assert http.get_model_metadata(NAME, VERSION)["versions"] == [VERSION]
    assert http.get_inference_statistics(NAME)["model_stats"][0]["name"] == NAME
    assert [one["state"] for one in http.get_model_repository_index()] == ["READY"]


def test_http_loads_and_unloads(http):
    http.unload_model(NAME)
    assert not http.is_model_ready(NAME)
    assert [one["state"] for one in http.get_model_repository_index()] == ["UNAVAILABLE"]
    http.load_model(NAME)
    assert http.is_model_ready(NAME)


@pytest.mark.parametrize("package", [tritonclient.http, tritonclient.grpc], ids=["HTTP", "gRPC"])
def test_errors_reach_the_caller(http, rpc, package):
    client = http if package is tritonclient.http else rpc
    with pytest.raises(InferenceServerException, match="inputs are absent: distance"):
        client.infer(NAME, tensors(package)[1:])
    with pytest.raises(InferenceServerException, match="no such model"):
        client.infer("other", tensors(package))


def test_grpc(rpc, model):
    package = tritonclient.grpc
    result = rpc.infer(NAME, tensors(package), VERSION, outputs(package), request_id="triton")
    assert result.get_response().id == "triton"
    check(result, model)


async def test_grpc_asynchronous(world, model):
    package = tritonclient.grpc.aio
    async with package.InferenceServerClient(world[1]) as client:
        assert await client.is_server_ready()
        check(await client.infer(NAME, tensors(package), outputs=outputs(package)), model)


def test_grpc_in_a_stream(rpc, model):
    package, answers, errors = tritonclient.grpc, [], []
    rpc.start_stream(lambda result, error: (errors if error else answers).append(error or result))
    for number in range(5):
        rpc.async_stream_infer(NAME, tensors(package), outputs=outputs(package), request_id=f"s-{number}")
    rpc.stop_stream()
    assert errors == []
    assert sorted(one.get_response().id for one in answers) == [f"s-{number}" for number in range(5)]
    for one in answers:
        check(one, model)


def test_what_grpc_says_of_itself(rpc):
    assert rpc.is_server_live()
    assert rpc.is_server_ready()
    assert rpc.is_model_ready(NAME, VERSION)
    assert list(rpc.get_model_metadata(NAME).versions) == [VERSION]
    assert rpc.get_model_config(NAME).config.name == NAME
    assert rpc.get_inference_statistics(NAME).model_stats[0].name == NAME
    assert [one.state for one in rpc.get_model_repository_index().models] == ["READY"]
