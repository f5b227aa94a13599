"""The environment is read whole, and a mistake in it is named."""

from __future__ import annotations

from datetime import timedelta

import pytest

from leeboard.edge.configuration import Configuration, ConfigurationError
from leeboard.engine.lease import Timing

IMAGES = {"LEEBOARD_RUNTIME_IMAGE": "r:1", "LEEBOARD_SERVER_IMAGE": "s:1"}


def test_defaults() -> None:
    configuration = Configuration.of(IMAGES)
    assert configuration.namespaces == ()
    assert configuration.settings.flush_interval == timedelta(seconds=60)
    assert configuration.relist_interval == timedelta(minutes=10)
    assert configuration.log_format == "json"
    assert configuration.lease_name == "leeboard-operator"
    assert configuration.lease_timing == Timing(15, 10, 2)
    assert configuration.pod_name


def test_everything_set() -> None:
    given = {
        "LEEBOARD_FLUSH_INTERVAL": "1s",
        "LEEBOARD_NAMESPACES": "a, b,",
        "LEEBOARD_NAMESPACE": "system",
        "LEEBOARD_IMAGE_PULL_SECRETS": "pull",
        "LEEBOARD_WORKERS": "8",
        "LEEBOARD_RELIST_INTERVAL": "30s",
        "LEEBOARD_PROBE_PORT": "9000",
        "LEEBOARD_METRICS_OBJECT_LIMIT": "0",
        "LEEBOARD_LOG_FORMAT": "text",
        "LEEBOARD_LOG_LEVEL": "DEBUG",
        "LEEBOARD_POD_NAME": "operator-0",
        "LEEBOARD_LEASE_NAME": "mine",
        "LEEBOARD_LEASE_DURATION": "1m",
        "LEEBOARD_LEASE_RENEW_DEADLINE": "40s",
        "LEEBOARD_LEASE_RETRY_PERIOD": "5s",
    }
    configuration = Configuration.of(IMAGES | given)
    assert configuration.namespaces == ("a", "b")
    assert configuration.settings.flush_interval == timedelta(seconds=1)
    assert configuration.settings.namespace == "system"
    assert configuration.settings.image_pull_secrets == ("pull",)
    assert (configuration.workers, configuration.probe_port, configuration.object_limit) == (8, 9000, 0)
    assert configuration.relist_interval == timedelta(seconds=30)
    assert (configuration.log_format, configuration.log_level) == ("text", "DEBUG")
    assert (configuration.pod_name, configuration.lease_name) == ("operator-0", "mine")
    assert configuration.lease_timing == Timing(60, 40, 5)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LEEBOARD_RUNTIME_IMAGE", " "),
        ("LEEBOARD_SERVER_IMAGE", ""),
        ("LEEBOARD_FLUSH_INTERVAL", "soon"),
        ("LEEBOARD_FLUSH_INTERVAL", "0s"),
        ("LEEBOARD_RELIST_INTERVAL", "-1m"),
        ("LEEBOARD_WORKERS", "0"),
        ("LEEBOARD_WORKERS", "many"),
        ("LEEBOARD_PROBE_PORT", "65536"),
        ("LEEBOARD_METRICS_OBJECT_LIMIT", "all"),
        ("LEEBOARD_LOG_FORMAT", "xml"),
        ("LEEBOARD_LOG_LEVEL", "loud"),
        ("LEEBOARD_LEASE_DURATION", "soon"),
        ("LEEBOARD_LEASE_DURATION", "10s"),
        ("LEEBOARD_LEASE_RENEW_DEADLINE", "2s"),
    ],
)
def test_a_mistake_is_named(name: str, value: str) -> None:
    with pytest.raises(ConfigurationError, match=name):
        Configuration.of(IMAGES | {name: value})
