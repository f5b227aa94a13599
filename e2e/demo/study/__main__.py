"""Prints what the demo's thresholds rest on: `python -m e2e.demo.study`. It takes a few minutes on one core."""

import tempfile
from pathlib import Path

import pandas as pd

from e2e.demo.manifests import drift_monitor, model
from e2e.demo.study import quality, rollout, stream
from e2e.demo.study.demo import ROWS, WINDOWS, Demo
from e2e.demo.study.quality import NOWHERE


def main() -> None:
    """Print every figure."""
    for option, value in (("display.width", 250), ("display.max_columns", 40), ("display.max_colwidth", 160)):
        pd.set_option(option, value)
    with tempfile.TemporaryDirectory(prefix="leeboard-study-") as folder:
        demo = Demo(Path(folder))
    show("Flights", quality.months(demo.flights))
    show("Versions on what they were not trained on", demo.qualities())
    show("Gates", demo.gates())
    show("Gradient boosting and rows without weather", demo.refusal())
    show("JensenShannon of every input from the winter's reference", demo.distances())
    show("PSI of the prediction likewise", demo.distances("PSI")[["probability"]])
    show(f"DriftMonitor on {WINDOWS} windows of {ROWS} rows, whole days drawn at random", demo.resampled())
    show("How often Performance log_loss is drift, by maxDrop", demo.alarms())
    show(f"The demo's traffic: {demo.second.name}", "\n".join(stream.told(demo.traffic())))
    show(f"The demo's traffic: {demo.retrained.name}", "\n".join(stream.told(demo.later_traffic())))
    show("Requests of each version", rollout.requests())
    show("Gates and checks as applied", "\n".join(str(one) for one in applied()))


def applied() -> list[object]:
    """The gates, the guards and the checks of the manifests."""
    spec = model(NOWHERE)["spec"]
    return [*spec["promotion"]["gates"], *spec["rollout"]["analysis"]["guards"], *drift_monitor()["spec"]["checks"]]


def show(title: str, content: object) -> None:
    """Print a part with its title."""
    print(f"\n{title}\n{'-' * len(title)}\n{content}", flush=True)


if __name__ == "__main__":
    main()
