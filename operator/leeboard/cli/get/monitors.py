"""`leeboard get monitors`: verdicts about the champions, and what drifted."""

from collections.abc import Iterator
from datetime import datetime

from rich.text import Text

from leeboard.api.drift_monitor import DriftMonitor
from leeboard.api.drift_status import Finding
from leeboard.cli.get.listing import Listed, Listing
from leeboard.cli.objects import Objects
from leeboard.cli.show import styles
from leeboard.cli.show.moments import age
from leeboard.cli.show.quantities import count
from leeboard.cli.show.table import Column, cell


def _rows(objects: Objects, now: datetime) -> Iterator[Listed]:
    for monitor in sorted(objects.monitors, key=lambda one: (one.metadata.namespace, one.metadata.name)):
        yield Listed(monitor.metadata.namespace, monitor.spec.model_ref.name, _cells(monitor, now))


def _cells(monitor: DriftMonitor, now: datetime) -> tuple[Text, ...]:
    status = monitor.status
    ready = monitor.condition("Ready")
    rows = count(status.rows) + (f" (+{count(status.rows_needed)})" if status.rows_needed else "")
    return (
        cell(monitor.metadata.name, styles.NAME),
        cell(monitor.spec.model_ref.name),
        cell(status.verdict, styles.of_word(status.verdict)),
        cell(ready.reason if ready is not None else ""),
        cell(status.version),
        cell(rows),
        cell(_drifting_for(monitor, now)),
        cell(age(monitor.metadata.creation_timestamp, now)),
        cell(", ".join(_in_words(one) for one in status.findings if one.verdict == "Drift")),
    )


def _drifting_for(monitor: DriftMonitor, now: datetime) -> str:
    episode = monitor.status.episode
    return age(episode.started_at, now) if episode is not None and episode.ended_at is None else ""


def _in_words(finding: Finding) -> str:
    measured = f" {finding.value} > {finding.threshold}" if finding.value else ""
    return f"{finding.subject}{measured} ({finding.check})"


LISTING = Listing(
    name="monitors",
    aliases=("monitor", "driftmonitors", "driftmonitor", "dm"),
    kind=DriftMonitor,
    columns=(
        Column("MONITOR"),
        Column("MODEL", spare=2),
        Column("VERDICT"),
        Column("REASON", spare=3),
        Column("VERSION"),
        Column("ROWS", right=True),
        Column("DRIFTING", right=True, spare=4),
        Column("AGE", spare=1),
        Column("DRIFTED"),
    ),
    rows=_rows,
)
