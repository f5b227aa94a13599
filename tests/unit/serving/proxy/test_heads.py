"""Heads on their way: what belongs to a connection stays, the rest goes on as it came."""

import pytest

from leeboard_serving.proxy.heads import Asked, answered, ending, forwarded, framing


def asked(*headers, method="POST", target=b"/v2/models/m/infer?x=1", version="1.1"):
    found = tuple((name.encode(), value.encode()) for name, value in headers)
    return Asked(method, target, "/v2/models/m/infer", found, version, False)


@pytest.mark.parametrize(
    ("headers", "kept"),
    [
        ([("Host", "a"), ("X-Own", "1")], ["Host: a", "X-Own: 1"]),
        ([("Host", "a"), ("Connection", "keep-alive"), ("Keep-Alive", "timeout=5")], ["Host: a"]),
        ([("Host", "a"), ("Connection", "close, X-Hop"), ("X-Hop", "1"), ("X-Kept", "2")], ["Host: a", "X-Kept: 2"]),
        ([("Host", "a"), ("Connection", "host")], ["Host: a"]),
        ([("Host", "a"), ("TE", "trailers"), ("Upgrade", "h2c"), ("HTTP2-Settings", "x")], ["Host: a"]),
        ([("Host", "a"), ("Expect", "100-continue"), ("Content-Length", "3")], ["Host: a", "Content-Length: 3"]),
        ([("Host", "a"), ("Proxy-Authorization", "x"), ("Authorization", "y")], ["Host: a", "Authorization: y"]),
        ([("Host", "a"), ("Transfer-Encoding", "chunked")], ["Host: a", "transfer-encoding: chunked"]),
        ([], ["host: server:1"]),
    ],
)
def test_what_a_server_gets(headers, kept):
    lines = forwarded(asked(*headers), b"server:1").decode().split("\r\n")
    assert lines == ["POST /v2/models/m/infer?x=1 HTTP/1.1", *kept, "", ""]


@pytest.mark.parametrize(
    ("target", "path"), [(b"http://x:1/v2/a?b=1", "/v2/a?b=1"), (b"http://x", "/"), (b"/a%20b", "/a%20b")]
)
def test_a_target_in_the_form_for_proxies(target, path):
    assert forwarded(asked(target=target), b"s:1").decode().split(" ")[1] == path


@pytest.mark.parametrize(
    ("request_", "status", "headers", "chunked", "ends"),
    [
        (asked(), 200, [(b"Content-Length", b"3")], False, False),
        (asked(), 200, [(b"Transfer-Encoding", b"chunked")], True, False),
        (asked(), 200, [], True, False),
        (asked(version="1.0"), 200, [(b"Transfer-Encoding", b"chunked")], False, True),
        (asked(version="1.0"), 200, [(b"Content-Length", b"3")], False, False),
        (asked(method="HEAD"), 200, [(b"Transfer-Encoding", b"chunked")], False, False),
        (asked(), 204, [], False, False),
        (asked(), 304, [], False, False),
    ],
)
def test_how_an_answer_is_framed_for_its_caller(request_, status, headers, chunked, ends):
    found = framing(request_, status, headers)
    assert (found.chunked, found.ends_connection) == (chunked, ends)


def test_what_a_caller_gets():
    headers = (
        (b"Content-Length", b"3"),
        (b"X-Leeboard-Version", b"other"),
        (b"Connection", b"close"),
        (b"Server", b"s"),
    )
    plain = framing(asked(), 200, headers)
    head = answered(b"HTTP/1.1 200 Fine", headers, plain, b"v1", last=False)
    assert head == b"HTTP/1.1 200 Fine\r\nContent-Length: 3\r\nServer: s\r\nx-leeboard-version: v1\r\n\r\n"
    assert ending(head) == answered(b"HTTP/1.1 200 Fine", headers, plain, b"v1", last=True)


def test_a_length_beside_chunks_does_not_go_on():
    headers = ((b"Content-Length", b"3"), (b"Transfer-Encoding", b"chunked"))
    head = answered(b"HTTP/1.1 200 OK", headers, framing(asked(), 200, headers), b"v1", last=False)
    assert head == b"HTTP/1.1 200 OK\r\nx-leeboard-version: v1\r\ntransfer-encoding: chunked\r\n\r\n"
