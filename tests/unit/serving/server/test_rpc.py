"""The server by gRPC: what every method answers, and what it refuses with which status."""

import grpc
import httpx
import numpy as np
import pytest
from tritonclient.grpc import service_pb2

from leeboard_serving.server.rpc.protocol import health_pb2 as health
from leeboard_serving.server.rpc.protocol import inference_pb2 as protocol
from tests.unit.serving.server.calling import NAME, VERSION, flights_message, packed, scores_of, serving
from tests.unit.serving.server.running import expected, lay_out, trained


@pytest.fixture(scope="module")
def model():
    return trained()


@pytest.fixture(scope="module")
def world(model, tmp_path_factory):
    folder = tmp_path_factory.mktemp("pod")
    lay_out(folder / "volume", model)
    with serving(folder, LEEBOARD_MODEL_CONTROL="explicit") as found:
        yield found


@pytest.fixture
def caller(world):
    return world[1]


@pytest.fixture
def told(world):
    """What the exporter is told from now on."""
    _, caller, exporter = world
    caller.ask("ModelInfer", marked())
    exporter.wait_for("mark")
    exporter.told.clear()
    return exporter


def marked():
    message = flights_message(1)
    message.id = "mark"
    return message


def refused(call, *arguments, **options) -> grpc.RpcError:
    with pytest.raises(grpc.RpcError) as caught:
        call(*arguments, **options)
    return caught.value


def test_the_messages_are_those_of_the_public_protocol():
    """Names, numbers and types of all fields are as in the messages that Triton's clients are made of."""
    compared = 0

    def compare(ours, theirs) -> None:
        nonlocal compared
        for field in ours.fields:
            other = theirs.fields_by_name[field.name]
            assert (field.number, field.type, field.is_repeated) == (other.number, other.type, other.is_repeated), (
                field.full_name
            )
            compared += 1
        for nested in ours.nested_types:
            compare(nested, theirs.nested_types_by_name[nested.name])
        for enumeration in ours.enum_types:
            assert (
                enumeration.values_by_name.keys() <= theirs.enum_types_by_name[enumeration.name].values_by_name.keys()
            )

    known = {**service_pb2.DESCRIPTOR.message_types_by_name}
    for imported in service_pb2.DESCRIPTOR.dependencies:
        known |= imported.message_types_by_name
    for name, ours in protocol.DESCRIPTOR.message_types_by_name.items():
        compare(ours, known[name])
    service = service_pb2.DESCRIPTOR.services_by_name["GRPCInferenceService"]
    for method in protocol.DESCRIPTOR.services_by_name["GRPCInferenceService"].methods:
        theirs = service.methods_by_name[method.name]
        assert (method.input_type.full_name, method.output_type.full_name) == (
            theirs.input_type.full_name,
            theirs.output_type.full_name,
        )
    assert compared > 80


@pytest.mark.parametrize("raw", [False, True])
@pytest.mark.parametrize("rows", [1, 7, 500])
def test_answers_are_the_models_own(caller, model, rows, raw):
    answer = caller.ask("ModelInfer", flights_message(rows, raw))
    assert (answer.model_name, answer.model_version, answer.id) == (NAME, VERSION, "r-1")
    (output,) = answer.outputs
    assert (output.name, output.datatype, list(output.shape)) == ("probability", "FP64", [rows])
    assert bool(answer.raw_output_contents) == raw
    assert output.HasField("contents") != raw
    np.testing.assert_array_equal(scores_of(answer), expected(model, rows))


@pytest.mark.parametrize("raw", [False, True])
def test_outputs_are_chosen_by_name_and_order(caller, raw):
    asked = flights_message(3, raw)
    for name in ("predict", "predict_proba"):
        asked.outputs.add(name=name)
    answer = caller.ask("ModelInfer", asked)
    assert [(one.name, one.datatype, list(one.shape)) for one in answer.outputs] == [
        ("predict", "INT64", [3]),
        ("predict_proba", "FP64", [3, 2]),
    ]
    if raw:
        labels = np.frombuffer(answer.raw_output_contents[0], "<i8")
        table = np.frombuffer(answer.raw_output_contents[1], "<f8").reshape(3, 2)
    else:
        labels = np.array(answer.outputs[0].contents.int64_contents)
        table = np.array(answer.outputs[1].contents.fp64_contents).reshape(3, 2)
    np.testing.assert_allclose(table.sum(axis=1), 1)
    np.testing.assert_array_equal(labels, table.argmax(axis=1))


def test_a_request_without_an_id_gets_one_and_the_exporter_the_same(caller, told):
    message = flights_message(2)
    message.id = ""
    identity = caller.ask("ModelInfer", message).id
    assert identity
    (observation,) = told.wait(1)
    assert (observation.id, observation.status, observation.rows) == (identity, 200, 2)


def test_what_the_server_says_of_itself(caller):
    assert caller.ask("ServerLive").live
    assert caller.ask("ServerReady").ready
    assert caller.ask("ModelReady", protocol.ModelReadyRequest(name=NAME, version=VERSION)).ready
    server = caller.ask("ServerMetadata")
    assert server.name == "leeboard"
    assert set(server.extensions) >= {"model_repository", "statistics", "model_configuration"}
    metadata = caller.ask("ModelMetadata", protocol.ModelMetadataRequest(name=NAME))
    assert list(metadata.versions) == [VERSION]
    assert [(one.name, one.datatype, list(one.shape)) for one in metadata.inputs] == [
        ("distance", "INT64", [-1]),
        ("temp", "FP64", [-1]),
        ("wind", "FP64", [-1]),
        ("carrier", "BYTES", [-1]),
    ]
    config = caller.ask("ModelConfig", protocol.ModelConfigRequest(name=NAME)).config
    assert (config.name, config.backend, config.max_batch_size) == (NAME, "leeboard", 0)
    assert [protocol.DataType.Name(one.data_type) for one in config.input] == [
        *("TYPE_INT64", "TYPE_FP64", "TYPE_FP64", "TYPE_STRING")
    ]
    assert list(config.output[2].dims) == [-1, 2]


def test_statistics_count_what_was_asked(caller):
    def counts():
        (found,) = caller.ask("ModelStatistics", protocol.ModelStatisticsRequest(name=NAME)).model_stats
        return found.inference_count, found.inference_stats.success.count, found.inference_stats.fail.count

    before = counts()
    caller.ask("ModelInfer", flights_message(5))
    refused(caller.ask, "ModelInfer", protocol.ModelInferRequest(model_name=NAME))
    assert tuple(after - old for after, old in zip(counts(), before, strict=True)) == (5, 1, 1)


def test_the_model_can_be_unloaded_and_loaded_where_that_is_allowed(caller):
    def states(ready=False):
        return [one.state for one in caller.ask("RepositoryIndex", protocol.RepositoryIndexRequest(ready=ready)).models]

    assert states() == ["READY"]
    unload = protocol.RepositoryModelUnloadRequest(model_name=NAME)
    unload.parameters["unload_dependents"].bool_param = True
    caller.ask("RepositoryModelUnload", unload)
    try:
        assert (states(), states(ready=True)) == (["UNAVAILABLE"], [])
        assert not caller.ask("ServerReady").ready
        assert caller.health() == health.HealthCheckResponse.NOT_SERVING
        error = refused(caller.ask, "ModelInfer", flights_message(1))
        assert (error.code(), error.details()) == (grpc.StatusCode.UNAVAILABLE, "the model is not loaded")
    finally:
        # as KServe's clients say it: the name in the first field
        caller.ask("RepositoryModelLoad", protocol.RepositoryModelLoadRequest(repository_name=NAME))
    assert caller.ask("ServerReady").ready
    load = protocol.RepositoryModelLoadRequest(model_name=NAME)
    load.parameters["config"].string_param = "{}"
    assert refused(caller.ask, "RepositoryModelLoad", load).code() == grpc.StatusCode.UNIMPLEMENTED


@pytest.mark.parametrize(
    ("method", "message"),
    [
        ("ModelInfer", protocol.ModelInferRequest(model_name="other")),
        ("ModelInfer", protocol.ModelInferRequest(model_name=NAME, model_version="2")),
        ("ModelReady", protocol.ModelReadyRequest(name="other")),
        ("ModelMetadata", protocol.ModelMetadataRequest(name=NAME, version="2")),
        ("ModelConfig", protocol.ModelConfigRequest(name="")),
        ("ModelStatistics", protocol.ModelStatisticsRequest(name="other")),
        ("RepositoryModelLoad", protocol.RepositoryModelLoadRequest(model_name="other")),
        ("RepositoryModelUnload", protocol.RepositoryModelUnloadRequest(model_name="other")),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_another_model_or_version_is_not_found(caller, method, message):
    error = refused(caller.ask, method, message)
    assert error.code() == grpc.StatusCode.NOT_FOUND
    assert "no such model or version" in error.details()


@pytest.mark.parametrize(
    "method", ["SystemSharedMemoryStatus", "CudaSharedMemoryRegister", "TraceSetting", "LogSettings"]
)
def test_what_is_not_there_says_so(caller, method):
    error = refused(caller.bytes, method, b"")
    assert (error.code(), error.details()) == (grpc.StatusCode.UNIMPLEMENTED, f"this server has no {method}")
    assert refused(caller.bytes, "Misspelt", b"").code() == grpc.StatusCode.UNIMPLEMENTED


def test_health_by_the_protocol_of_grpc(caller):
    assert caller.health() == health.HealthCheckResponse.SERVING
    assert caller.health("inference.GRPCInferenceService") == health.HealthCheckResponse.SERVING
    assert refused(caller.health, "other").code() == grpc.StatusCode.NOT_FOUND
    watching = caller.watch()
    assert next(watching).status == health.HealthCheckResponse.SERVING
    watching.cancel()
    unknown = caller.watch("other")
    assert next(unknown).status == health.HealthCheckResponse.SERVICE_UNKNOWN
    unknown.cancel()


def test_a_stream_answers_every_request_and_survives_one_that_fails(caller, model):
    asked = []
    for number in range(100):
        message = flights_message(1 + number % 3, raw=number % 2 == 1)
        message.id = f"s-{number}"
        asked.append(message)
    asked[50].inputs[0].name = "other"
    asked[99].parameters["triton_enable_empty_final_response"].bool_param = True
    answers = {one.infer_response.id: one for one in caller.stream(iter(asked))}
    assert answers.keys() == {f"s-{number}" for number in range(100)}
    assert "inputs are absent" in answers.pop("s-50").error_message
    for number, one in ((int(name.removeprefix("s-")), one) for name, one in answers.items()):
        assert not one.error_message
        np.testing.assert_array_equal(scores_of(one.infer_response), expected(model, 1 + number % 3))
    assert answers["s-99"].infer_response.parameters["triton_final_response"].bool_param


def changed(raw=False, position=0, **fields):
    message = flights_message(2, raw)
    tensor = message.inputs[position]
    for name, value in fields.items():
        if name == "shape":
            del tensor.shape[:]
            tensor.shape.extend(value)
        else:
            setattr(tensor, name, value)
    return message


def mixed():
    message = flights_message(2, raw=True)
    message.inputs[0].contents.int64_contents.extend([1, 2])
    return message


def fewer():
    message = flights_message(2, raw=True)
    del message.raw_input_contents[-1]
    return message


def raw_values(position, data):
    message = flights_message(2, raw=True)
    message.raw_input_contents[position] = data
    return message


def typed(position, datatype, field, values):
    message = flights_message(2)
    tensor = message.inputs[position]
    tensor.ClearField("contents")
    tensor.datatype = datatype
    getattr(tensor.contents, field).extend(values)
    return message


def with_id(identity):
    message = flights_message(1)
    message.id = identity
    return message


def with_output(*names):
    message = flights_message(1)
    for name in names:
        message.outputs.add(name=name)
    return message


BAD = [
    (protocol.ModelInferRequest(model_name=NAME), "inputs are absent"),
    (mixed(), "input distance has values in contents, and others are in raw_input_contents"),
    (fewer(), "raw_input_contents has 3 values for 4 inputs"),
    (raw_values(0, b"123"), "input distance has 3 bytes, and its shape [2] of INT64 takes 16"),
    (raw_values(3, b"\xff\xff\xff\xffAA"), "input carrier has 6 bytes that are not the 2 texts of its shape"),
    (raw_values(3, packed("BYTES", ["AA", "B6"]) + b"\0"), "that are not the 2 texts"),
    (raw_values(3, b"\1\0\0\0\xff\0\0\0\0"), "not UTF-8"),
    (changed(shape=[3]), "input distance: INT64 of the shape [3] takes 3 values in int64_contents; it has 2 in int64"),
    (changed(shape=[-2]), "[-2] is no shape"),
    (changed(shape=[2**62, 2**62]), "takes"),
    (changed(shape=[1] * 9), "is no shape"),
    (changed(datatype="INT65"), "INT65 is no data type"),
    (changed(datatype="x" * 100_000), "is no data type"),
    (changed(datatype="FP16"), "FP16 has no list of its own; it is sent in raw_input_contents"),
    (changed(raw=True, datatype="FP32"), "takes 8"),
    (changed(name="other"), "inputs are absent: distance"),
    (changed(name="temp"), "temp is given twice"),
    (typed(0, "INT64", "fp64_contents", [1.0, 2.0]), "in int64_contents; it has 2 in fp64_contents"),
    (typed(0, "INT8", "int_contents", [1, 1000]), "a number that INT8 does not"),
    (typed(0, "FP64", "fp64_contents", [1.5, 2.0]), "input distance is INT64 and holds a fraction"),
    (typed(0, "BOOL", "bool_contents", [True, False]), "input distance is INT64, not BOOL"),
    (typed(3, "BYTES", "bytes_contents", [b"AA", b"\xff"]), "not UTF-8"),
    (typed(0, "UINT64", "uint64_contents", [2**64 - 1, 1]), "INT64 does not"),
    (flights_message(0), "0 rows"),
    (with_id("a\nb"), "printable"),
    (with_id("x" * 257), "printable"),
    (with_output("other"), "outputs name probability, predict, predict_proba"),
    (with_output("predict", "predict"), "each once"),
]


@pytest.mark.parametrize(("message", "text"), BAD, ids=[text for _, text in BAD])
def test_the_clients_mistakes_are_named(caller, told, message, text):
    error = refused(caller.ask, "ModelInfer", message)
    assert error.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert text in error.details()
    assert len(error.details()) <= 1024
    (observation,) = told.wait(1)
    assert (observation.status, observation.rows) == (400, 0)


@pytest.mark.parametrize("name", ["shared_memory_region", "classification"])
def test_what_would_change_an_answer_and_is_not_there_is_refused(caller, name):
    message = flights_message(1)
    if name == "classification":
        message.outputs.add(name="predict").parameters[name].int64_param = 3
    else:
        message.inputs[0].parameters[name].string_param = "region"
    error = refused(caller.ask, "ModelInfer", message)
    assert error.code() == grpc.StatusCode.UNIMPLEMENTED


@pytest.mark.parametrize(
    "datatype", ["INT8", "INT16", "INT32", "INT64", "UINT8", "UINT16", "UINT32", "UINT64", "FP16", "FP32", "FP64"]
)
def test_numbers_may_come_in_any_data_type(caller, datatype):
    values = [1, 100]
    field = {"I": "int_contents", "U": "uint_contents"}.get(datatype[0], f"{datatype.lower()}_contents")
    field = f"{datatype.lower()}_contents" if datatype.endswith("64") else field
    raw = flights_message(2, raw=True)
    raw.inputs[0].datatype = datatype
    raw.raw_input_contents[0] = packed(datatype, values)
    answers = [scores_of(caller.ask("ModelInfer", raw))]
    if datatype != "FP16":
        answers.append(scores_of(caller.ask("ModelInfer", typed(0, datatype, field, values))))
    plain = scores_of(caller.ask("ModelInfer", typed(0, "INT64", "int64_contents", values)))
    for one in answers:
        np.testing.assert_array_equal(one, plain)


def test_calls_are_counted_by_route(world):
    server, caller, _ = world
    caller.ask("ModelInfer", flights_message(1))
    text = httpx.get(f"{server.url}/metrics").text
    assert f'leeboard_server_request_seconds_count{{model="{NAME}",route="grpc",version="{VERSION}"}}' in text


def test_a_server_that_leaves_control_to_its_pods_refuses_to_unload(model, tmp_path):
    lay_out(tmp_path / "volume", model)
    with serving(tmp_path) as (_, caller, _):
        unload = protocol.RepositoryModelUnloadRequest(model_name=NAME)
        assert refused(caller.ask, "RepositoryModelUnload", unload).code() == grpc.StatusCode.FAILED_PRECONDITION
        assert caller.ask("ServerReady").ready
