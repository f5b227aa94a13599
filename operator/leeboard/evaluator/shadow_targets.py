"""Tells the champion's exporters who gets copies: a file beside its observations that holds for a while only.

Exporters read it over and over. So nothing of their pods changes when a comparison begins or ends, and nobody gives
them rights at the Kubernetes API. What is not renewed is over: no copy is sent on the word of what is gone.
"""

import json
from datetime import datetime, timedelta

from leeboard.api.model import Model
from leeboard.api.shadow import Shadow
from leeboard.evaluator.figures import written

HOLDS = timedelta(minutes=10)
CONTRACT = 1


def targets_key(champion: str) -> str:
    """Where the file lies below `spec.storage.uri`."""
    return f"observations/{champion}/shadow.json"


def targets_file(model: Model, now: datetime) -> bytes | None:
    """The file; None where nobody is compared, and what was said before ends by itself."""
    champion, shadow = model.status.champion, model.spec.rollout.shadow or Shadow()
    copied = model.spec.rollout.strategy == "Shadow"
    compared = [one for one in model.status.challengers if copied and one.phase == "Comparing"]
    if champion is None or not model.status.challengers:
        return None
    document = {
        "contract": CONTRACT,
        "champion": champion.name,
        "until": written(now + HOLDS),
        "challengers": [
            {
                "version": one.name,
                "percent": one.requested_weight,
                "maxRequestsPerSecond": shadow.max_requests_per_second,
            }
            for one in compared
        ],
    }
    return json.dumps(document, separators=(",", ":")).encode()
