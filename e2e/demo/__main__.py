"""``python -m e2e.demo up|down``: the whole loop on a real node, with real flights.

Exit status 0 only if the loop really closed. What was measured lies in build/demo: report.json, drift.html and
lineage.txt.
"""

import argparse
import sys
from pathlib import Path

from e2e.cluster import lifecycle
from e2e.cluster.building import BuildFailed
from e2e.demo import conclusion, flights, steps
from e2e.demo.manifests import NAMESPACE
from e2e.demo.observed import drift_picture
from e2e.demo.stage import Stage
from e2e.support import installation
from e2e.support.kubectl import KubectlError
from e2e.support.narrator import Narrator

BUILD = Path(__file__).resolve().parents[2] / "build"
CLUSTER, DEMO = BUILD / "cluster", BUILD / "demo"


def main() -> int:
    """Run one command."""
    parser = argparse.ArgumentParser(prog="python -m e2e.demo", description=__doc__)
    parser.add_argument("command", choices=("up", "down"))
    narrator = Narrator()
    if parser.parse_args().command == "down":
        down(narrator)
        return 0
    try:
        up(narrator)
    except (AssertionError, BuildFailed, KubectlError, RuntimeError) as error:
        narrator.say(f"the loop did not close: {error}")
        narrator.say(f"look around: export KUBECONFIG={CLUSTER / 'kubeconfig'}; clean up: make demo-down")
        return 1
    return 0


def up(narrator: Narrator) -> None:
    """The story from beginning to end. Raises where it goes otherwise than it is told."""
    DEMO.mkdir(parents=True, exist_ok=True)
    stage = set_up(narrator)
    try:
        tell(stage)
    finally:
        if stage.sent is not None:
            stage.sent.stop()
    narrator.say(f"the loop closed. Report: {DEMO / 'report.json'}, picture: {DEMO / 'drift.html'}")
    narrator.say(f"look around: export KUBECONFIG={CLUSTER / 'kubeconfig'}; clean up: make demo-down")


def set_up(narrator: Narrator) -> Stage:
    """A node with Leeboard on it and nothing else."""
    cluster = lifecycle.up(CLUSTER, narrator)
    with narrator.step("images", "two images, built from this tree (the first time takes minutes)"):
        built = installation.build_images(cluster)
    with narrator.step("install", "helm install leeboard"):
        if cluster.kubectl("").get("namespace", NAMESPACE):
            raise RuntimeError("an earlier demo is still there: make demo-down")
        installation.install(cluster, built, workloads__flushInterval="2s", evaluator__interval="2s")
    with narrator.step("flights", "336,776 flights of New York 2013 with the weather of their hour"):
        frame = flights.load()
    return Stage.set_up(cluster, built, narrator, frame, DEMO)


def tell(stage: Stage) -> None:
    """The steps in order."""
    steps.prepare(stage)
    first = steps.train_first(stage)
    steps.serve(stage, first)
    second = steps.improve(stage, first)
    steps.roll_back(stage, second)
    steps.stay_stable(stage, second)
    known = stage.version_names()
    monitor = steps.drift(stage, second)
    versions = {version["metadata"]["name"]: version for version in stage.world.versions()}
    seen = drift_picture(stage, monitor, versions[second])
    third = steps.retrain(stage, second, known)
    stage.measured |= {"oldChampion": second, "champion": third}
    later = conclusion.compare_on_later_data(stage, second, third)
    traffic = conclusion.judge_traffic(stage)
    conclusion.insist_on_closed_loop(stage, third)
    lineage = conclusion.show_lineage(stage)
    conclusion.report(stage, traffic, seen, later, lineage)


def down(narrator: Narrator) -> None:
    """Stop everything that the demo started, the cluster with it."""
    lifecycle.down(CLUSTER, narrator)


if __name__ == "__main__":
    sys.exit(main())
