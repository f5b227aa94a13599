"""Where the artefact of a version may lie, as its URI says it.

`s3://<bucket>/<path>`, `https://<host>/<path>`, `http://<host>/<path>`, `pvc://<claim>/<path>` (a
PersistentVolumeClaim of the namespace) and `oci://<repository>@sha256:<digest>/<path>` (the files of an image).
"""

import re
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from leeboard.api.cel import rules
from leeboard.api.fields import Uri

_CLAIM = r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?"
_IMAGE = r"[a-z0-9][a-zA-Z0-9._:/-]{0,500}@sha256:[0-9a-f]{64}"
_PLACES = "|".join(
    (
        r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/.*",
        r"https?://[^@?# /]+/[^@?# ]*",
        rf"pvc://{_CLAIM}/.*",
        rf"oci://{_IMAGE}(/.*)?",
    )
)

ARTIFACT_PLACES = f"self.matches('^({_PLACES})$')"
"""CEL, about a URI: it is one of a scheme that artefacts may lie at."""
ARTIFACT_PATHS = "!self.matches('^(pvc|oci)://') || !self.matches('/[.][.]?(/|$)')"
"""CEL, about a URI: it does not lead out of what is mounted."""
TRAINED_IN_BUCKETS = "!has(self.source.trainingJob) || self.artifact.uri.startsWith('s3://')"
"""CEL, about the spec of a ModelVersion: what a run of Leeboard's trained lies where it was stored."""

ArtifactUri = Annotated[
    Uri,
    Field(
        json_schema_extra=rules(
            (
                ARTIFACT_PLACES,
                "must be s3://<bucket>/…, https://<host>/…, http://<host>/…, pvc://<claim>/… or"
                " oci://<repository>@sha256:<digest>/…, a web address without credentials and query",
            ),
            (ARTIFACT_PATHS, "must not hold . or .. as a part of its path"),
        )
    ),
]
"""The folder of an artefact. Files on disk (`file://`) are for tests alone."""


@dataclass(frozen=True)
class MountedArtifact:
    """A place that a pod has to mount to read it: either a claim or an image, and the folder in it."""

    claim: str
    image: str
    path: str


def mounted_artifact(uri: str) -> MountedArtifact | None:
    """The claim or image that a URI names; None where it names neither, or one that is malformed."""
    claim = re.fullmatch(rf"pvc://({_CLAIM})/(.*)", uri)
    if claim:
        return MountedArtifact(claim[1], "", claim[3])
    image = re.fullmatch(rf"oci://({_IMAGE})(?:/(.*))?", uri)
    return MountedArtifact("", image[1], image[2] or "") if image else None
