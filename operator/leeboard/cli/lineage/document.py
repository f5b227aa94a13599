"""The lineage as JSON: what the API server has, whole, with what follows from it."""

from collections.abc import Mapping
from typing import Any

from leeboard.api.model import Model
from leeboard.api.model_version import ModelVersion
from leeboard.cli.lineage.chain import Chain
from leeboard.cli.lineage.origin import origin
from leeboard.cli.objects import Objects, Raw
from leeboard.cli.standing import Standing, parents, standing
from leeboard.planning.conditions import timestamp
from leeboard.planning.lineage_changes import changed_parts


def document(chain: Chain, model: Model | None, objects: Objects, raws: Mapping[str, Raw]) -> dict[str, Any]:
    """The document; `raws` are the ModelVersions of the namespace by name.

    `versions` stand newest first, each with the spec as it is recorded, its standing, the run and the drift episode
    as far as live objects remember them, and what changed since the version before (null where that is not there).
    `end` says why there are no more.
    """
    start = chain.versions[0]
    named = parents(objects.versions)
    return {
        "namespace": start.metadata.namespace,
        "model": start.spec.model_ref.name,
        "champion": model.status.champion.name if model is not None and model.status.champion is not None else None,
        "versions": [
            {
                "name": version.metadata.name,
                "createdAt": raws[version.metadata.name]["metadata"].get("creationTimestamp"),
                "standing": _standing(standing(version, model, named)),
                **_origin(version, objects),
                "changed": _changed(version, chain.before(index)),
                "approvedBy": version.status.approved_by,
                "restored": version.status.restored.dump() if version.status.restored is not None else None,
                "spec": raws[version.metadata.name]["spec"],
            }
            for index, version in enumerate(chain.versions)
        ],
        "end": {"reason": chain.end.reason, "version": chain.end.version or None},
    }


def _standing(stands: Standing) -> dict[str, Any]:
    since = timestamp(stands.since) if stands.since is not None else None
    return {"is": stands.word, "since": since, "reason": stands.reason, "message": stands.message}


def _origin(version: ModelVersion, objects: Objects) -> dict[str, Any]:
    known = origin(version, objects)
    return {
        "run": known.run.dump() if known.run is not None else None,
        "episode": known.episode.dump() if known.episode is not None else None,
    }


def _changed(version: ModelVersion, before: ModelVersion | None) -> list[str] | None:
    return list(changed_parts(version, before)) if before is not None else None
