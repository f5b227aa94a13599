"""How a run that was asked for ended, as an exit status that pipelines branch on."""

from __future__ import annotations

from leeboard.api.model_version import ModelVersion
from leeboard.api.training_job import Run
from leeboard.cli.command import DONE, FAILED, REFUSED
from leeboard.planning.training.run_history import ACTIVE

MEANINGS: tuple[tuple[int, str], ...] = (
    (0, "the run succeeded and its version passed the gates; under policy Approval it may still await an approval"),
    (1, "the run failed, or the command could not be carried out"),
    (2, "the command line is not understood"),
    (3, "the run succeeded and a gate, or the lineage's rules, refused its version; or the command was refused"),
    (4, "not over within --timeout; the run goes on"),
    (130, "interrupted; the run goes on"),
)


def exit_status(run: Run, version: ModelVersion | None) -> int | None:
    """The exit status, or None while the run or the verdict on its version is not over."""
    if run.phase in ACTIVE:
        return None
    if run.phase != "Succeeded":
        return FAILED
    if version is None or version.status.phase in ("", "Registered"):
        return None
    return REFUSED if version.status.phase == "Rejected" else DONE
