"""What came of a run, for a person and for a program."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.text import Text

from leeboard.api.model_version import ModelVersion
from leeboard.cli.lineage.comparison import metrics_table
from leeboard.cli.show import styles
from leeboard.cli.show.moments import span
from leeboard.cli.show.quantities import digest
from leeboard.cli.show.text import styled
from leeboard.cli.training.following import Followed


def lines(followed: Followed, width: int | None) -> Iterator[Text]:
    """The version with its figures and gates, or why there is none."""
    run, version = followed.run, followed.version
    took = f", took {span(run.finished_at - run.started_at)}" if run.started_at and run.finished_at else ""
    yield styled(f"run {run.id}: ", (run.phase, styles.of_word(run.phase)), took)
    if run.message and run.phase != "Succeeded":
        yield styled(f"{run.reason}: {run.message}")
    if version is None:
        return
    code = version.spec.code
    commit = f", commit {digest(code.commit)}" if code is not None and code.commit else ""
    yield styled("version ", (version.metadata.name, styles.NAME), f": {version.status.phase}{commit}")
    yield styled("artefact ", (digest(version.spec.artifact.digest), styles.DIGEST), f" {version.spec.artifact.uri}")
    yield from _gates(version)
    yield from metrics_table(version, None, width, wide=False)


def _gates(version: ModelVersion) -> Iterator[Text]:
    for gate in version.status.gates:
        word = ("passed", styles.GOOD) if gate.passed else ("failed", styles.BAD)
        yield styled("gate ", word, f" {gate.gate}: {gate.message}")
    ready = version.condition("Ready")
    if ready is not None and not version.status.gates:
        yield styled(f"{ready.reason}: {ready.message}")


def document(namespace: str, job: str, followed: Followed) -> dict[str, Any]:
    """The run as status has it, and its version with phase, gates and figures; null where there is none."""
    run, version = followed.run, followed.version
    return {
        "namespace": namespace,
        "trainingJob": job,
        "exitStatus": followed.status,
        "run": run.dump(),
        "version": None
        if version is None
        else {
            "name": version.metadata.name,
            "phase": version.status.phase,
            "artifact": version.spec.artifact.dump(),
            "commit": version.spec.code.commit if version.spec.code is not None else None,
            "gates": [gate.dump() for gate in version.status.gates],
            "metrics": [metric.dump() for metric in version.spec.metrics],
        },
    }
