"""HTTP as bytes on a socket: what is answered, in which order, and what ends a connection."""

import asyncio
import socket
import threading
from contextlib import contextmanager

import pytest
import uvloop

from leeboard_serving.server.http.known_heads import LONGEST, MOST, KnownHead, KnownHeads
from leeboard_serving.server.http.limits import Limits
from leeboard_serving.server.http.listening import listen
from leeboard_serving.server.http.site import Pages, Site

LIMITS = Limits(head=4096, headers=20, body=64 << 10, requests=4, connections=50, idle=1.0, slow=1.5, slowest=1 << 30)
LARGE = 64 << 20
OPEN, ENDED = b"<open>", b"<ended>"


class Observed:
    """Keeps what it is told."""

    def __init__(self):
        self.refusals, self.cuts = [], []

    def refused(self, request, status):
        self.refusals.append(status)

    def cut(self, request):
        self.cuts.append(request.path)


class World:
    """A site in a thread of its own. `/echo` answers the body, `/later` once `let_go` is set, `/fail` fails."""

    def __init__(self):
        self.observed = Observed()
        self.let_go = threading.Event()
        self._ready = threading.Event()
        self._told_to_stop = False
        self._thread = threading.Thread(target=lambda: uvloop.run(self._main()))
        self._thread.start()
        assert self._ready.wait(20)

    async def _main(self):
        self.loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        pages = Pages()
        pages.add("POST", "/echo", lambda request: request.answer(200, bytes(request.body), b"text/plain"))
        pages.add("GET", "/hello", lambda request: request.answer(200, b"hello", b"text/plain"))
        pages.add("GET", "/a b/ü", lambda request: request.answer(200, b"percent", b"text/plain"))
        pages.add("GET", "/fail", lambda request: 1 // 0)
        pages.add("GET", "/large", lambda request: request.answer(200, b"x" * LARGE, b"text/plain"))
        pages.add("GET", "/later", lambda request: asyncio.ensure_future(self._later(request)))
        self.site = Site(pages, self.observed, LIMITS, {"x-constant": "yes"})
        listening = listen("127.0.0.1", 0, shared=False)
        self.port = listening.getsockname()[1]
        self.site.open(listening)
        self._ready.set()
        await self._stop.wait()
        await self.site.drain(self.patience, 5.0)

    async def _later(self, request):
        await asyncio.to_thread(self.let_go.wait, 20)
        request.answer(200, b"later", b"text/plain")

    patience = 0.3

    def stop(self):
        """Once: a loop that stopped is closed and takes no further call."""
        if not self._told_to_stop:
            self._told_to_stop = True
            self.loop.call_soon_threadsafe(self._stop.set)

    def close(self):
        self.let_go.set()
        self.stop()
        self._thread.join(20)
        assert not self._thread.is_alive()


@contextmanager
def running():
    world = World()
    try:
        yield world
    finally:
        world.close()


@pytest.fixture(scope="module")
def world():
    with running() as made:
        yield made


def connect(world):
    connection = socket.create_connection(("127.0.0.1", world.port))
    connection.settimeout(10)
    return connection


def heard(connection, seconds=0.4):
    """Everything until nothing more comes, and how it stands then."""
    connection.settimeout(seconds)
    parts = []
    try:
        while data := connection.recv(1 << 20):
            parts.append(data)
    except TimeoutError:
        return b"".join(parts), OPEN
    except ConnectionResetError:
        pass
    return b"".join(parts), ENDED


def said(world, *parts, half=False):
    with connect(world) as connection:
        for part in parts:
            connection.sendall(part)
        if half:
            connection.shutdown(socket.SHUT_WR)
        return heard(connection)


def bodies(data):
    """Status and body of every answer."""
    found = []
    while data:
        head, _, rest = data.partition(b"\r\n\r\n")
        length = int(next(line for line in head.split(b"\r\n") if line.startswith(b"content-length")).split()[1])
        found.append((int(head.split()[1]), rest[:length]))
        data = rest[length:]
    return found


def get(path, *headers, version=b"1.1"):
    return b"\r\n".join([b"GET %b HTTP/%b" % (path, version), b"Host: x", *headers, b"", b""])


def post(body, *headers):
    return b"\r\n".join([b"POST /echo HTTP/1.1", b"Host: x", b"Content-Length: %d" % len(body), *headers, b"", body])


def chunked(*chunks):
    parts = b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in (*chunks, b""))
    return b"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + parts


OFFER = (b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c", b"HTTP2-Settings: AAMAAABkAAQAAP__")
GOOD = {
    "one": (get(b"/hello"), [b"hello"], OPEN),
    "several at once": (post(b"a") + get(b"/hello") + post(b"b"), [b"a", b"hello", b"b"], OPEN),
    "the last": (get(b"/hello", b"Connection: close") + get(b"/hello"), [b"hello"], ENDED),
    "HTTP/1.0": (get(b"/hello", version=b"1.0"), [b"hello"], ENDED),
    "HTTP/1.0, kept": (get(b"/hello", b"Connection: keep-alive", version=b"1.0"), [b"hello"], ENDED),
    "chunks": (chunked(b"ab", b"c" * 1000) + get(b"/hello"), [b"ab" + b"c" * 1000, b"hello"], OPEN),
    "an offer of HTTP/2": (get(b"/hello", *OFFER) + get(b"/hello"), [b"hello", b"hello"], OPEN),
    "an offer with a body": (post(b"body", *OFFER) + get(b"/hello"), [b"body", b"hello"], OPEN),
    "an offer of WebSocket": (get(b"/hello", b"Connection: Upgrade", b"Upgrade: websocket"), [b"hello"], OPEN),
    "a query": (get(b"/hello?a=b#c"), [b"hello"], OPEN),
    "percent signs": (get(b"/a%20b/%C3%BC"), [b"percent"], OPEN),
    "an absolute target": (get(b"http://elsewhere/hello"), [b"hello"], OPEN),
    "nothing to say": (post(b""), [b""], OPEN),
    "as much as there may be": (post(b"x" * LIMITS.body), [b"x" * LIMITS.body], OPEN),
}


@pytest.mark.parametrize(("request_bytes", "answers", "then"), GOOD.values(), ids=GOOD.keys())
def test_requests_are_answered_in_order(world, request_bytes, answers, then):
    for _ in range(3):  # a head that is known is not parsed again, and has to mean the same
        data, state = said(world, request_bytes)
        assert bodies(data) == [(200, body) for body in answers]
        assert state == then


@pytest.mark.parametrize("size", [1, 7, 50])
def test_a_request_may_come_in_any_pieces(world, size):
    data = post(b"some body") + chunked(b"ab", b"cd") + post(b"offer", *OFFER) + get(b"/hello")
    with connect(world) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for start in range(0, len(data), size):
            connection.sendall(data[start : start + size])
        answers, _ = heard(connection)
    assert bodies(answers) == [(200, body) for body in (b"some body", b"abcd", b"offer", b"hello")]


def test_behind_a_known_head_every_body_is_its_own(world):
    with connect(world) as connection:
        for body in (b"abc", b"xyz", b"\r\n\r", b"abc"):
            connection.sendall(post(body))
            assert bodies(heard(connection, 0.2)[0]) == [(200, body)]
        for part in (post(b"abc")[:-1], b"d" + post(b"efg"), post(b"hij") + get(b"/hello")[:30], get(b"/hello")[30:]):
            connection.sendall(part)
            threading.Event().wait(0.05)
        assert [body for _, body in bodies(heard(connection)[0])] == [b"abd", b"efg", b"hij", b"hello"]


def test_memory_of_heads_is_bounded():
    heads = KnownHeads()
    for number in range(3 * MOST):
        heads.learn(b"GET /%d HTTP/1.1\r\n\r\n" % number, KnownHead("GET", f"/{number}", [], 0, False))
        assert len(heads._heads) <= MOST
    heads.learn(b"GET /" + b"x" * LONGEST + b"\r\n\r\n", KnownHead("GET", "/x", [], 0, False))
    heads.learn(b"GET / HTTP/1.1\r\n\r\nabc", KnownHead("GET", "/", [], 0, False))
    assert heads.find(b"GET /" + b"x" * LONGEST + b"\r\n\r\n") is None
    assert heads.find(b"GET / HTTP/1.1\r\n\r\n") is None
    assert heads.find(b"") is None


BAD = {
    "no HTTP": (b"\x16\x03\x01\x02\x00\x01\x00" + b"\0" * 100, 400, b"not HTTP/1.1"),
    "HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, b"not HTTP/1.1"),
    "no host": (b"GET /hello HTTP/1.1\r\n\r\n", 400, b"host is absent"),
    "two hosts": (get(b"/hello", b"Host: y"), 400, b"given twice"),
    "two lengths": (post(b"abc", b"Content-Length: 3"), 400, b"Content-Length"),
    "two lengths of JSON": (
        post(b"abc", b"Inference-Header-Content-Length: 1", b"inference-header-content-length: 2"), 400, b"given twice",
    ),
    "length and chunks": (post(b"abc", b"Transfer-Encoding: chunked"), 400, b"Transfer-Encoding"),
    "a negative length": (post(b"").replace(b"Length: 0", b"Length: -1"), 400, b"Content-Length"),
    "no chunk": (chunked(b"a").replace(b"\r\n1\r\n", b"\r\nzz\r\n"), 400, b"chunk size"),
    "lines without a return": (get(b"/hello").replace(b"\r\n", b"\n"), 400, b"not HTTP/1.1"),
    "a folded header": (get(b"/hello", b"A: b", b"  c"), 400, b"not HTTP/1.1"),
    "a space before the colon": (get(b"/hello").replace(b"Host:", b"Host :"), 400, b"not HTTP/1.1"),
    "a long header": (get(b"/hello", b"A: " + b"a" * 5000), 431, b"at most 4096 bytes"),
    "a long path": (get(b"/" + b"a" * 5000), 431, b"at most 4096 bytes"),
    "many headers": (get(b"/hello", *[b"A: b"] * 30), 431, b"at most 20 headers"),
    "too much": (b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 65537\r\n\r\n", 413, b"at most 65536 bytes"),
    "too many chunks": (chunked(*[b"x" * 1000] * 70), 413, b"at most 65536 bytes"),
    "no UTF-8": (get(b"/%ff"), 400, b"no path"),
    "no path": (get(b"*"), 400, b"no path"),
    "a proxy": (b"CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n", (400, 405), b"error"),
    "another expectation": (post(b"", b"Expect: miracles"), 417, b"100-continue"),
}  # fmt: skip


@pytest.mark.parametrize(("request_bytes", "status", "text"), BAD.values(), ids=BAD.keys())
def test_what_could_be_read_in_two_ways_ends_the_connection(world, request_bytes, status, text):
    known = len(world.observed.refusals)
    data, state = said(world, request_bytes)
    ((found, body),) = bodies(data)
    assert found == status or found in status
    assert text in body
    assert state == ENDED
    assert world.observed.refusals[known:] == [found]
    assert bodies(said(world, get(b"/hello"))[0]) == [(200, b"hello")]


def test_unknown_pages_and_methods_end_nothing(world):
    data, state = said(world, get(b"/nowhere") + post(b"abc").replace(b"/echo", b"/hello") + get(b"/hello"))
    assert [status for status, _ in bodies(data)] == [404, 405, 200]
    assert b"allow: GET, HEAD" in data
    assert state == OPEN


def test_a_page_that_fails_is_a_500_and_the_connection_goes_on(world, caplog):
    data, state = said(world, get(b"/fail") + get(b"/hello"))
    assert [status for status, _ in bodies(data)] == [500, 200]
    assert state == OPEN
    assert "ZeroDivisionError" in caplog.text


def test_heads_are_without_a_body_and_every_answer_has_the_usual_lines(world):
    data, _ = said(world, get(b"/hello").replace(b"GET", b"HEAD") + get(b"/hello"))
    first, second, body = data.split(b"\r\n\r\n")
    for head in (first, second):
        assert b"x-constant: yes" in head
        assert b"content-length: 5" in head
        assert b"date: " in head
    assert body == b"hello"


def test_a_caller_that_waits_to_be_asked_is_asked(world):
    with connect(world) as connection:
        connection.sendall(post(b"abc", b"Expect: 100-continue")[:-3])
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"abc")
        assert bodies(heard(connection)[0]) == [(200, b"abc")]


def test_a_caller_that_has_said_everything_still_hears_the_answers(world):
    data, state = said(world, post(b"abc") + get(b"/hello"), half=True)
    assert [body for _, body in bodies(data)] == [b"abc", b"hello"]
    assert state == ENDED


def test_answers_wait_for_those_before_them():
    with running() as world, connect(world) as connection:
        connection.sendall(get(b"/later") + get(b"/hello"))
        assert heard(connection) == (b"", OPEN)
        world.let_go.set()
        assert [body for _, body in bodies(heard(connection)[0])] == [b"later", b"hello"]


def test_of_a_caller_that_is_owed_much_no_more_is_read():
    number, padded = 400, get(b"/later", b"A: " + b"a" * 3000)
    with running() as world, connect(world) as connection:
        sending = threading.Thread(target=connection.sendall, args=(padded * number,))
        sending.start()
        threading.Event().wait(1)
        (owed,) = [len(one.owed) for one in world.site._connections]
        assert LIMITS.requests <= owed < number / 2
        world.let_go.set()
        data = b""
        while data.count(b"later") < number:
            data += connection.recv(1 << 20)
        sending.join()
        assert len(bodies(data)) == number


def test_who_leaves_within_a_request_is_told_of(world):
    known = len(world.observed.cuts)
    with connect(world) as connection:
        connection.sendall(post(b"abc")[:-2])
    for _ in range(100):
        if len(world.observed.cuts) > known:
            break
        threading.Event().wait(0.02)
    assert world.observed.cuts[known:] == ["/echo"]


def test_a_slow_request_is_refused_and_a_resting_connection_ended(world):
    with connect(world) as slow, connect(world) as resting:
        slow.sendall(post(b"abc")[:-2])
        data, state = heard(slow, 6)
        assert bodies(data)[0][0] == 408
        assert state == ENDED
        assert heard(resting, 6) == (b"", ENDED)


def test_a_caller_that_does_not_listen_is_left():
    with running() as world, connect(world) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.sendall(get(b"/large"))
        for _ in range(500):
            if not world.site.connections:
                break
            threading.Event().wait(0.02)
        assert not world.site.connections


def test_there_is_an_end_to_the_number_of_connections():
    with running() as world:
        connections = [connect(world) for _ in range(LIMITS.connections + 5)]
        threading.Event().wait(0.3)
        assert world.site.connections <= LIMITS.connections
        for connection in connections:
            connection.close()


def test_the_end_closes_what_rests_and_lets_finish_what_does_not():
    with running() as world:
        world.patience = 0.5
        with connect(world) as busy, connect(world) as resting:
            busy.sendall(get(b"/later"))
            threading.Event().wait(0.1)
            world.stop()
            threading.Event().wait(0.2)
            resting.sendall(get(b"/hello"))
            data, state = heard(resting)
            assert b"connection: close" in data
            assert state == ENDED
            world.let_go.set()
            data, state = heard(busy, 5)
            assert bodies(data) == [(200, b"later")]
            assert state == ENDED
