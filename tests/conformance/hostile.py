"""Checks of what no client of good will sends over HTTP: nothing of it is the server's fault, or breaks it."""

from __future__ import annotations

import json
import random
from collections.abc import Callable

from tests.conformance.check import Level, NotMet, NotOffered, check, enter, expect
from tests.conformance.subject import Subject
from tests.conformance.wire import Answer, Wire, chunks, head

PATIENCE = 3.0
"""Seconds for a server to answer what it cannot answer well; one that says nothing has not failed."""
JSON = "Content-Type: application/json"


def infer(subject: Subject, wire: Wire, *lines: str, version: str = "1.1") -> bytes:
    """The head of an inference request."""
    return head("POST", f"{subject.page}/infer", wire.host, JSON, *lines, version=version)


def good(subject: Subject, wire: Wire, identity: str = "", *lines: str) -> bytes:
    """A good request whole."""
    body = json.dumps(subject.request(id=identity)).encode()
    return infer(subject, wire, f"Content-Length: {len(body)}", *lines) + body


def only(answers: list[Answer], status: int = 200) -> Answer:
    """The one answer. Raises NotMet."""
    expect(len(answers) == 1, f"one answer expected, {len(answers)} came")
    expect(answers[0].status == status, f"status {status} expected, {answers[0].status} {answers[0].body[:80]!r} came")
    return answers[0]


# good requests in unusual forms


@check("HTTP: a body in chunks", Level.ROBUST, "RFC 9112, 7.1")
def _chunked(subject: Subject) -> None:
    body = json.dumps(subject.request(3)).encode()
    for size in (1, 7, 10_000):
        with subject.wire() as wire:
            wire.send(infer(subject, wire, "Transfer-Encoding: chunked"), chunks(body, size))
            only(wire.hear())


@check("HTTP: chunks with extensions", Level.ROBUST, "RFC 9112, 7.1.1")
def _chunk_extensions(subject: Subject) -> None:
    body = json.dumps(subject.request()).encode()
    with subject.wire() as wire:
        wire.send(infer(subject, wire, "Transfer-Encoding: chunked"), chunks(body, 50, ';name="value"'))
        only(wire.hear())


@check("HTTP: a caller that waits for 100", Level.ROBUST, "RFC 9110, 10.1.1")
def _continue(subject: Subject) -> None:
    body = json.dumps(subject.request()).encode()
    with subject.wire() as wire:
        wire.send(infer(subject, wire, f"Content-Length: {len(body)}", "Expect: 100-continue"))
        wire.hear(seconds=1.0)
        expect(any(one.status == 100 for one in wire.answers), "no 100 came before the body was sent")
        wire.send(body)
        only(wire.hear())


@check("HTTP: several requests at once", Level.ROBUST, "RFC 9112, 9.3.2")
def _pipelined(subject: Subject) -> None:
    with subject.wire() as wire:
        wire.send(b"".join(good(subject, wire, f"r-{number}") for number in range(20)))
        answers = wire.hear(20)
        expect(len(answers) == 20, f"20 answers expected, {len(answers)} came")
        identities = [one.json().get("id") for one in answers]
        expect(identities == [f"r-{number}" for number in range(20)], f"answers in another order: {identities}")


@check("HTTP: a good request before a bad one", Level.ROBUST, "RFC 9112, 9.3.2")
def _good_then_bad(subject: Subject) -> None:
    with subject.wire() as wire:
        wire.send(good(subject, wire, "good") + b"no HTTP\r\n\r\n")
        answers = wire.hear(2, PATIENCE)
        expect(answers and answers[0].status == 200, "the good request was not answered")
        statuses = [one.status for one in answers[1:]]
        expect(all(400 <= one < 500 for one in statuses), f"4xx or an end expected, {statuses} came")


@check("HTTP: one byte after the other", Level.ROBUST, "RFC 9112, 2.2")
def _bytewise(subject: Subject) -> None:
    with subject.wire() as wire:
        wire.send(*(bytes([one]) for one in good(subject, wire)))
        only(wire.hear())


@check("HTTP: a caller that has closed its half", Level.ROBUST, "RFC 9112, 9.6")
def _half_closed(subject: Subject) -> None:
    with subject.wire() as wire:
        wire.send(good(subject, wire))
        wire.finish()
        only(wire.hear())


@check("HTTP: version 1.0", Level.ROBUST, "RFC 9112, 2.3")
def _old(subject: Subject) -> None:
    body = json.dumps(subject.request()).encode()
    with subject.wire() as wire:
        wire.send(infer(subject, wire, f"Content-Length: {len(body)}", version="1.0") + body)
        only(wire.hear())


# what is no request, or no honest one


def _line(subject: Subject, wire: Wire, *lines: str) -> bytes:
    body = json.dumps(subject.request()).encode()
    return infer(subject, wire, *lines) + body


def _length(subject: Subject, wire: Wire, change: Callable[[int], str]) -> bytes:
    size = len(json.dumps(subject.request()).encode())
    return _line(subject, wire, f"Content-Length: {change(size)}")


Sent = Callable[[Subject, Wire], bytes]
NO_REQUESTS: dict[str, tuple[str, Sent]] = {
    "a length that promises more": ("RFC 9112, 6.3", lambda s, w: _length(s, w, lambda size: str(size + 100))),
    "a length that promises less": ("RFC 9112, 6.3", lambda s, w: _length(s, w, lambda size: str(size - 10))),
    "a negative length": ("RFC 9112, 6.3", lambda s, w: _length(s, w, lambda size: f"-{size}")),
    "a length that is no number": ("RFC 9112, 6.3", lambda s, w: _length(s, w, lambda size: "many")),
    "a length of 2^64 more": ("RFC 9112, 6.3", lambda s, w: _length(s, w, lambda size: str(2**64 + size))),
    "a length with a sign": ("RFC 9110, 8.6", lambda s, w: _length(s, w, lambda size: f"+{size}")),
    "two lengths": ("RFC 9112, 6.3", lambda s, w: _line(s, w, "Content-Length: 10", "Content-Length: 2000")),
    "no chunks where chunks should be": ("RFC 9112, 7.1", lambda s, w: _line(s, w, "Transfer-Encoding: chunked")),
    "a chunk of 2^64 bytes": (
        "RFC 9112, 7.1", lambda s, w: infer(s, w, "Transfer-Encoding: chunked") + b"f" * 17 + b"\r\n{}\r\n0\r\n\r\n",
    ),
    "chunks that end too early": (
        "RFC 9112, 8", lambda s, w: infer(s, w, "Transfer-Encoding: chunked") + b'5\r\n{"inp\r\n',
    ),
    "an unknown coding": ("RFC 9112, 6.1", lambda s, w: _line(s, w, "Transfer-Encoding: miracle")),
    "a zero byte in a header": ("RFC 9110, 5.5", lambda s, w: _line(s, w, "X-Name: a\0b", "Content-Length: 10")),
    "a space before the colon": ("RFC 9112, 5.1", lambda s, w: _line(s, w, "X-Name : a", "Content-Length: 10")),
    "a header of a megabyte": ("RFC 6585, 5", lambda s, w: _line(s, w, f"X-Name: {'a' * (1 << 20)}")),
    "20,000 headers": ("RFC 6585, 5", lambda s, w: _line(s, w, *(f"X-{n}: a" for n in range(20_000)))),
    "a path of a megabyte": ("RFC 9110, 15.5.15", lambda s, w: head("GET", f"/{'a' * (1 << 20)}", w.host)),
    "a path that climbs": ("RFC 3986, 5.2.4", lambda s, w: head("GET", "/v2/models/../../../etc/passwd", w.host)),
    "a path that climbs by percent signs": (
        "RFC 3986, 5.2.4", lambda s, w: head("GET", "/v2/models/%2e%2e%2f%2e%2e%2fetc%2fpasswd", w.host),
    ),
    "a path that is no UTF-8": ("RFC 3986, 2.5", lambda s, w: head("GET", "/v2/models/%ff%fe", w.host)),
    "a path with half of a percent sign": ("RFC 3986, 2.1", lambda s, w: head("GET", "/v2/models/%z%", w.host)),
    "no host": ("RFC 9112, 3.2", lambda s, w: f"GET /v2/no-page HTTP/1.1\r\n{JSON}\r\n\r\n".encode()),
    "TLS": ("RFC 9112, 9", lambda s, w: b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200)),
    "HTTP/2": ("RFC 9113, 3.4", lambda s, w: b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(9)),
    "a version that there is not": ("RFC 9110, 15.6.6", lambda s, w: head("GET", "/v2", w.host, version="9.9")),
    "4,096 bytes by chance": ("RFC 9112, 2.2", lambda s, w: random.Random(7).randbytes(4096)),  # noqa: S311
    "a megabyte without a line's end": ("RFC 9112, 3", lambda s, w: b"a" * (1 << 20)),
}  # fmt: skip
UNIMPLEMENTED = (501, 505)
"""What RFC 9112 asks a server to say of a transfer coding or a version that it does not know."""


def no_request(sent: Sent) -> Callable[[Subject], None]:
    """Refused with 4xx, or the connection ends; the rest of what was sent is no second good request."""

    def run(subject: Subject) -> None:
        with subject.wire() as wire:
            wire.send(sent(subject, wire))
            wire.finish()
            for one in wire.hear(2, PATIENCE):
                fine = 400 <= one.status < 500 or one.status in UNIMPLEMENTED
                expect(fine, f"4xx or an end expected, {one.status} {one.body[:80]!r} came")

    return run


for _name, (_source, _sent) in NO_REQUESTS.items():
    enter(f"HTTP, refused: {_name}", Level.ROBUST, _source, no_request(_sent))


@check("HTTP: length and chunks together are no second request", Level.ROBUST, "RFC 9112, 6.1")
def _smuggled(subject: Subject) -> None:
    """The second request would be another caller's behind a proxy that goes by the length."""
    with subject.wire() as wire:
        hidden = head("GET", "/v2", wire.host)
        body = b"0\r\n\r\n" + hidden
        wire.send(infer(subject, wire, f"Content-Length: {len(body)}", "Transfer-Encoding: chunked") + body)
        answers = wire.hear(2, PATIENCE)
        expect(len(answers) < 2, "the body was read as a second request")
        expect(all(400 <= one.status < 500 for one in answers), f"4xx expected, {[one.status for one in answers]} came")


@check("HTTP: a body of 10 GB is refused before it is sent", Level.ROBUST, "RFC 9110, 15.5.14")
def _huge(subject: Subject) -> None:
    with subject.wire() as wire:
        wire.send(infer(subject, wire, "Content-Length: 10000000000"))
        answers = wire.hear(1, PATIENCE)
        if not answers and not wire.ended:
            raise NotMet("the server waits for 10 GB")
        expect(all(one.status in (400, 413) for one in answers), f"413 expected, {[a.status for a in answers]} came")


@check("HTTP: callers that stop within their requests hold up nobody", Level.ROBUST, "RFC 9110, 15.5.9")
def _stalled(subject: Subject) -> None:
    wires = [subject.wire() for _ in range(100)]
    try:
        for number, wire in enumerate(wires):
            wire.send(good(subject, wire)[: 10 + 3 * number])
        subject.alive()
    finally:
        for wire in wires:
            wire.reset()


@check("HTTP: callers that leave within their requests", Level.ROBUST, "RFC 9112, 8")
def _gone(subject: Subject) -> None:
    for number in range(100):
        wire = subject.wire()
        wire.send(good(subject, wire)[: 10 + 3 * number])
        wire.reset()
    subject.alive()


@check("HTTP: callers that leave before their answers", Level.ROBUST, "RFC 9112, 9.6")
def _unheard(subject: Subject) -> None:
    for _ in range(100):
        wire = subject.wire()
        wire.send(good(subject, wire))
        wire.reset()
    subject.alive()


@check("HTTP: a body too large for the server is refused", Level.ROBUST, "RFC 9110, 15.5.14")
def _oversized(subject: Subject) -> None:
    with subject.wire(20.0) as wire:
        size = 256 << 20
        wire.send(infer(subject, wire, f"Content-Length: {size}"), *(b" " * (1 << 20) for _ in range(size >> 20)))
        answers = wire.hear(1, 20.0)
        if answers and 400 <= answers[0].status < 500 and answers[0].status != 413:
            raise NotOffered("the server takes bodies of 256 MiB")
        expect(all(one.status == 413 for one in answers), f"413 expected, {[one.status for one in answers]} came")
