"""The evaluator's configuration, from its environment."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from leeboard.api.durations import parse_duration
from leeboard.api.reasons import Reason
from leeboard.evaluator.failures import EvaluationError
from leeboard.evaluator.webhooks.addresses import AllowedAddresses
from leeboard.observability import logs


@dataclass(frozen=True)
class Configuration:
    """`namespaces` empty means all of them; `allowed_prefixes` empty means any storage.

    `{namespace}` in a prefix stands for the namespace of the object whose storage is read, and so it does in
    `prometheus_url`, where KPIs are asked for; empty means that none can be.

    `allowed_webhooks` says where notifications may go; empty means nowhere.
    """

    interval: timedelta
    namespaces: tuple[str, ...]
    allowed_prefixes: tuple[str, ...]
    allowed_webhooks: AllowedAddresses
    port: int
    log_format: str
    log_level: str
    prometheus_url: str = ""
    prometheus_token_file: str = ""

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "Configuration":
        """Read the variables `LEEBOARD_…`. Raises EvaluationError (BadConfiguration) that names the variable."""
        port = environment.get("LEEBOARD_PROBE_PORT", "8080")
        if not port.isdecimal() or not 0 <= int(port) <= 65535:
            raise EvaluationError(Reason.BAD_CONFIGURATION, f"LEEBOARD_PROBE_PORT is no port: {port!r}")
        return cls(
            interval=_interval(environment.get("LEEBOARD_EVALUATOR_INTERVAL", "30s")),
            namespaces=_list(environment.get("LEEBOARD_NAMESPACES", "")),
            allowed_prefixes=_list(environment.get("LEEBOARD_ALLOWED_PREFIXES", "")),
            allowed_webhooks=AllowedAddresses.of(_list(environment.get("LEEBOARD_ALLOWED_WEBHOOKS", ""))),
            port=int(port),
            log_format=_one_of(environment, "LEEBOARD_LOG_FORMAT", logs.FORMATS),
            log_level=_one_of(environment, "LEEBOARD_LOG_LEVEL", logs.LEVELS),
            prometheus_url=_address(environment, "LEEBOARD_PROMETHEUS_URL"),
            prometheus_token_file=environment.get("LEEBOARD_PROMETHEUS_TOKEN_FILE", ""),
        )

    def allows(self, uri: str, namespace: str) -> bool:
        """Whether storage at this URI may be read for an object of that namespace."""
        prefixes = [prefix.replace("{namespace}", namespace) for prefix in self.allowed_prefixes]
        return ".." not in uri and (not prefixes or any(uri.startswith(prefix) for prefix in prefixes))


def _interval(text: str) -> timedelta:
    """A duration such as 30s, or whole seconds."""
    try:
        interval = parse_duration(f"{text}s" if text.isdecimal() else text)
    except ValueError as error:
        raise EvaluationError(Reason.BAD_CONFIGURATION, f"LEEBOARD_EVALUATOR_INTERVAL: {error}") from error
    if interval < timedelta(seconds=1):
        raise EvaluationError(Reason.BAD_CONFIGURATION, f"LEEBOARD_EVALUATOR_INTERVAL is under a second: {text!r}")
    return interval


def _address(environment: Mapping[str, str], name: str) -> str:
    text = environment.get(name, "")
    if text and not text.startswith(("http://", "https://")):
        raise EvaluationError(Reason.BAD_CONFIGURATION, f"{name} is no address of the web: {text!r}")
    return text


def _one_of(environment: Mapping[str, str], name: str, allowed: tuple[str, ...]) -> str:
    text = environment.get(name, allowed[0])
    if text not in allowed:
        raise EvaluationError(Reason.BAD_CONFIGURATION, f"{name} is none of {', '.join(allowed)}: {text!r}")
    return text


def _list(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())
