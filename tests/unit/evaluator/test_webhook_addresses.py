"""Which addresses a webhook may have, and where an administrator lets notifications go."""

import pytest

from leeboard.evaluator.configuration import Configuration
from leeboard.evaluator.failures import EvaluationError
from leeboard.evaluator.webhooks.addresses import AllowedAddresses, UnfitAddress, address_of

ALLOWED = AllowedAddresses.of(
    (
        "https://pager.example",
        "https://hooks.example/services/{namespace}/",
        "https://{namespace}.hooks.example/in",
        "http://alertmanager.monitoring.svc:9093",
        "https://[::1]:8443/x",
    )
)


@pytest.mark.parametrize(
    "address",
    [
        "https://pager.example",
        "https://pager.example/",
        "https://PAGER.example:443/v1?key=a@b",
        "https://pager.example?key=1",
        "https://hooks.example/services/ml/T00/B00",
        "https://ml.hooks.example/in",
        "https://ml.hooks.example/in/x",
        "http://alertmanager.monitoring.svc:9093",
        "https://[::1]:8443/x",
    ],
)
def test_allowed(address):
    assert ALLOWED.allow(address_of(address), "ml")


@pytest.mark.parametrize(
    "address",
    [
        "http://pager.example/",
        "https://pager.example:8443/",
        "https://pager.example.evil.org/",
        "https://evil.org/https://pager.example/",
        "https://evil.org?https://pager.example/",
        "https://xpager.example/",
        "https://hooks.example/services/other/T00",
        "https://hooks.example/services/mlx/T00",
        "https://hooks.example/",
        "https://hooks.example/services/%6dl/T00",
        "https://other.hooks.example/in",
        "https://ml.hooks.example/inside",
        "http://alertmanager.monitoring.svc/",
    ],
)
def test_an_address_of_somebody_elses(address):
    assert not ALLOWED.allow(address_of(address), "ml")


@pytest.mark.parametrize(
    "address",
    [
        "",
        "pager.example",
        "ftp://pager.example/",
        "https:pager.example",
        "https:///pager.example",
        "https://pager.example@evil.org/",
        "https://pager.example:443@evil.org/",
        "https://pager.example\\@evil.org/",
        "https://pager.example/\\..\\x",
        "https://pager.example /",
        "https://pager.example/\t",
        "https://pager.example/\r\nHost: x",
        "https://pager.example#@evil.org/",
        "https://pager.example/#x",
        "https://pager.example./",
        "https://pager.example:0/",
        "https://pager.example:65536/",
        "https://pager.example:/",
        "https://pager.example%2eevil.org/",
        "https://pägër.example/",
        "https://pager。example/",
        "https://hooks.example/services/ml/../other/T00",
        "https://hooks.example/services/ml/%2e%2e/other/T00",
        "https://hooks.example/services/ml/%252e%252e/other/T00",
        "https://hooks.example/services/ml%2f..%2fother/T00",
        "https://hooks.example/services/ml%5c..%5cother/T00",
        "https://[::1/",
        "https://pager.example/" + "x" * 3000,
    ],
)
def test_no_address_at_all(address):
    with pytest.raises(UnfitAddress) as caught:
        address_of(address)
    assert "pager" not in str(caught.value)


def test_what_is_sent_to_is_what_was_compared():
    text = "https://pager.example/a%20b/;c//d?e=%2F&f=@"
    assert str(address_of(text)) == text


def test_without_a_list_nothing_is_allowed():
    assert not AllowedAddresses().allow(address_of("https://pager.example"), "ml")
    assert Configuration.of({}).allowed_webhooks == AllowedAddresses()
    configuration = Configuration.of({"LEEBOARD_ALLOWED_WEBHOOKS": "https://a.example, https://b.example/{namespace}"})
    assert configuration.allowed_webhooks.allow(address_of("https://b.example/ml"), "ml")


@pytest.mark.parametrize("prefix", ["https://", "pager.example", "https://u@pager.example", "https://pager.example?x"])
def test_a_prefix_that_is_none_is_told_at_the_start(prefix):
    with pytest.raises(EvaluationError, match="LEEBOARD_ALLOWED_WEBHOOKS"):
        Configuration.of({"LEEBOARD_ALLOWED_WEBHOOKS": prefix})
