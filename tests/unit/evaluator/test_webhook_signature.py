"""Signatures, verified by what receivers have: openssl, and the example of the specification."""

import base64
import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from leeboard.evaluator.webhooks.signature import headers, key_of

PAGE = Path(__file__).resolve().parents[3] / "docs" / "how-to" / "watch-for-drift.md"
NOW = datetime(2026, 1, 1, 12, 0, 0, 900000, tzinfo=UTC)


def test_the_example_that_libraries_of_the_specification_are_tested_by():
    key = key_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    moment = datetime.fromtimestamp(1614265330, UTC)
    signed = headers("msg_p5jXN8AQM9LWM0D4loKWxJek", moment, b'{"test": 2432232314}', key)
    assert signed["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize("key", ["not a secret", "whsec_" + base64.b64encode(b"\x00\xff binary").decode()])
def test_openssl_agrees(key):
    body = '{"a": "ü"}'.encode()
    signed = headers("e1.firing", NOW, body, key_of(key))
    assert (signed["webhook-id"], signed["webhook-timestamp"]) == ("e1.firing", "1767268800")
    secret = base64.b64decode(key.removeprefix("whsec_")) if key.startswith("whsec_") else key.encode()
    done = subprocess.run(
        ["openssl", "dgst", "-sha256", "-mac", "HMAC", "-macopt", f"hexkey:{secret.hex()}", "-binary"],
        input=b"e1.firing.1767268800." + body,
        capture_output=True,
        check=True,
    )
    assert signed["webhook-signature"] == "v1," + base64.b64encode(done.stdout).decode()


def test_the_lines_of_the_page_verify_a_signature():
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    (code,) = (one for one in blocks if "hmac" in one)
    page = {}
    exec(code, page)  # noqa: S102 - what readers of the page run
    body, key = '{"a": "ü"}'.encode(), "whsec_c2hhcmVk"
    signed = headers("e1.firing", datetime.now(UTC), body, key_of(key))
    assert page["is_ours"](signed, body, base64.b64decode(key.removeprefix("whsec_")))
    assert not page["is_ours"](signed, body + b" ", b"shared")
    assert not page["is_ours"](signed | {"webhook-id": "e2.firing"}, body, b"shared")
    assert not page["is_ours"](headers("e1.firing", NOW, body, b"shared"), body, b"shared")


def test_without_a_key_nothing_is_signed():
    assert headers("e1.firing", NOW, b"{}", key_of("")) == {
        "webhook-id": "e1.firing",
        "webhook-timestamp": "1767268800",
    }


@pytest.mark.parametrize("key", ["whsec_", "whsec_no base64", "whsec_a"])
def test_a_key_that_is_none(key):
    with pytest.raises(ValueError, match="whsec_"):
        key_of(key)
