"""The operator's configuration, from its environment."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from leeboard.api.durations import parse_duration
from leeboard.engine.lease import Timing
from leeboard.observability import logs
from leeboard.planning.settings import Settings


class ConfigurationError(ValueError):
    """An environment variable is missing or malformed; the text names it."""


@dataclass(frozen=True)
class Configuration:
    """`namespaces` empty means all of them; `relist_interval` is how often deletions are looked for by a list.

    `object_limit`: of how many objects of a kind there are metrics of their own. The Lease `lease_name` lies in
    `settings.namespace`; `pod_name` tells its contenders apart.
    """

    settings: Settings
    namespaces: tuple[str, ...]
    workers: int
    relist_interval: timedelta
    probe_port: int
    object_limit: int
    log_format: str
    log_level: str
    pod_name: str
    lease_name: str
    lease_timing: Timing

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Configuration:
        """Read the variables `LEEBOARD_…`. Raises ConfigurationError."""
        settings = Settings(
            runtime_image=_required(environment, "LEEBOARD_RUNTIME_IMAGE"),
            server_image=_required(environment, "LEEBOARD_SERVER_IMAGE"),
            flush_interval=_duration(environment, "LEEBOARD_FLUSH_INTERVAL", "60s"),
            namespace=environment.get("LEEBOARD_NAMESPACE", "leeboard-system"),
            image_pull_secrets=_names(environment, "LEEBOARD_IMAGE_PULL_SECRETS"),
            gateway=_one_of(environment, "LEEBOARD_GATEWAY", ("false", "true")) == "true",
        )
        return cls(
            settings=settings,
            namespaces=_names(environment, "LEEBOARD_NAMESPACES"),
            workers=_number(environment, "LEEBOARD_WORKERS", 4, 1, 64),
            relist_interval=_duration(environment, "LEEBOARD_RELIST_INTERVAL", "10m"),
            probe_port=_number(environment, "LEEBOARD_PROBE_PORT", 8080, 1, 65535),
            object_limit=_number(environment, "LEEBOARD_METRICS_OBJECT_LIMIT", 1000, 0, 100_000),
            log_format=_one_of(environment, "LEEBOARD_LOG_FORMAT", logs.FORMATS),
            log_level=_one_of(environment, "LEEBOARD_LOG_LEVEL", logs.LEVELS),
            pod_name=environment.get("LEEBOARD_POD_NAME", "").strip() or socket.gethostname(),
            lease_name=environment.get("LEEBOARD_LEASE_NAME", "").strip() or "leeboard-operator",
            lease_timing=_timing(environment),
        )


def _required(environment: Mapping[str, str], name: str) -> str:
    value = environment.get(name, "").strip()
    if not value:
        raise ConfigurationError(f"{name} has to be set")
    return value


def _names(environment: Mapping[str, str], name: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in environment.get(name, "").split(",") if part.strip())


def _duration(environment: Mapping[str, str], name: str, default: str) -> timedelta:
    text = environment.get(name, default)
    try:
        duration = parse_duration(text)
    except ValueError as error:
        raise ConfigurationError(f"{name}: {error}") from error
    if duration <= timedelta(0):
        raise ConfigurationError(f"{name} has to be longer than nothing: {text!r}")
    return duration


def _timing(environment: Mapping[str, str]) -> Timing:
    usual = {
        "LEEBOARD_LEASE_DURATION": "15s",
        "LEEBOARD_LEASE_RENEW_DEADLINE": "10s",
        "LEEBOARD_LEASE_RETRY_PERIOD": "2s",
    }
    seconds = [_duration(environment, name, default).total_seconds() for name, default in usual.items()]
    try:
        return Timing(*seconds)
    except ValueError as error:
        raise ConfigurationError(f"{', '.join(usual)}: {error}") from error


def _number(environment: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    text = environment.get(name, str(default))
    if not text.isdecimal() or not least <= int(text) <= most:
        raise ConfigurationError(f"{name} has to be a whole number from {least} to {most}: {text!r}")
    return int(text)


def _one_of(environment: Mapping[str, str], name: str, allowed: tuple[str, ...]) -> str:
    text = environment.get(name, allowed[0])
    if text not in allowed:
        raise ConfigurationError(f"{name} has to be one of {', '.join(allowed)}: {text!r}")
    return text
