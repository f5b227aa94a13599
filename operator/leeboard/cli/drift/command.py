"""`leeboard drift selftest`: what a monitor would find in data of one's own, before it watches anything."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from pydantic import ValidationError

from leeboard.api.drift_monitor import DriftMonitor
from leeboard.api.durations import format_duration
from leeboard.cli.command import DONE, REFUSED, Command, Session
from leeboard.cli.errors import CommandError
from leeboard.cli.options import add_output
from leeboard.cli.registry.storing import missing
from leeboard.cli.show import styles
from leeboard.cli.show.table import Column, cell, table
from leeboard.cli.show.text import styled

if TYPE_CHECKING:
    from rich.text import Text

    from leeboard.evaluator.selftest.trial import Found, SelfTest

_TWICE = 2
"""Windows of that many times the fewest rows for a verdict, unless the user says how many come."""
_MOST_MISSED = 5


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", choices=("selftest",), help="replay a reference with and without changes")
    parser.add_argument("monitor", metavar="FILE", type=Path, help="YAML of a DriftMonitor; the cluster is not asked")
    parser.add_argument(
        "--reference", metavar="FILE", type=Path, required=True,
        help="Parquet or CSV: inputs as they are served, rows in the order of time",
    )  # fmt: skip
    parser.add_argument(
        "--rows", metavar="N", type=int, help="rows that a window will hold (default: twice window.minSamples)"
    )
    add_output(parser, "text")


def _run(session: Session) -> int:
    options = session.options
    monitor = _monitor(options.monitor)
    rows = options.rows or _TWICE * monitor.spec.window.min_samples
    if rows < monitor.spec.window.min_samples:
        least = monitor.spec.window.min_samples
        raise CommandError(f"no verdict is given on {rows} rows: window.minSamples is {least}")
    try:
        # numpy, scipy and pandas take seconds to import, and only this part of the command needs them
        from leeboard.evaluator.downloads import read_table  # noqa: PLC0415
        from leeboard.evaluator.failures import EvaluationError  # noqa: PLC0415
        from leeboard.evaluator.selftest.trial import self_test  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise missing(error, "evaluator") from error
    with session.terminal.progress() as tell:
        try:
            found = self_test(monitor.spec, read_table(options.reference), rows, tell)
        except EvaluationError as error:
            raise CommandError(f"{error.reason}: {error.message}") from error
    if options.output == "text":
        session.terminal.lines(_shown(monitor, found))
    else:
        session.terminal.document(document(monitor, found), options.output)
    return DONE if found.alarms <= max(1.0, found.declared) else REFUSED


def _monitor(path: Path) -> DriftMonitor:
    """The first DriftMonitor of a YAML file. Raises CommandError."""
    try:
        documents = [one for one in yaml.safe_load_all(path.read_text(encoding="utf-8")) if isinstance(one, dict)]
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise CommandError(f"{path} cannot be read: {error}") from error
    raw = next((one for one in documents if one.get("kind") == DriftMonitor.KIND), None)
    if raw is None:
        raise CommandError(f"{path} holds no DriftMonitor")
    try:
        return DriftMonitor.parse(raw)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise CommandError(f"{path}: {place}: {first['msg']}") from error


def document(monitor: DriftMonitor, found: SelfTest) -> dict[str, Any]:
    """What a program reads."""
    return {
        "monitor": monitor.metadata.name,
        "referenceRows": found.reference_rows,
        "windowRows": found.window_rows,
        "driftAlpha": found.alpha,
        "segments": [{"by": one.feature, "values": one.values, "refused": one.refused} for one in found.segments],
        "falseAlarms": {
            "evaluations": found.looks,
            "windows": found.windows,
            "alarms": found.alarms,
            "declared": found.declared,
            "by": found.alarmed,
            "notCompared": found.not_compared,
        },
        "changes": [
            {
                "change": one.change,
                "inputs": one.inputs,
                "tried": one.tried,
                "found": one.found,
                "power": one.power,
                "medianEvaluations": one.evaluations,
                "neverFoundIn": list(one.missed),
            }
            for one in found.changes
        ],
        "checksLeftOut": list(found.left_out),
    }


def _shown(monitor: DriftMonitor, found: SelfTest) -> Iterator[Text]:
    budget = monitor.spec.false_alarms
    yield styled((monitor.metadata.name, styles.NAME), f"  {found.reference_rows:,} rows to learn from")
    yield styled(f"windows of {found.window_rows:,} rows, an evaluation every {format_duration(found.every)}")
    for one in found.segments:
        why = f", which {one.refused}" if one.refused else ""
        yield styled(f"within {one.values} values of {one.feature} too{why}")
    yield styled("")
    verdict = "good" if found.alarms <= max(1.0, found.declared) else "too many"
    yield styled(
        (f"False alarms: {found.alarms}", styles.NAME), f" in {found.looks} evaluations of rows held out: {verdict}"
    )
    yield styled(
        f"  {found.windows:.0f} window lengths, for which {budget.budget} in {budget.per} is {found.declared:.2g}"
    )
    if found.not_compared:
        season = monitor.spec.reference.season
        yield styled(f"  {found.not_compared} evaluations have no {season} with enough rows in what was learned from")
    for name, times in list(found.alarmed.items())[:_MOST_MISSED]:
        yield styled(f"  {name}: {times} evaluations")
    yield styled("")
    numbers = (Column(title, right=True) for title in ("INPUTS", "FOUND", "AFTER"))
    columns = (Column("CHANGE"), *numbers, Column("NEVER IN"))
    yield from table(columns, [_row(one, found) for one in found.changes])
    if found.left_out:
        yield styled("")
        yield styled(f"Not tried, for they need a model or labels: {', '.join(found.left_out)}")


def _row(one: Found, found: SelfTest) -> tuple[Text, ...]:
    after = "" if one.evaluations is None else format_duration(found.every * one.evaluations)
    never = ", ".join(one.missed[:_MOST_MISSED]) + (" …" if len(one.missed) > _MOST_MISSED else "")
    return cell(one.change), cell(f"{one.inputs}"), cell(f"{100 * one.power:.0f} %"), cell(after), cell(never)


COMMAND = Command(
    name="drift",
    summary="try a monitor on data of one's own",
    description=(
        "selftest learns from the first 60 % of a reference and looks at the rest, as the evaluator and the operator "
        "would, within segments too where checks look by them: how often it alarms there without a reason, beside what "
        "the monitor's budget of false alarms allows; "
        "and which changes it finds, put into one input at a time at five places, and how soon. Rows have to stand in "
        "the order of time: real traffic comes in spells, and a shuffled reference would look calmer than it is. "
        "With reference.season the file needs a column event_timestamp. "
        "Needs no cluster."
    ),
    run=_run,
    configure=_configure,
    examples=(
        ("drift selftest monitor.yaml --reference reference.parquet", "before it is applied"),
        ("drift selftest monitor.yaml --reference rows.csv --rows 20000", "with busier windows"),
    ),
    statuses=((REFUSED, "there were more false alarms than the budget allows, and more than one"),),
)
