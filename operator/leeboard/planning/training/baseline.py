"""What a run is compared with before it trains: `fetch` ends with exit code 67 where nothing given here has changed."""

from collections.abc import Sequence
from typing import Any

from leeboard.api.model_version import ModelVersion
from leeboard.api.reasons import Reason
from leeboard.api.termination import TrainingResult
from leeboard.api.training_job import Run, TrainingJobSpec
from leeboard.planning.training.budget import BY_HAND
from leeboard.planning.training.run_history import newest

POLLS = frozenset({"NewCommit", "NewData"})

_REPEATABLE = frozenset(
    {Reason.BAD_DATA, Reason.SCRIPT_FAILED, Reason.RESULT_MISSING, Reason.EVALUATION_FAILED, Reason.UNSAFE_FORMAT}
)
"""Failures that lie in code or data: the same code on the same data would fail again."""


def baseline(run: Run, runs: Sequence[Run], spec: TrainingJobSpec) -> dict[str, Any] | None:
    """Commit and data digests that would make this run pointless, or None where it has to train in any case.

    A look for new commits compares the commit only, one for new data the data only, both where both are asked for.
    """
    if run.cause.kind in BY_HAND:
        return None
    polling = run.cause.kind in POLLS
    before = newest(
        one
        for one in runs
        if one.id != run.id
        and one.fingerprint == run.fingerprint
        and one.datasets
        and (one.phase == "Succeeded" or (polling and one.phase == "Failed" and one.reason in _REPEATABLE))
    )
    if before is None:
        return None
    compared: dict[str, Any] = {}
    if before.commit and (not polling or spec.triggers.on_new_commit is not None):
        compared["commit"] = before.commit
    if not polling or spec.triggers.on_new_data is not None:
        compared["datasets"] = [{"name": one.name, "digest": one.digest} for one in before.datasets]
    return compared or None


def observed_cause(run: Run, found: dict[str, Any] | None, commit: str) -> Run:
    """The run with the cause that its fetch found: one look serves both for new commits and for new data."""
    if run.cause.kind not in POLLS or found is None:
        return run
    is_new_commit = "commit" in found and found["commit"] != commit
    kind = "NewCommit" if is_new_commit else "NewData" if "datasets" in found else run.cause.kind
    reason = f"commit {commit[:12]}" if is_new_commit else run.cause.reason
    return run.model_copy(update={"cause": run.cause.model_copy(update={"kind": kind, "reason": reason})})


def same_inputs(version: ModelVersion | None, result: TrainingResult, image: str) -> bool:
    """True where code, data, image, parameters and seed of a run are those that the version was trained with.

    They are those of the run, not those of the spec: that may have changed since.
    """
    if version is None or version.spec.code is None or version.spec.image is None:
        return False
    return (
        version.spec.code.commit == result.code.commit
        and result.code.commit is not None
        and {one.name: one.digest for one in version.spec.datasets} == {one.name: one.digest for one in result.datasets}
        and version.spec.image.reference == image
        and version.spec.params == result.params
        and version.spec.seed == result.seed
    )
