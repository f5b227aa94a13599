"""The verdict over all checks, and why it may be withheld."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal

from leeboard.api.drift_monitor import DriftMonitor
from leeboard.api.drift_status import Finding
from leeboard.api.durations import parse_duration
from leeboard.api.reasons import Reason, explain
from leeboard.planning.conditions import timestamp
from leeboard.planning.drift.checks import FINDINGS_LIMIT, NO_LABELS, WITHOUT_ROWS, run_checks
from leeboard.planning.drift.figures import Figures, read_figures
from leeboard.planning.drift.observed import observations_missing

STALE_AFTER_EVALUATIONS = 3
LEAST_PATIENCE = timedelta(minutes=1)
_JUDGED_ALL_THE_SAME = {
    Reason.NOT_ENOUGH_SAMPLES: WITHOUT_ROWS,
    # how many rows there were is not known where windows are missing
    Reason.OBSERVATIONS_MISSING: WITHOUT_ROWS - {"Volume"},
}


@dataclass(frozen=True)
class Verdict:
    """What the newest window says; `observed_at` is when the figures were taken."""

    verdict: Literal["Drift", "Stable", "Inconclusive"]
    reason: Reason
    message: str
    rows: int = 0
    rows_needed: int = 0
    findings: tuple[Finding, ...] = field(default=())
    observed_at: datetime | None = None

    @property
    def drifted(self) -> tuple[Finding, ...]:
        """The findings that are drift, the strongest first."""
        return tuple(one for one in self.findings if one.verdict == "Drift")


def patience(monitor: DriftMonitor) -> timedelta:
    """How old figures may be."""
    return max(LEAST_PATIENCE, STALE_AFTER_EVALUATIONS * parse_duration(monitor.spec.window.every))


def judge(monitor: DriftMonitor, champion: str, now: datetime, labels_due: datetime | None = None) -> Verdict:
    """Drift where any check finds it, Stable where all checks say so, else Inconclusive with what is missing.

    From `labels_due` on the labels of a whole window have to be there; None: nobody knows when.
    """
    figures = read_figures(monitor.status.evaluation)
    if figures is None:
        return Verdict("Inconclusive", Reason.INCONCLUSIVE, f"there are no figures about {champion} yet")
    withheld = _withheld(monitor, figures, champion, now)
    if withheld is not None:
        return _without_rows(monitor, figures, withheld)
    results = run_checks(monitor.spec, figures)
    findings = tuple(one.finding for one in results)
    shown, rows = findings[:FINDINGS_LIMIT], figures.rows
    drifted = [one for one in findings if one.verdict == "Drift"]
    if drifted:
        return Verdict("Drift", Reason.DRIFT, summary(drifted), rows, 0, shown, figures.observed_at)
    open_ones = [one for one in results if one.finding.verdict == "Inconclusive"]
    if labels_due is not None and now >= labels_due and any(_is_unlabelled(one.finding) for one in open_ones):
        text = explain(Reason.LABEL_STARVED, _labels_in_words(figures))
        return Verdict("Inconclusive", Reason.LABEL_STARVED, text, rows, 0, shown, figures.observed_at)
    if open_ones:
        needed = max(one.rows_needed for one in open_ones)
        message = f"{len(open_ones)} of {len(results)} checks cannot tell: {summary([open_ones[0].finding])}"
        message += f"; {_labels_in_words(figures)}" if _strays(figures, open_ones[0].finding) else ""
        message += f"; about {needed} more rows are needed" if needed else ""
        return Verdict("Inconclusive", Reason.INCONCLUSIVE, message, rows, needed, shown, figures.observed_at)
    message = f"{len(results)} checks on {rows} rows found no drift"
    return Verdict("Stable", Reason.STABLE, message, rows, 0, shown, figures.observed_at)


def _without_rows(monitor: DriftMonitor, figures: Figures, withheld: Verdict) -> Verdict:
    """That too little comes may itself be what a check looks for."""
    judged = _JUDGED_ALL_THE_SAME.get(withheld.reason, frozenset())
    checks = tuple(check for check in monitor.spec.checks if check.type in judged)
    if not checks:
        return withheld
    results = run_checks(monitor.spec.model_copy(update={"checks": checks}), figures)
    findings = tuple(one.finding for one in results)
    drifted = [one for one in findings if one.verdict == "Drift"]
    if not drifted:
        return replace(withheld, findings=findings)
    return Verdict("Drift", Reason.DRIFT, summary(drifted), figures.rows, 0, findings, figures.observed_at)


def summary(findings: list[Finding]) -> str:
    """The strongest findings in words."""
    texts = [_in_words(one) for one in findings[:3]]
    more = len(findings) - len(texts)
    return "; ".join(texts) + (f"; and {more} more" if more else "")


def _strays(figures: Figures, finding: Finding) -> bool:
    """Whether labels come, and none for what is looked at: until they are due they may be those of a version before."""
    labels = figures.labels
    return _is_unlabelled(finding) and labels is not None and labels.arrived > 0 and not labels.rows


def _is_unlabelled(finding: Finding) -> bool:
    return finding.shift == NO_LABELS


def _labels_in_words(figures: Figures) -> str:
    labels = figures.labels
    if labels is None or not labels.arrived:
        return "no label arrived within the window, although those of its predictions are due"
    newest = f", the newest at {timestamp(labels.newest)}" if labels.newest else ""
    return f"{labels.arrived} labels arrived within the window{newest}; {labels.rows} belong to a prediction"


def _in_words(finding: Finding) -> str:
    if not finding.value:
        return f"{finding.check} {finding.subject}: {finding.shift}"
    ends = f" [{finding.low}, {finding.high}]" if finding.low else ""
    known = (finding.shift, f"{finding.importance} % of what the model knows" if finding.importance else "")
    shift = f" ({'; '.join(one for one in known if one)})" if any(known) else ""
    threshold = f", threshold {finding.threshold}" if finding.threshold else ""
    return f"{finding.check} {finding.subject} {finding.value}{ends}{threshold}{shift}"


def _withheld(monitor: DriftMonitor, figures: Figures, champion: str, now: datetime) -> Verdict | None:
    """Why these figures allow no verdict, or None."""
    if figures.version != champion:
        text = f"the newest figures are about {figures.version or 'no version'}; {champion} serves"
        return Verdict("Inconclusive", Reason.INCONCLUSIVE, text)
    if now - figures.observed_at > patience(monitor):
        text = explain(Reason.EVALUATION_STALE, f"the newest figures are of {figures.observed_at.isoformat()}")
        return Verdict("Inconclusive", Reason.EVALUATION_STALE, text, figures.rows)
    if figures.error is not None:
        reason, message = figures.error
        return Verdict("Inconclusive", reason, explain(reason, message), figures.rows)
    missing = observations_missing(figures)
    if missing is not None:
        text = explain(Reason.OBSERVATIONS_MISSING, missing)
        return Verdict("Inconclusive", Reason.OBSERVATIONS_MISSING, text, figures.rows)
    least = monitor.spec.window.min_samples
    if figures.rows < least:
        text = explain(Reason.NOT_ENOUGH_SAMPLES, f"{figures.rows} of {least} rows in the window{_why_none(figures)}")
        return Verdict("Inconclusive", Reason.NOT_ENOUGH_SAMPLES, text, figures.rows, least - figures.rows)
    return None


def _why_none(figures: Figures) -> str:
    if figures.rows:
        return ""
    if figures.requests:
        return f": each of {figures.requests} requests was refused, or failed"
    no_window = figures.windows is not None and figures.windows.newest is None
    return ": no exporter has left a window yet" if no_window else ": no request came"
