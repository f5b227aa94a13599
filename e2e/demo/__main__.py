"""``python -m e2e.demo up|down``: the whole loop on a real node, with real flights.

Exit status 0 only if the loop really closed. What was measured lies in build/demo: report.json, drift.html and
lineage.txt. With --context the demo plays on a cluster that is there already.
"""

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from e2e.cluster import lifecycle
from e2e.cluster.building import BuildFailed
from e2e.cluster.images import Registry
from e2e.demo import conclusion, flights, steps
from e2e.demo.manifests import NAMESPACE
from e2e.demo.observed import drift_picture
from e2e.demo.stage import Stage
from e2e.existing import cluster as existing
from e2e.existing.callers import InPod
from e2e.existing.programs import NotUsable
from e2e.support import installation
from e2e.support.kubectl import KubectlError
from e2e.support.narrator import Narrator
from e2e.support.platform import Platform

BUILD = Path(__file__).resolve().parents[2] / "build"
CLUSTER, EXISTING, DEMO = BUILD / "cluster", BUILD / "existing", BUILD / "demo"


def main() -> int:
    """Run one command."""
    options = _parser().parse_args()
    narrator = Narrator()
    try:
        if options.command == "down":
            down(narrator, options)
        else:
            up(narrator, options)
    except (AssertionError, BuildFailed, KubectlError, RuntimeError) as error:
        narrator.say(f"the loop did not close: {error}" if options.command == "up" else str(error))
        # a cluster that cannot be used has nothing to look at
        if options.command == "up" and not isinstance(error, NotUsable):
            _tell_where(narrator, options)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m e2e.demo", description=__doc__)
    parser.add_argument("command", choices=("up", "down"))
    parser.add_argument("--context", help="a context of your kubeconfig: the demo plays there, on a cluster of yours")
    parser.add_argument("--registry", help="with --context: where your cluster pulls from, such as registry.example/me")
    parser.add_argument("--push-to", help="the same registry under the name that this machine knows it by")
    parser.add_argument("--plain-http", action="store_true", help="the registry has no TLS")
    return parser


def up(narrator: Narrator, options: argparse.Namespace) -> None:
    """The story from beginning to end. Raises where it goes otherwise than it is told."""
    DEMO.mkdir(parents=True, exist_ok=True)
    with stage_of(narrator, options) as stage:
        try:
            tell(stage)
        finally:
            if stage.sent is not None:
                stage.sent.stop()
    narrator.say(f"the loop closed. Report: {DEMO / 'report.json'}, picture: {DEMO / 'drift.html'}")
    _tell_where(narrator, options)


@contextmanager
def stage_of(narrator: Narrator, options: argparse.Namespace) -> Iterator[Stage]:
    """A cluster with Leeboard on it, and nothing else of ours."""
    if not options.context:
        yield set_up(narrator, lifecycle.up(CLUSTER, narrator))
        return
    if not options.registry:
        raise NotUsable("name the registry that your cluster pulls from: REGISTRY=registry.example/me")
    registry = Registry(options.push_to or options.registry, options.registry, plain=options.plain_http)
    with existing.connected(options.context, registry, EXISTING, narrator, (NAMESPACE,)) as cluster:
        stage = set_up(narrator, cluster)
        with narrator.step("callers", "a pod for the callers: this machine may not reach your cluster's Services"):
            stage.callers = InPod.begin(cluster.open_callers(stage.images.serving))
        yield stage


def set_up(narrator: Narrator, cluster: Platform) -> Stage:
    """Leeboard on the cluster, from this tree."""
    if cluster.kubectl("").get("namespace", NAMESPACE):
        raise NotUsable("an earlier demo is still there: make demo-down")
    with narrator.step("images", "two images, built from this tree (the first time takes minutes)"):
        built = installation.build_images(cluster.registry)
    with narrator.step("install", "helm install leeboard"):
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


def down(narrator: Narrator, options: argparse.Namespace) -> None:
    """Stop everything that the demo started: its own cluster, or what it brought to another."""
    if options.context:
        existing.leave(options.context, EXISTING, narrator, (NAMESPACE,))
    else:
        lifecycle.down(CLUSTER, narrator)


def _tell_where(narrator: Narrator, options: argparse.Namespace) -> None:
    if options.context:
        look, clean = f"kubectl --context {options.context} -n {NAMESPACE}", f"make demo-down CONTEXT={options.context}"
    else:
        look, clean = f"export KUBECONFIG={CLUSTER / 'kubeconfig'}", "make demo-down"
    narrator.say(f"look around: {look}; clean up: {clean}")


if __name__ == "__main__":
    sys.exit(main())
