"""Cases whose right verdict is known: what misleads other tools, and tables whose drift is documented."""

from __future__ import annotations

import numpy as np
import pandas as pd

from leeboard.evaluator.profile import Labelled
from leeboard.stats import performance
from tests.bench_drift.report import Verdict
from tests.bench_drift.watch import Watch
from tests.support.tables import nannyml_table

CHUNK = 5000
JS = {"type": "DataDrift", "distance": "JensenShannon", "threshold": "0.1"}
RANGE = {"type": "OutOfRange", "maxPercent": "1"}
NEW = {"type": "NewCategories", "maxPercent": "1"}
MISSING = {"type": "DataQuality", "maxMissingPercent": 5}
ESTIMATED = {"type": "EstimatedPerformance", "metric": "roc_auc", "maxDrop": "0.02"}


def misleading() -> list[Verdict]:
    """One number far away, infinite, missing, constant, empty and new values."""
    generator = np.random.default_rng(1)
    words = np.array(["a", "b", "c"], dtype=object)
    reference = pd.DataFrame({"x": generator.normal(size=20_000), "w": generator.choice(words, 20_000)})
    scores = generator.beta(1, 2, 20_000)
    truth = (generator.random(20_000) < scores).astype(float)
    watch = Watch.of(reference, scores, Labelled(scores, truth), (JS, RANGE, NEW, MISSING))
    calm, rows = generator.normal(size=5000), 5000

    def window(x: np.ndarray, w: np.ndarray | None = None) -> pd.DataFrame:
        return pd.DataFrame({"x": x, "w": generator.choice(words, len(x)) if w is None else w})

    some = generator.random(rows) < 0.1
    cases = {
        "nothing changed": ("Stable", window(calm)),
        "one 10⁶ beside nothing": ("Stable", window(np.append(calm[1:], 1e6))),
        "one 10⁶ beside a shift of 1σ": ("Drift", window(np.append(calm[1:] + 1, 1e6))),
        "one ∞ beside nothing": ("Stable", window(np.append(calm[1:], np.inf))),
        "a tenth is ±∞": ("Drift", window(np.where(some, np.where(calm > 0, np.inf, -np.inf), calm))),
        "all missing": ("Drift", window(np.full(rows, np.nan))),
        "a constant": ("Drift", window(np.zeros(rows))),
        "a tenth is a new category": ("Drift", window(calm, np.where(some, "new", generator.choice(words, rows)))),
        "no rows": ("Inconclusive", window(calm[:0])),
    }
    return [
        Verdict(name, right, watch.judged(rows_, generator.beta(1, 2, len(rows_)))[0].verdict)
        for name, (right, rows_) in cases.items()
    ]


def car_loan() -> list[Verdict]:
    """NannyML's loans: from row 25,000 of the analysis on the cars are worth more."""
    reference, analysis = nannyml_table("synthetic_car_loan_reference"), nannyml_table("synthetic_car_loan_analysis")
    columns = [
        "car_value",
        "salary_range",
        "debt_to_income_ratio",
        "loan_length",
        "repaid_loan_on_prev_car",
        "size_of_downpayment",
        "driver_tenure",
    ]
    scores = reference["y_pred_proba"].to_numpy(dtype=np.float64)
    labelled = Labelled(scores, reference["repaid"].to_numpy(dtype=np.float64))
    watch = Watch.of(reference[columns], scores, labelled, (JS,))
    found = []
    for number, start in enumerate(range(0, len(analysis), CHUNK)):
        rows = analysis.iloc[start : start + CHUNK]
        verdict = watch.judged(rows[columns], rows["y_pred_proba"].to_numpy(dtype=np.float64))[0].verdict
        found.append(Verdict(f"synthetic_car_loan, rows from {start:,}", "Drift" if number >= 5 else "Stable", verdict))
    return found


def employment() -> list[Verdict]:
    """The American Community Survey of Massachusetts, 2015 to 2018: inputs drift, the model is as good as it was.

    Year by year, that is. In the order of the file the people who live in institutions come first in 2018, and there
    the model is much worse: a run that is asked for then is asked for rightly, as the labels show.
    """
    reference, analysis = nannyml_table("employment_MA_reference"), nannyml_table("employment_MA_analysis")
    labels = nannyml_table("employment_MA_analysis_target")["employed"].to_numpy(dtype=np.float64)
    probability = "predicted_probability"
    left_out = {"id", "timestamp", "year", "prediction", probability, "employed"}
    columns = [name for name in reference.columns if name not in left_out and name in analysis.columns]
    scores, truth = (reference[name].to_numpy(dtype=np.float64) for name in (probability, "employed"))
    watch = Watch.of(reference[columns], scores, Labelled(scores, truth), (JS, ESTIMATED))
    before = performance.measure("roc_auc", truth, scores).value

    def asked(rows: np.ndarray) -> tuple[bool, bool]:
        """Whether a run is asked for, and whether the labels say that there is harm."""
        answers = analysis[probability].to_numpy(dtype=np.float64)[rows]
        harm = before - performance.measure("roc_auc", labels[rows], answers).value > float(ESTIMATED["maxDrop"])
        return watch.judged(analysis[columns].iloc[rows], answers)[1], harm

    years = [asked(np.flatnonzero(analysis["year"].to_numpy() == year)) for year in sorted(set(analysis["year"]))]
    starts = range(0, len(analysis) - CHUNK + 1, CHUNK)
    chunks = [asked(np.arange(start, start + CHUNK)) for start in starts]
    without = sum(told and not harm for told, harm in chunks)
    return [
        Verdict(f"employment_MA, {len(years)} years", "0 retrainings", f"{sum(told for told, _ in years)} retrainings"),
        Verdict(
            f"employment_MA, {len(chunks)} windows of {CHUNK:,}, of which {sum(harm for _, harm in chunks)} are harmed",
            "0 retrainings without harm",
            f"{without} retrainings without harm",
        ),
    ]
