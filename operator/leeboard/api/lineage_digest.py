"""One digest over a version's whole lineage, the same wherever its files lie and in whichever cluster it is kept."""

import hashlib
import json
from typing import Any

from leeboard.api.model_version import ModelVersionSpec

_PLACES = (("artifact", "uri"), ("profile", "uri"), ("goldenSamples", "uri"), ("accelerated", "uri"))
"""Where files lie. Each is told by its digest too, so that a copy elsewhere has the same lineage."""


def lineage_digest(spec: ModelVersionSpec) -> str:
    """`sha256:…` of the canonical JSON of a spec without the places of its files.

    Fields that have their default are left out, so that what a later version of the API adds changes no digest.
    """
    document: dict[str, Any] = spec.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    for part, field in _PLACES:
        if part in document:
            document[part] = {name: value for name, value in document[part].items() if name != field}
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()
