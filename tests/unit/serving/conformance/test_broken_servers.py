"""Every check can fail: it does on servers that answer the same to everything."""

import contextlib
import json
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from socketserver import BaseRequestHandler, ThreadingTCPServer

import grpc
import httpx
import pytest

from tests.conformance.check import CHECKS
from tests.conformance.run import outcome_of
from tests.conformance.subject import Subject
from tests.conformance.tensors import Tensor

INPUTS = (Tensor("a", "FP64", (-1,)), Tensor("b", "INT64", (-1, 2)), Tensor("c", "BYTES", (-1,)))
OUTPUTS = (Tensor("x", "FP64", (-1,)), Tensor("y", "INT64", (-1,)))
EXTENSIONS = frozenset({"binary_tensor_data", "model_repository", "statistics"})
QUIET = 0.02
"""Seconds without a byte, after which a request is taken to have come."""
PATIENCE = 5.0
ANY_SIZE = [("grpc.max_receive_message_length", -1)]


class Fixed(BaseRequestHandler):
    """Answers the same to whatever comes, hears the caller out, and leaves."""

    def handle(self):
        self.request.settimeout(PATIENCE)
        try:
            self.request.recv(1)
            self.request.settimeout(QUIET)
            with contextlib.suppress(TimeoutError):
                while self.request.recv(1 << 20):
                    pass
            status, body = self.server.said
            head = f"HTTP/1.1 {status} X\r\nContent-Type: text/json\r\nContent-Length: {len(body)}\r\n"
            self.request.sendall(f"{head}Connection: close\r\n\r\n".encode() + body)
            self.request.shutdown(socket.SHUT_WR)
            # what is closed with bytes unread is reset, and the caller may lose its answer
            self.request.settimeout(PATIENCE)
            while self.request.recv(1 << 20):
                pass
        except OSError:
            return  # the caller has left, which is its right


class Server(ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 256


class Everything(grpc.GenericRpcHandler):
    """Answers every method with nothing, or fails."""

    def __init__(self, fails):
        self.fails = fails

    def service(self, details):
        def answer(data, context):
            if self.fails:
                context.abort(grpc.StatusCode.DATA_LOSS, "always")
            return b""

        if details.method.endswith("StreamInfer"):
            return grpc.stream_stream_rpc_method_handler(lambda requests, context: iter([answer(b"", context)]))
        return grpc.unary_unary_rpc_method_handler(answer)


@contextmanager
def subject_of(status, said, fails):
    rpc = grpc.server(ThreadPoolExecutor(4), handlers=[Everything(fails)], options=ANY_SIZE)
    address = f"127.0.0.1:{rpc.add_insecure_port('127.0.0.1:0')}"
    rpc.start()
    with Server(("127.0.0.1", 0), Fixed) as server:
        server.said = (status, json.dumps(said).encode())
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_address[1]}"
        with httpx.Client(base_url=url, timeout=5) as client, grpc.insecure_channel(address) as channel:
            yield Subject(url, client, "m", INPUTS, OUTPUTS, ("1",), EXTENSIONS, channel, address, control=True)
        server.shutdown()
    rpc.stop(None).wait()


@pytest.fixture(scope="module")
def failing():
    with subject_of(500, {"error": "always"}, fails=True) as subject:
        yield subject


@pytest.fixture(scope="module")
def agreeing():
    """Says yes to everything, as one that checks nothing."""
    with subject_of(200, {}, fails=False) as subject:
        yield subject


@pytest.mark.parametrize("one", CHECKS, ids=lambda one: one.name)
def test_it_fails_where_every_request_does(failing, one):
    outcome, text = outcome_of(failing, one)
    assert outcome == "failed"
    assert text


REFUSALS = [one for one in CHECKS if "refused" in one.name and "answered or refused" not in one.name]


@pytest.mark.parametrize("one", REFUSALS, ids=lambda one: one.name)
def test_it_fails_where_everything_is_answered(agreeing, one):
    assert outcome_of(agreeing, one)[0] == "failed"
