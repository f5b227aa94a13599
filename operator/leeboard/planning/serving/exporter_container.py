"""What the exporter mounts and is told beside the version, where its Model asks for more than windows and ledgers."""

from leeboard.api.serving import Serving
from leeboard.planning.plan import Raw
from leeboard.planning.restricted_pod import compact, mount, variable

TOKENS = "/leeboard/feedback"
_TOKENS_VOLUME, _TOKENS_KEY = "feedback-tokens", "token"


def exporter_volumes(serving: Serving) -> list[Raw]:
    """The tokens of /feedback. They are a file and no variable: a rotated Secret then works without a restart."""
    if serving.feedback is None:
        return []
    secret = {
        "secretName": serving.feedback.secret_ref.name,
        "items": [{"key": _TOKENS_KEY, "path": _TOKENS_KEY}],
    }
    return [{"name": _TOKENS_VOLUME, "secret": secret}]


def exporter_mounts(serving: Serving) -> list[Raw]:
    """Where the exporter finds them."""
    return [mount(_TOKENS_VOLUME, TOKENS, read_only=True)] if serving.feedback is not None else []


def exporter_environment(serving: Serving) -> list[Raw]:
    """How it knows of them, and which rows of requests it stores."""
    variables = []
    if serving.feedback is not None:
        variables.append(variable("LEEBOARD_FEEDBACK_TOKENS", f"{TOKENS}/{_TOKENS_KEY}"))
    if serving.logging is not None:
        log = {"sampleRate": serving.logging.sample_rate, "redact": list(serving.logging.redact)}
        variables.append(variable("LEEBOARD_REQUEST_LOG", compact(log)))
    return variables
