"""The facts about what started a version."""

from collections.abc import Iterator

from rich.text import Text

from leeboard.api.drift_monitor import DriftMonitor
from leeboard.api.drift_status import Episode
from leeboard.api.lineage import Cause
from leeboard.api.model_version import ModelVersion, TrainingSource
from leeboard.cli.lineage.facts import Fact
from leeboard.cli.lineage.origin import Origin
from leeboard.cli.show import styles
from leeboard.cli.show.moments import span, utc
from leeboard.cli.show.quantities import SHORT_DIGEST
from leeboard.cli.show.text import Piece, styled
from leeboard.cli.standing import verified


def causes(version: ModelVersion, known: Origin) -> Iterator[Fact]:
    """Why the version was made, and by which run; for an imported one, why it was imported."""
    source, cause = version.spec.source, version.spec.cause
    if source.import_ is not None:
        yield Fact("imported", (styled(source.import_.reason),))
    if not (observed := verified(version)).startswith("yes"):
        yield Fact("verified", (styled((observed, styles.NOTICE)),))
    if cause is not None:
        yield Fact("cause", tuple(_cause(cause, known)))
    if source.training_job is not None:
        yield _run(source.training_job, known)


def _cause(cause: Cause, known: Origin) -> Iterator[Text]:
    reference = cause.ref
    if reference is None or not reference.name:
        yield styled((cause.kind, styles.NAME), f": {cause.reason}" if cause.reason else "")
        return
    fate = _fate(known.monitor) if reference.kind == DriftMonitor.KIND else ""
    yield styled((cause.kind, styles.NAME), f", found by {reference.kind or 'object'} {reference.name}", fate)
    if reference.episode:
        lasted = _lasted(known.episode) if known.episode is not None else ""
        yield styled("episode ", (reference.episode, styles.DIGEST), lasted)
    if cause.reason:
        yield styled(cause.reason)


def _run(source: TrainingSource, known: Origin) -> Fact:
    pieces: list[Piece] = [f"TrainingJob {source.name}", _fate(known.training_job)]
    run = known.run
    if run is not None and run.started_at is not None:
        took = f", took {span(run.finished_at - run.started_at)}" if run.finished_at is not None else ""
        pieces.append(f", {utc(run.started_at)}{took}")
    if len(source.run) <= SHORT_DIGEST:
        return Fact("run", (styled(*pieces),), source.run)
    return Fact("run", (styled((source.run, styles.DIGEST), " of ", *pieces),))


def _lasted(episode: Episode) -> str:
    if episode.ended_at is None:
        return f", open since {utc(episode.started_at)}"
    return f", {utc(episode.started_at)}, lasted {span(episode.ended_at - episode.started_at)}"


def _fate(fate: str) -> Piece:
    return (f" ({fate})", styles.NOTICE) if fate else ""
