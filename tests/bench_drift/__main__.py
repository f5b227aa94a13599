"""`python -m tests.bench_drift`: counting, evaluating and deciding, beside Evidently and whylogs."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from e2e.support.narrator import Narrator
from tests.bench_drift import false_alarms, known, report, speed
from tests.bench_drift.report import Alarms, Entry, Verdict

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "reference" / "drift-speed.md"
RESULT = ROOT / "build" / "bench" / "drift.json"
ROWS = (10_000, 100_000, 1_000_000)


def main() -> int:
    """Measure; the documentation is written where everything was measured. 1 where a known answer was missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench_drift", description=__doc__)
    parser.add_argument("--only", choices=("speed", "alarms", "known"), help="a part of it; the page stays as it is")
    only = parser.parse_args().only
    told, narrator = report.machine(), Narrator()
    entries: list[Entry] = []
    alarms: list[Alarms] = []
    verdicts: list[Verdict] = []
    if only in {None, "speed"}:
        with tempfile.TemporaryDirectory(prefix="leeboard-drift-") as folder, narrator.step("speed", "how fast"):
            for rows in ROWS:
                entries += speed.evaluation(Path(folder), rows, narrator.detail)
            narrator.detail("the exporter, and merging")
            entries += [*speed.exporter(), *speed.merging()]
    if only in {None, "known"}:
        with narrator.step("known", "known answers"):
            for part in (known.misleading, known.car_loan, known.employment):
                narrator.detail(part.__name__)
                verdicts += part()
    if only in {None, "alarms"}:
        with narrator.step("alarms", "false alarms"):
            alarms += false_alarms.at_and_below_the_threshold("JensenShannon", narrator.detail)
            alarms.append(false_alarms.over_time(narrator.detail))
    report.save(RESULT, report.document(entries, alarms, verdicts))
    text = f"{told}\n\n{report.text(entries, alarms, verdicts)}"
    print(f"\n{text}\n")
    if only is None:
        report.write(PAGE, text)
    return int(not all(one.is_right for one in verdicts))


if __name__ == "__main__":
    sys.exit(main())
