"""What goes through a proxy process, byte by byte, before servers that do it well and servers that do not."""

import contextlib
import hashlib
import json
import socket
import struct
import threading
import time
from pathlib import Path

import httpx
import pytest

from tests.unit.serving.proxy.running import INFER, Scripted, answer, answering, heard, proxying
from tests.unit.serving.server.running import Exporter, lay_out, trained


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("proxy")
    lay_out(folder / "volume", trained())
    return folder


@pytest.fixture(scope="module")
def exporter(folder):
    exporter = Exporter(folder / "observe.sock")
    yield exporter
    exporter.close()


@pytest.fixture(scope="module")
def shared(folder, exporter):
    server = Scripted(answering(answer(b"")))
    with proxying(folder, server.url) as proxy:
        yield proxy, server
    server.close()


@pytest.fixture
def before(folder, shared):
    """Gives a proxy before a server of a script: the one that tests share, or one of an environment of its own."""
    with contextlib.ExitStack() as stack:

        def start(serve, **environment):
            if not environment:
                shared[1].become(serve)
                time.sleep(0.1)  # for the proxy to see that the server before has gone
                return shared
            server = Scripted(serve)
            stack.callback(server.close)
            return stack.enter_context(proxying(folder, server.url, **environment)), server

        yield start


def get(path="/x", *lines, version="1.1", method="GET"):
    return "\r\n".join([f"{method} {path} HTTP/{version}", "Host: h", *lines, "", ""]).encode()


def post(body, *lines, path=INFER):
    return get(path, f"Content-Length: {len(body)}", *lines, method="POST") + body


def test_every_status_header_and_path_goes_through(before):
    own = answer(b"\x1f\x8b\0body", "Content-Encoding: gzip", "X-Own: 1", "X-Own: 2", status="418 I am a teapot")
    proxy, server = before(answering(own))
    came = proxy.say(get("/any%20path?query=1&x", "X-Caller: me", "Connection: close", method="DELETE"))
    head, _, body = came.partition(b"\r\n\r\n")
    assert body == b"\x1f\x8b\0body"
    assert head.split(b"\r\n") == [
        *(b"HTTP/1.1 418 I am a teapot", b"Content-Length: 7", b"Content-Encoding: gzip", b"X-Own: 1", b"X-Own: 2"),
        *(b"x-leeboard-version: late-flights-1a2b3c4d", b"connection: close"),
    ]
    assert server.heads == [b"DELETE /any%20path?query=1&x HTTP/1.1\r\nHost: h\r\nX-Caller: me"]


def test_connections_to_the_server_are_used_again(before):
    connections = []

    def serve(connection, scripted):
        connections.append(connection)
        answering(answer(b"ok"))(connection, scripted)

    proxy, server = before(serve)
    for _ in range(5):
        assert httpx.get(f"{proxy.url}/x").text == "ok"
    assert (len(connections), len(server.heads)) == (1, 5)


def test_answers_in_chunks_and_up_to_the_end_of_the_connection(before):
    def serve(connection, scripted):
        scripted.request(connection)
        if b"/chunks" in scripted.heads[-1]:
            connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n")
            time.sleep(0.1)
            connection.sendall(b"2\r\nde\r\n0\r\nTrailer: x\r\n\r\n")
            scripted.request(connection)
        else:
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\nabcde")

    proxy, _ = before(serve)
    for path in ("/chunks", "/end"):
        assert httpx.get(f"{proxy.url}{path}").text == "abcde"
        assert proxy.say(get(path)).endswith(b"\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"[-24:]) or path == "/end"
        old = proxy.say(get(path, version="1.0"))
        assert old.endswith(b"\r\nconnection: close\r\n\r\nabcde")
        assert b"chunked" not in old


def test_requests_in_chunks_arrive_whole_and_in_order(before):
    seen = []

    def serve(connection, scripted):
        while (body := scripted.request(connection)) is not None:
            seen.append(body)
            connection.sendall(answer(b"%d" % len(seen)))

    proxy, _ = before(serve)
    chunked = get("/x", "Transfer-Encoding: chunked", method="POST") + b"3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n"
    came = proxy.say(chunked + get("/a") + post(b"xyz", path="/b"))
    assert [part[-1:] for part in came.split(b"HTTP/1.1 200 OK")[1:]] == [b"1", b"2", b"3"]
    assert b"".join(line for line in seen[0].split(b"\r\n") if line.isalpha()) == b"abcd"
    assert seen[1:] == [b"", b"xyz"]


def test_bodies_flow_both_ways_without_being_gathered(before):
    """40 MiB go up and come back, more than the copies may keep; a reader that stops stops the writer."""
    size = 40 << 20
    upward = hashlib.sha256()
    piece = bytes(range(256)) * 1024

    def serve(connection, scripted):
        data = b""
        while b"\r\n\r\n" not in data:
            data += connection.recv(65536)
        body = data.partition(b"\r\n\r\n")[2]
        received = len(body)
        upward.update(body)
        while received < size:
            part = connection.recv(1 << 20)
            upward.update(part)
            received += len(part)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
        for _ in range(size // len(piece)):
            connection.sendall(piece)

    proxy, _ = before(serve)
    downward, wanted = hashlib.sha256(), hashlib.sha256()
    with proxy.connect() as connection:
        connection.sendall(get(INFER, f"Content-Length: {size}", method="POST"))
        for _ in range(size // len(piece)):
            connection.sendall(piece)
            wanted.update(piece)
        time.sleep(0.5)
        data = connection.recv(65536)
        head, _, body = data.partition(b"\r\n\r\n")
        received = len(body)
        downward.update(body)
        while received < size:
            part = connection.recv(1 << 20)
            downward.update(part)
            received += len(part)
    assert head.startswith(b"HTTP/1.1 200 OK")
    assert upward.digest() == downward.digest() == wanted.digest()
    peak = status_kib(proxy.process.pid, "VmHWM")
    assert peak < 400 << 10


def status_kib(pid, name):
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name))


@pytest.mark.parametrize(
    ("bad", "status"),
    [
        (b"garbage\r\n\r\n", 400),
        (get("/x", "Host: again"), 400),
        (get("/x", "Content-Length: 1", "Transfer-Encoding: chunked", method="POST") + b"0\r\n\r\n", 400),
        (get("/x", "Content-Length: 1", "Content-Length: 1", method="POST") + b"a", 400),
        (get("/x", "Content-Length: -1", method="POST"), 400),
        (get("/%ff"), 400),
        (get("/x", "Expect: something", method="POST"), 417),
        (get("/x", "Long: " + "a" * 40_000), 431),
        (get("/x", *(f"H{n}: 1" for n in range(120))), 431),
        (b"CONNECT h:1 HTTP/1.1\r\nHost: h\r\n\r\n", 405),
    ],
)
def test_what_two_servers_could_read_in_two_ways_reaches_no_server(before, bad, status):
    proxy, server = before(answering(answer(b"ok")))
    came = proxy.say(get("/before") + bad)
    assert came.count(b"HTTP/1.1 ") == 2
    assert came.startswith(b"HTTP/1.1 200 OK")
    assert b"HTTP/1.1 %d " % status in came
    assert json.loads(came.rpartition(b"\r\n\r\n")[2])["error"]
    assert len(server.heads) == 1


def test_an_offer_of_another_protocol_is_not_passed_on(before):
    proxy, server = before(answering(answer(b"ok")))
    lines = ("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQBAAAAAAIAAAAA")
    assert proxy.say(get("/x", *lines)).endswith(b"ok")
    assert server.heads == [b"GET /x HTTP/1.1\r\nHost: h"]


def test_a_caller_that_waits_for_100(before):
    proxy, _ = before(answering(answer(b"ok")))
    with proxy.connect() as connection:
        connection.sendall(get("/x", "Content-Length: 3", "Expect: 100-continue", method="POST"))
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"abc")
        assert heard(connection).endswith(b"ok")


def test_head_has_no_body_and_what_is_known_of_an_answer_does_not_give_it_one(before):
    def serve(connection, scripted):
        while scripted.request(connection) is not None:
            whole = answer(b"body")
            connection.sendall(whole[:-4] if scripted.heads[-1].startswith(b"HEAD") else whole)

    proxy, _ = before(serve)
    for _ in range(3):
        assert httpx.get(f"{proxy.url}/x").text == "body"
        head = httpx.head(f"{proxy.url}/x")
        assert (head.status_code, head.headers["content-length"], head.text) == (200, "4", "")


def test_the_servers_own_words_before_an_answer_stay_behind(before):
    proxy, _ = before(answering(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + answer(b"ok")))
    assert proxy.say(get()).count(b"HTTP/1.1") == 1


# servers that fail


def failing(came):
    head, _, body = came.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body)["error"]


def test_no_server(folder):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with proxying(folder, f"http://127.0.0.1:{port}") as proxy:
        answered = httpx.post(f"{proxy.url}{INFER}", content=b"{}")
        assert (answered.status_code, answered.headers["retry-after"]) == (503, "1")
        assert "takes no connection" in answered.json()["error"]
        assert answered.headers["x-leeboard-version"] == "late-flights-1a2b3c4d"
        assert httpx.get(f"{proxy.url}/leeboard/live").json() == {"live": True}
        assert proxy.readiness().status_code == 503


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (b"", "before it answered"),
        (b"HTTP/1.1 200 OK\r\nContent-Le", "before it answered"),
        (b"SSH-2.0-OpenSSH\r\n", "not HTTP/1.1"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", "not HTTP/1.1"),
        (b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 500 + b"\r\n", "too long"),
    ],
)
def test_a_server_that_says_nothing_or_no_http(before, words, text):
    def serve(connection, scripted):
        scripted.request(connection)
        connection.sendall(words)

    proxy, _ = before(serve)
    came = proxy.say(post(b"{}", "Connection: close"))
    status, error = failing(came)
    assert status == 502
    assert text in error


def test_what_nobody_asked_for_goes_to_nobody(before):
    proxy, _ = before(answering(answer(b"ok") + answer(b"again")))
    assert [proxy.say(get("/x", "Connection: close")).count(b"HTTP/1.1") for _ in range(3)] == [1, 1, 1]


def test_half_an_answer_is_none(before):
    def serve(connection, scripted):
        scripted.request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")

    proxy, _ = before(serve)
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.get(f"{proxy.url}/x")


def test_a_connection_that_the_server_ends_as_it_is_used_costs_no_prediction(before):
    """The second request of each connection meets its end: a prediction is asked for once more, nothing else is."""

    def serve(connection, scripted):
        scripted.request(connection)
        connection.sendall(answer(b"ok"))
        scripted.request(connection)

    proxy, server = before(serve)
    assert [httpx.post(f"{proxy.url}{INFER}", content=b"{}").status_code for _ in range(4)] == [200] * 4
    assert len(server.heads) > 4
    assert [httpx.post(f"{proxy.url}/v2/repository/index").status_code for _ in range(2)].count(502) == 1


def test_a_silent_server_is_given_up(before):
    proxy, _ = before(lambda connection, scripted: time.sleep(20), LEEBOARD_DEADLINE_MS="500")
    status, error = failing(proxy.say(post(b"{}", "Connection: close"), 5))
    assert (status, "0.5 s" in error) == (504, True)


def test_an_answer_that_comes_before_the_request_has(before):
    def serve(connection, scripted):
        connection.recv(65536)
        connection.sendall(answer(b"too much", status="413 Content Too Large"))
        time.sleep(1)

    proxy, _ = before(serve)
    came = proxy.say(get(INFER, "Content-Length: 1000000", method="POST") + b"a" * 1000)
    assert came.startswith(b"HTTP/1.1 413")
    assert b"connection: close" in came


def test_callers_that_leave_leave_nothing_behind(before):
    entered, ended = threading.Event(), threading.Event()

    def serve(connection, scripted):
        if scripted.request(connection) is None:
            return
        if b"/slow" in scripted.heads[-1]:
            entered.set()
            connection.settimeout(10)
            with contextlib.suppress(OSError):
                connection.recv(1)
            ended.set()
            return
        connection.sendall(answer(b"ok"))

    proxy, _ = before(serve)
    with proxy.connect() as connection:
        connection.sendall(get("/slow"))
        assert entered.wait(5)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    assert ended.wait(5), "the server works on for a caller that is gone"
    assert httpx.get(f"{proxy.url}/x").text == "ok"


def test_the_end_tells_callers_to_leave_and_answers_what_is_under_way(before):
    entered = threading.Event()

    def serve(connection, scripted):
        while scripted.request(connection) is not None:
            if b"/slow" in scripted.heads[-1]:
                entered.set()
                time.sleep(2)
            connection.sendall(answer(b"ok"))

    proxy, _ = before(serve, LEEBOARD_DEADLINE_MS="20000")
    with proxy.connect() as resting, proxy.connect() as slow:
        resting.sendall(get())
        assert b"connection: close" not in resting.recv(65536)
        slow.sendall(get("/slow"))
        assert entered.wait(5)
        proxy.process.terminate()
        time.sleep(0.5)
        resting.sendall(get())
        assert b"connection: close" in heard(resting)
        assert heard(slow, 5).endswith(b"ok")
    assert proxy.process.wait(20) == 0


def test_a_refusal_that_comes_while_the_body_does_is_heard_though_sending_fails(before, exporter):
    def serve(connection, scripted):
        connection.recv(1000)
        connection.sendall(answer(b"too much", status="413 Content Too Large"))
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    proxy, _ = before(serve)
    told = len(exporter.told)
    for _ in range(5):
        with proxy.connect() as connection, contextlib.suppress(OSError):
            connection.sendall(get(INFER, f"Content-Length: {50 << 20}", method="POST"))
            for _ in range(50):
                connection.sendall(bytes(1 << 20))
    assert [one.status for one in exporter.wait(told + 5)[told:]] == [413] * 5
