"""How gRPC shares a port among workers, refuses what is too much, gives up what is late, and ends."""

import queue
import threading

import grpc
import numpy as np
import pytest

from leeboard_serving.server.rpc.protocol import health_pb2 as health
from tests.unit.serving.server.calling import SECONDS, Caller, flights_message, scores_of, serving
from tests.unit.serving.server.running import expected, lay_out, start, trained

PATIENT = {"LEEBOARD_LONGEST_WAIT_MS": "60000", "LEEBOARD_DEADLINE_MS": "60000"}
"""Settings with which a busy machine refuses nothing."""


@pytest.fixture(scope="module")
def model():
    return trained()


def test_workers_share_the_port_and_all_answer(model, tmp_path):
    lay_out(tmp_path / "volume", model)
    with serving(tmp_path, LEEBOARD_WORKERS="2") as (_, caller, exporter):
        callers = [Caller(caller.port) for _ in range(8)]
        for one in callers:
            np.testing.assert_array_equal(scores_of(one.ask("ModelInfer", flights_message(3))), expected(model, 3))
            one.channel.close()
        assert len(exporter.wait(8)) == 8


def test_too_many_requests_are_refused_with_when_to_come_again(model, tmp_path):
    lay_out(tmp_path / "volume", model)
    with serving(tmp_path, LEEBOARD_MOST_WAITING="1") as (_, caller, _):
        large = flights_message(50_000, raw=True)
        calls = [caller.future(large, timeout=SECONDS) for _ in range(8)]
        codes = [call.code() for call in calls]
        refused = [call for call in calls if call.code() != grpc.StatusCode.OK]
        assert grpc.StatusCode.OK in codes
        assert refused
        for call in refused:
            assert call.code() == grpc.StatusCode.UNAVAILABLE
            assert call.details() == "too many requests wait for the model"
            trailing = dict(call.trailing_metadata())
            assert int(trailing["grpc-retry-pushback-ms"]) >= 100
            assert int(trailing["retry-after"]) >= 1


def test_a_request_is_given_up_at_its_callers_deadline_or_when_he_leaves(model, tmp_path):
    lay_out(tmp_path / "volume", model)
    with serving(tmp_path, **PATIENT) as (server, caller, exporter):
        large = [caller.future(flights_message(100_000, raw=True), timeout=SECONDS) for _ in range(2)]
        late = caller.future(flights_message(1, seed=1), timeout=0.01)
        left = caller.future(flights_message(1, seed=2), timeout=SECONDS)
        left.cancel()
        assert late.code() == grpc.StatusCode.DEADLINE_EXCEEDED
        assert left.code() == grpc.StatusCode.CANCELLED
        assert [one.code() for one in large] == [grpc.StatusCode.OK] * 2
        assert caller.ask("ModelInfer", flights_message(1)).outputs
        assert server.process.poll() is None
        last = flights_message(1)
        last.id = "last"
        caller.ask("ModelInfer", last)
        exporter.wait_for("last")
        assert [one.status for one in exporter.told].count(200) == 4


def test_no_call_fails_while_the_server_ends(model, tmp_path):
    """What was taken is answered, and streams and watches end by themselves."""
    lay_out(tmp_path / "volume", model)
    with serving(tmp_path, **PATIENT) as (server, caller, exporter):
        watching = caller.watch()
        assert next(watching).status == health.HealthCheckResponse.SERVING
        asked: queue.Queue = queue.Queue()
        stream = caller.stream(iter(asked.get, None))
        asked.put(flights_message(1))
        assert next(stream).infer_response.outputs
        # so that the server knows how long so many rows take, and does not think it from one
        caller.ask("ModelInfer", flights_message(20_000, raw=True))
        calls = [caller.future(flights_message(20_000, raw=True), timeout=SECONDS) for _ in range(4)]
        answered = threading.Event()
        calls[0].add_done_callback(lambda _: answered.set())
        assert answered.wait(SECONDS)
        server.process.terminate()
        assert [(call.code(), call.details()) for call in calls] == [(grpc.StatusCode.OK, "")] * 4
        assert [one.status for one in watching] == [health.HealthCheckResponse.NOT_SERVING]
        with pytest.raises(grpc.RpcError) as ended:
            next(stream)
        assert ended.value.code() == grpc.StatusCode.UNAVAILABLE
        asked.put(None)
        assert server.process.wait(SECONDS) == 0
        assert [one.status for one in exporter.wait(6)] == [200] * 6


def test_a_port_that_is_taken_is_named(model, tmp_path):
    lay_out(tmp_path / "volume", model)
    (tmp_path / "second").mkdir()
    lay_out(tmp_path / "second" / "volume", model)
    with serving(tmp_path) as (_, caller, _):
        second = start(tmp_path / "second", LEEBOARD_GRPC_PORT=str(caller.port))
        try:
            assert second.process.wait(60) != 0
        finally:
            second.process.kill()
        assert f"port {caller.port} cannot be opened" in second.termination.read_text()
