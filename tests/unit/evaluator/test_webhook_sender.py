"""What is sent to a real web server, and what becomes of answers that are none."""

import asyncio
import base64

import pytest

from e2e.cluster.certificates import authority
from leeboard.api.reasons import Reason
from leeboard.evaluator.failures import EvaluationError
from leeboard.evaluator.webhooks import sender
from leeboard.evaluator.webhooks.addresses import AllowedAddresses
from leeboard.evaluator.webhooks.receiver import Receiver
from leeboard.evaluator.webhooks.sender import NotTaken, send
from tests.support.webhook_receiver import webhook_receiver


def secret(**values):
    data = {key.replace("_", "."): base64.b64encode(value.encode()).decode() for key, value in values.items()}
    return {"metadata": {"name": "pager"}, "data": data}


def receiver_of(address, **values):
    origin = "/".join(address.split("/")[:3])
    return Receiver.of(secret(url=address, **values), "ml", AllowedAddresses((origin,)))


@pytest.fixture
def web():
    with webhook_receiver() as web:
        yield web


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    return tmp_path_factory.mktemp("certificates")


async def test_one_post_with_what_was_said(web):
    receiver = receiver_of(f"{web.address}/in/T%2DX?key=1\n", token="t0ken\n")
    assert await send(receiver, "", b'{"a":1}', {"webhook-id": "e1.firing"}) == 204
    (post,) = web.posts
    assert (post.path, post.body) == ("/in/T%2DX?key=1", b'{"a":1}')
    said = {"content-type": "application/json", "authorization": "Bearer t0ken", "webhook-id": "e1.firing"}
    assert said.items() <= post.headers.items()
    assert "cookie" not in post.headers


@pytest.mark.parametrize("base", ["", "/", "/am", "/am/"])
async def test_a_path_below_the_address(web, base):
    await send(receiver_of(web.address + base), sender.ALERTS_PATH, b"[]", {})
    assert web.posts[0].path == f"{base.rstrip('/')}/api/v2/alerts"
    assert "authorization" not in web.posts[0].headers


@pytest.mark.parametrize("status", [100 + 99, 301, 302, 307, 308, 400, 401, 404, 410, 429, 500, 503])
async def test_a_status_that_is_none_of_success(web, status):
    web.status = status
    web.headers = {"Location": f"{web.address}/elsewhere", "Retry-After": "0"}
    with pytest.raises(NotTaken) as caught:
        await asyncio.wait_for(send(receiver_of(web.address), "", b"{}", {}), 30)
    if status >= 200:
        assert caught.value.http_status == status
        assert str(status) in caught.value.message
    assert [post.path for post in web.posts] == ["/"], "no redirect is followed and nothing is sent twice"


async def test_of_an_endless_answer_only_the_status_is_read(web):
    web.status, web.endless = 200, True
    assert await send(receiver_of(web.address), "", b"{}", {}) == 200


async def test_no_compressed_answer_is_unpacked(web):
    web.status, web.endless, web.headers = 200, True, {"Content-Encoding": "gzip"}
    assert await send(receiver_of(web.address), "", b"{}", {}) == 200


async def test_an_answer_that_does_not_come_in_time(web, monkeypatch):
    monkeypatch.setattr(sender, "TIMEOUT", 0.3)
    web.may_answer.clear()
    with pytest.raises(NotTaken, match="no answer in time") as caught:
        await send(receiver_of(web.address), "", b"{}", {})
    assert caught.value.http_status == 0


async def test_headers_without_an_end(web):
    web.headers = {"X-Long": "x" * 100_000}
    with pytest.raises(NotTaken):
        await send(receiver_of(web.address), "", b"{}", {})


async def test_nobody_listens():
    with pytest.raises(NotTaken, match="connection refused"):
        await send(receiver_of("http://127.0.0.1:9"), "", b"{}", {})


async def test_a_name_that_nobody_has():
    with pytest.raises(NotTaken) as caught:
        await send(receiver_of("http://nobody.invalid/T0KEN"), "", b"{}", {})
    assert "resolved" in caught.value.message
    assert "nobody" not in caught.value.message


async def test_no_proxy_of_the_environment_is_asked(web, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "")
    assert await send(receiver_of(web.address), "", b"{}", {}) == 204


async def test_a_server_by_its_own_authority(certificates, tmp_path):
    with webhook_receiver(certificates) as web:
        trusted = (certificates / "ca.crt").read_text()
        assert await send(receiver_of(web.address, ca_crt=trusted), "", b"{}", {}) == 204
        other = authority(tmp_path).certificate.read_text()
        for values in ({}, {"ca_crt": other}):
            with pytest.raises(NotTaken, match="certificate is not trusted"):
                await send(receiver_of(web.address, **values), "", b"{}", {})
        by_name = web.address.replace("127.0.0.1", "localhost")
        with pytest.raises(NotTaken, match="Hostname mismatch") as caught:
            await send(receiver_of(by_name, ca_crt=trusted), "", b"{}", {})
        assert "localhost" not in caught.value.message
        with pytest.raises(EvaluationError, match=r"ca\.crt") as malformed:
            await send(receiver_of(web.address, ca_crt="rubbish"), "", b"{}", {})
        assert malformed.value.reason == Reason.BAD_CONFIGURATION
        assert len(web.posts) == 1


@pytest.mark.parametrize(
    ("values", "reason", "said"),
    [
        ({}, Reason.CONFIG_MISSING, "has no key url"),
        ({"url": " \n"}, Reason.CONFIG_MISSING, "has no key url"),
        ({"url": "gopher://x"}, Reason.BAD_CONFIGURATION, "url of the Secret pager"),
        ({"url": "https://pager.example@evil.org"}, Reason.BAD_CONFIGURATION, "url of the Secret pager"),
        ({"url": "https://pager.example.evil.org"}, Reason.WEBHOOK_FORBIDDEN, "outside what this evaluator may send"),
        ({"url": "https://pager.example", "signingKey": "whsec_!"}, Reason.BAD_CONFIGURATION, "signingKey"),
        ({"url": "https://pager.example", "token": "a\r\nHost: b"}, Reason.BAD_CONFIGURATION, "token"),
        ({"url": "https://pager.example", "token": "ü"}, Reason.BAD_CONFIGURATION, "token"),
        ({"url": "x" * 300_000}, Reason.BAD_CONFIGURATION, "longer than"),
    ],
)
def test_a_secret_that_cannot_be_used(values, reason, said):
    with pytest.raises(EvaluationError, match=said) as caught:
        Receiver.of(secret(**values), "ml", AllowedAddresses(("https://pager.example",)))
    assert caught.value.reason == reason
    for value in values.values():
        assert value.strip() == "" or value not in caught.value.message


def test_a_value_that_is_no_text():
    raw = {"metadata": {"name": "pager"}, "data": {"url": "no base64", "other": "no base64"}}
    with pytest.raises(EvaluationError, match="url of the Secret pager is no text"):
        Receiver.of(raw, "ml", AllowedAddresses())
    assert "T0KEN" not in repr(receiver_of("https://pager.example/T0KEN", token="T0KEN", signingKey="T0KEN"))
