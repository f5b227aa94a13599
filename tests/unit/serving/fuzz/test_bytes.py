"""Good requests with anything done to them: refused or answered, never blamed on the server, which goes on."""

import json

import httpx
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conformance.binary import LENGTH, body
from tests.conformance.subject import answered, describe
from tests.conformance.wire import Wire, head
from tests.unit.serving.server.calling import NAME, serving
from tests.unit.serving.server.running import lay_out, trained

PAGE = f"/v2/models/{NAME}/infer"
SETTINGS = settings(
    max_examples=300, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)


@pytest.fixture(scope="module")
def subject(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pod")
    lay_out(folder / "volume", trained())
    with serving(folder) as (server, _, _):
        yield describe(server.url)


def changed(data: bytes):
    """A few bytes of it replaced, put in or taken out."""
    place = st.integers(0, len(data))
    change = st.tuples(place, st.integers(0, 8), st.binary(max_size=8))

    def apply(changes):
        found = data
        for start, length, put in changes:
            found = found[:start] + put + found[start + length :]
        return found

    return st.lists(change, min_size=1, max_size=4).map(apply)


def fine(response: httpx.Response) -> None:
    """Answered, or refused with a text."""
    assert response.status_code == 200 or 400 <= response.status_code < 500, response.text
    if response.status_code != 200:
        assert response.json()["error"]


@SETTINGS
@given(st.data())
def test_bytes_of_json(subject, data):
    fine(subject.post(data.draw(changed(json.dumps(subject.request(2)).encode()))))


@SETTINGS
@given(st.data())
def test_bytes_of_tensors_and_their_lengths(subject, data):
    made = body(subject)
    text = json.dumps(made.request).encode()
    length = data.draw(
        st.sampled_from([str(len(text))]) | st.integers(-2, 2 * len(text)).map(str) | st.text("0x-9", max_size=4)
    )
    sent = data.draw(changed(text + made.rest))
    fine(subject.client.post(PAGE, content=sent, headers={LENGTH: length}))


@SETTINGS
@given(st.data())
def test_bytes_of_tensors_alone(subject, data):
    """Lengths stay right, so that whatever the values are, they reach the model or are named."""
    made = body(subject)
    rest = bytearray(made.rest)
    for place in data.draw(st.lists(st.integers(0, len(rest) - 1), min_size=1, max_size=16)):
        rest[place] = data.draw(st.integers(0, 255))
    made.rest = bytes(rest)
    response = made.sent(subject)
    fine(response)
    if response.status_code == 200:
        assert np.isfinite(answered(response)["outputs"][0]["data"]).all()


@SETTINGS
@given(st.data())
def test_bytes_of_http(subject, data):
    text = json.dumps(subject.request()).encode()
    host = subject.url.partition("//")[2]
    whole = head("POST", PAGE, host, f"Content-Length: {len(text)}", "Content-Type: application/json") + text
    sent = data.draw(changed(whole))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(sent)), max_size=4)))
    with Wire(subject.url) as wire:
        wire.send(*(sent[start:end] for start, end in zip([0, *cuts], [*cuts, len(sent)], strict=True)))
        wire.finish()
        for one in wire.hear(2):
            assert one.status == 200 or 400 <= one.status < 500, one.body
    subject.alive()
