"""`python -m tests.bench_drift`: counting, evaluating and deciding, beside Evidently and whylogs."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from e2e.support.narrator import Narrator
from tests.bench_drift import false_alarms, flights, known, latency, memory, report, speed
from tests.bench_drift.report import Entry, Found

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "reference" / "drift-speed.md"
RESULT = ROOT / "build" / "bench" / "drift.json"
ROWS = (10_000, 100_000, 1_000_000)
Tell = Callable[[str], None]


def main() -> int:
    """Measure; the documentation is written where everything was measured. 1 where a known answer was missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench_drift", description=__doc__)
    parser.add_argument("--only", choices=PARTS, help="a part of it; the page stays as it is")
    only = parser.parse_args().only
    told, narrator, found = report.machine(), Narrator(), Found()
    for name, (title, measure) in PARTS.items():
        if only in {None, name}:
            with tempfile.TemporaryDirectory(prefix="leeboard-drift-") as folder, narrator.step(name, title):
                measure(found, Path(folder), narrator.detail)
    report.save(RESULT, report.document(found))
    text = f"{told}\n\n{report.text(found)}"
    print(f"\n{text}\n")
    if only is None:
        report.write(PAGE, text)
    return int(not all(one.is_right for one in found.verdicts))


def _speed(found: Found, folder: Path, tell: Tell) -> None:
    for rows in ROWS:
        found.entries += speed.evaluation(folder, rows, tell)
    tell("the exporter, and merging")
    found.entries += [*speed.exporter(), *speed.merging()]


def _known(found: Found, _: Path, tell: Tell) -> None:
    for part in (known.misleading, known.car_loan, known.employment):
        tell(part.__name__)
        found.verdicts += part()


def _flights(found: Found, folder: Path, tell: Tell) -> None:
    tell("a model of the winter, and the year")
    found.months, verdicts = flights.year(folder)
    found.verdicts += verdicts


def _latency(found: Found, folder: Path, tell: Tell) -> None:
    found.delays.append(latency.added_by_the_socket(folder, tell))


def _memory(found: Found, folder: Path, tell: Tell) -> None:
    (folder / "evaluator").mkdir()
    found.memory.append(memory.exporter(folder, tell))
    of_evaluator, read = memory.evaluator(folder / "evaluator", tell)
    found.memory.append(of_evaluator)
    found.entries.append(Entry(of_evaluator.case, "files read in an hour, of which 600 are new", read))


def _alarms(found: Found, _: Path, tell: Tell) -> None:
    found.alarms += false_alarms.at_and_below_the_threshold("JensenShannon", tell)
    found.alarms.append(false_alarms.over_time(tell))
    found.alarms += [
        false_alarms.of_held_out_days(left_out, case, tell) for case, left_out in false_alarms.HELD_OUT.items()
    ]


PARTS: dict[str, tuple[str, Callable[[Found, Path, Tell], None]]] = {
    "speed": ("how fast", _speed),
    "latency": ("what a request waits for", _latency),
    "memory": ("a day in memory", _memory),
    "known": ("known answers", _known),
    "flights": ("a year of flights", _flights),
    "alarms": ("false alarms", _alarms),
}


if __name__ == "__main__":
    sys.exit(main())
