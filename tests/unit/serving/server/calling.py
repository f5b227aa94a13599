"""A real channel to a server's gRPC port, and requests as messages of the protocol."""

import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc
import numpy as np

from leeboard_serving.server.rpc.methods import HEALTH, INFERENCE
from leeboard_serving.server.rpc.protocol import health_pb2 as health
from leeboard_serving.server.rpc.protocol import inference_pb2 as protocol
from leeboard_serving.server.rpc.tensors import CONTENTS
from tests.unit.serving.server.running import Exporter, Server, request, start

NAME, VERSION = "late-flights", "late-flights-1a2b3c4d"
SECONDS = 30


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


class Caller:
    """A channel with the methods of both services."""

    def __init__(self, port: int) -> None:
        largest = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
        self.port = port
        self.channel = grpc.insecure_channel(f"127.0.0.1:{port}", [*largest, ("grpc.enable_retries", 0)])

    def ask(self, name: str, message=None, **options):
        """Call a method of the protocol with a message, or with an empty one."""
        asked = message if message is not None else getattr(protocol, f"{name}Request")()
        answer = getattr(protocol, f"{name}Response")
        return self.bytes(name, asked.SerializeToString(), answer, **options)

    def bytes(self, name: str, data: bytes, answer=protocol.ModelInferResponse, **options):
        """Call a method of the protocol with any bytes."""
        call = self.channel.unary_unary(INFERENCE + name, response_deserializer=answer.FromString)
        return call(data, timeout=options.pop("timeout", SECONDS), **options)

    def future(self, message, **options):
        """An inference request under way."""
        call = self.channel.unary_unary(
            INFERENCE + "ModelInfer", response_deserializer=protocol.ModelInferResponse.FromString
        )
        return call.future(message.SerializeToString(), **options)

    def stream(self, messages, **options):
        """Answers of a stream."""
        call = self.channel.stream_stream(
            INFERENCE + "ModelStreamInfer",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=protocol.ModelStreamInferResponse.FromString,
        )
        return call(messages, timeout=options.pop("timeout", SECONDS), **options)

    def health(self, service: str = "") -> int:
        """The status of a service by the health checking protocol."""
        call = self.channel.unary_unary(HEALTH + "Check", response_deserializer=health.HealthCheckResponse.FromString)
        return call(health.HealthCheckRequest(service=service).SerializeToString(), timeout=SECONDS).status

    def watch(self, service: str = ""):
        """The statuses of a service, as they change."""
        call = self.channel.unary_stream(HEALTH + "Watch", response_deserializer=health.HealthCheckResponse.FromString)
        return call(health.HealthCheckRequest(service=service).SerializeToString(), timeout=SECONDS)


@contextmanager
def serving(folder: Path, **environment: str) -> Iterator[tuple[Server, Caller, Exporter]]:
    """A server on the volume `folder/volume` that answers, and its exporter; it ends well."""
    exporter = Exporter(folder / "observe.sock")
    port = free_port()
    server = start(folder, LEEBOARD_GRPC_PORT=str(port), **environment)
    caller = Caller(port)
    try:
        server.wait_ready()
        grpc.channel_ready_future(caller.channel).result(SECONDS)
        yield server, caller, exporter
        caller.channel.close()
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(SECONDS) == 0
    finally:
        server.process.kill()
        exporter.close()


def message_of(asked, raw: bool, **fields):
    """A request of the REST protocol, without nulls among texts, as a message."""
    message = protocol.ModelInferRequest(model_name=NAME, id=asked.get("id", ""), **fields)
    for one in asked["inputs"]:
        tensor = message.inputs.add(name=one["name"], datatype=one["datatype"], shape=one["shape"])
        values = [float("nan") if value is None else value for value in one["data"]]
        if raw:
            message.raw_input_contents.append(packed(one["datatype"], values))
        else:
            sent = [value.encode() for value in values] if one["datatype"] == "BYTES" else values
            getattr(tensor.contents, CONTENTS[one["datatype"]]).extend(sent)
    for one in asked.get("outputs", ()):
        message.outputs.add(name=one["name"])
    return message


def packed(datatype: str, values) -> bytes:
    """Values as bytes, little-endian."""
    if datatype == "BYTES":
        return b"".join(len(one.encode()).to_bytes(4, "little") + one.encode() for one in values)
    kinds = {"FP": "f", "INT": "i", "UINT": "u", "BOOL": "?"}
    letters = datatype.rstrip("0123456789")
    size = "" if letters == "BOOL" else str(int(datatype.removeprefix(letters)) // 8)
    return np.array(values, dtype=f"<{kinds[letters]}{size}").tobytes()


def flights_message(rows: int, raw: bool = False, seed: int = 9, **fields):
    """A request of so many flights."""
    return message_of(request(rows, seed), raw, **fields)


def scores_of(answer) -> np.ndarray:
    """The first output's values."""
    if answer.raw_output_contents:
        return np.frombuffer(answer.raw_output_contents[0], dtype="<f8")
    return np.array(answer.outputs[0].contents.fp64_contents)
