"""The init container that brings a version's files: what it mounts, and what it is told beside the version."""

from leeboard.api.quantities import parse_quantity
from leeboard.api.serving import Serving
from leeboard.planning.artifact_mount import artifact_environment, artifact_mounts, artifact_volumes
from leeboard.planning.plan import Raw
from leeboard.planning.restricted_pod import mount, variable

CACHE, SIGNATURE_KEYS = "/leeboard/cache", "/leeboard/signature-keys"


def load_volumes(serving: Serving, uri: str) -> list[Raw]:
    """The claim or image with the artefact, the cache, and the keys that may have signed."""
    volumes = artifact_volumes(uri)
    if serving.cache is not None:
        claim = serving.cache.persistent_volume_claim.claim_name
        volumes.append({"name": "cache", "persistentVolumeClaim": {"claimName": claim}})
    if serving.verification.signature is not None:
        keys = serving.verification.signature.config_map_ref.name
        volumes.append({"name": "signature-keys", "configMap": {"name": keys}})
    return volumes


def load_mounts(serving: Serving, uri: str) -> list[Raw]:
    """Where `load` finds them; the cache is all that it may write of them."""
    mounts = artifact_mounts(uri)
    if serving.cache is not None:
        mounts.append(mount("cache", CACHE))
    if serving.verification.signature is not None:
        mounts.append(mount("signature-keys", SIGNATURE_KEYS, read_only=True))
    return mounts


def load_environment(serving: Serving, uri: str) -> list[Raw]:
    """How `load` knows of them."""
    variables = artifact_environment(uri)
    if serving.cache is not None:
        variables.append(variable("LEEBOARD_CACHE_FOLDER", CACHE))
        variables.append(variable("LEEBOARD_CACHE_BYTES", str(int(parse_quantity(serving.cache.max_size)))))
    if serving.verification.signature is not None:
        variables.append(variable("LEEBOARD_SIGNATURE_KEYS", SIGNATURE_KEYS))
    return variables
