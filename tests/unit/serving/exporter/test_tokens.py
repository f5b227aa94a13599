"""POST /feedback with tokens: who is let in, that a rotation leaves no gap; without any, nobody is."""

import json
import socket
import time

import pytest

from leeboard_serving.exporter.tokens import LARGEST_FILE, Tokens, TokensError
from tests.unit.serving.exporter.running import Exporter

BODY = json.dumps({"labels": [{"id": "r0", "label": 1}]})


@pytest.fixture
def file(tmp_path):
    return tmp_path / "token"


ALLOWED = ["Bearer one", "bearer one", "BEARER  one ", "Bearer two", "Bearer d\xc3\xa9j\xc3\xa0"]
REFUSED = ["", "Bearer", "Bearer ", "one", "Basic one", "Bearer on", "Bearer onee", "Bearer one two", "Bearer \u20ac"]


@pytest.mark.parametrize(
    ("authorization", "allowed"), [(text, True) for text in ALLOWED] + [(text, False) for text in REFUSED]
)
def test_any_of_the_lines_lets_in_and_nothing_else(file, authorization, allowed):
    file.write_bytes("one\r\n\n  two \ndéjà".encode())
    assert Tokens(file).allow(authorization) is allowed


@pytest.mark.parametrize("content", [None, b"", b" \n\r\n\t", b"x" * (LARGEST_FILE + 1)])
def test_without_a_token_that_can_be_read_nobody_is_let_in(file, content, caplog):
    if content is not None:
        file.write_bytes(content)
    tokens = Tokens(file)
    for _ in range(3):
        with pytest.raises(TokensError):
            tokens.allow("Bearer ")
    assert len(caplog.records) == 1
    file.write_text("one")
    assert tokens.allow("Bearer one")


def test_a_rotation_needs_no_restart_and_leaves_no_gap(tmp_path, file):
    file.write_text("old\n")
    with Exporter(tmp_path, interval=60, environment={"LEEBOARD_FEEDBACK_TOKENS": str(file)}) as exporter:

        def status(token):
            return exporter.post(BODY, headers={"Authorization": f"Bearer {token}"}).status_code

        assert [status("old"), status("new")] == [202, 401]
        file.write_text("old\nnew\n")
        assert [status("old"), status("new")] == [202, 202]
        file.write_text("new\n")
        assert [status("old"), status("new")] == [401, 202]
        file.unlink()
        answer = exporter.post(BODY, headers={"Authorization": "Bearer new"})
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")
        assert exporter.metric("leeboard_feedback_total") == 4
        assert "Traceback" not in exporter.log()
        assert "old" not in exporter.log()


def test_a_caller_without_a_token_is_told_before_the_body_is_read(tmp_path, file):
    file.write_text("one")
    with Exporter(tmp_path, interval=60, environment={"LEEBOARD_FEEDBACK_TOKENS": str(file)}) as exporter:
        answer = exporter.post(BODY)
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
        assert exporter.post("no JSON").status_code == 401
        with socket.create_connection(("127.0.0.1", exporter.feedback_port), timeout=10) as connection:
            connection.sendall(b"POST /feedback HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n")
            began = time.monotonic()
            assert connection.recv(100).startswith(b"HTTP/1.1 401")
            assert time.monotonic() - began < 5  # and not after the time that a body has
        assert exporter.get("/metrics").status_code == 200
        assert exporter.metric("leeboard_feedback_total") == 0
