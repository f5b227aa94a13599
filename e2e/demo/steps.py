"""The story, step by step. Each waits for what it tells of, and raises where it does not come."""

import time

from e2e.demo import flights, manifests
from e2e.demo.manifests import NAME, NAMESPACE
from e2e.demo.stage import DATA, MODELS, OBSERVATIONS, Stage, insist, metric
from e2e.support import installation
from e2e.support.durations import seconds_of
from e2e.support.kubectl import Document
from e2e.support.world import condition, describe_rollout

OUTAGE = 0.2
"""Share of the requests that lack the weather while the weather station is out."""


def prepare(stage: Stage) -> None:
    """A namespace, three months of flights, a holdout; nothing of Leeboard's yet."""
    with stage.step("prepare", "a team's namespace, its buckets, January to March 2013"):
        stage.cluster.kubectl("").apply(*installation.tenant(NAMESPACE, stage.cluster.endpoints["s3"]))
        stage.buckets.make(DATA, MODELS, OBSERVATIONS)
        for month in flights.WINTER:
            stage.upload("train", month, flights.partition(stage.frame, month))
        stage.upload("holdout", "2013-03", flights.holdout(stage.frame, "2013-03"))


def train_first(stage: Stage) -> str:
    """TrainingJob → run → ModelVersion."""
    with stage.step("train", "first run: commit, data and image become a ModelVersion") as step:
        stage.kubectl.apply(manifests.model(stage.places))
        commit = stage.commit("first", "Gradient boosting as it comes")
        version = stage.world.wait_new_version(set())
        insist(version["spec"]["code"]["commit"] == commit, "the version is not of the commit that was pushed")
        _tell_lineage(stage, version)
        step.facts["version"] = version["metadata"]["name"]
    return str(version["metadata"]["name"])


def serve(stage: Stage, name: str) -> None:
    """The first version serves, and callers begin to call."""
    with stage.step("serve", "served: pods ready only once the golden samples are right"):
        stage.world.wait_champion(name)
        stage.open_traffic()
        stage.send("winter", flights.ROLLOUT_TRAFFIC)


def improve(stage: Stage, before: str) -> str:
    """A second version takes over without a failed request."""
    with stage.step("improve", "a new commit: canary beside the champion, then promoted") as step:
        stage.commit("smaller_trees", "Small steps of small trees")
        version = stage.world.wait_new_version({before})
        name = str(version["metadata"]["name"])
        _tell_metrics(stage, version)
        stage.world.wait_champion(name)
        stage.insist_on_zero_failures(step)
        step.facts["version"] = name
    return name


def roll_back(stage: Stage, champion: str) -> str:
    """A candidate that is good on clean data, and fails on a share of what really comes."""
    with stage.step("roll-back", "a commit that cannot do without the weather, and an outage of the weather") as step:
        known, good = stage.version_names(), stage.code.head()
        stage.commit("gradient_boosting", "Exact gradient boosting")
        version = stage.world.wait_new_version(known)
        name = str(version["metadata"]["name"])
        _tell_metrics(stage, version)
        stage.send("outage", flights.ROLLOUT_TRAFFIC, outage=OUTAGE)
        status = stage.world.wait_rolled_back(name, drained=False)
        stage.send("winter-again", flights.ROLLOUT_TRAFFIC)
        told = next(one for one in status["quarantined"] if one["name"] == name)
        insist(told["reason"] == "ErrorRateTooHigh", f"rolled back for {told['reason']}: {told['message']}")
        insist(stage.world.champion() == champion, "the champion has changed")
        stage.narrator.say(f"rolled back: {told['message']}")
        # the team takes its commit back: the version of the earlier commit is there, nothing is trained
        stage.go_back_to(good)
        step.facts |= {"version": name, "reason": told["reason"], "message": told["message"]}
    return name


def stay_stable(stage: Stage, champion: str) -> None:
    """Days like those that were trained on: Stable, and nothing is trained."""
    with stage.step("stable", "a replay of winter days: Stable, and no run") as step:
        runs = len(stage.world.runs())
        stage.send("winter-replay", flights.WINTER_REPLAY)
        monitor = manifests.drift_monitor()
        # the window is to hold the replay alone, not the outage before it
        _wait_out(stage, seconds_of(monitor["spec"]["window"]["length"]), "the window fills with the replay")
        stage.kubectl.apply(monitor)
        status = stage.world.wait_verdict("Stable")
        insist(len(stage.world.runs()) == runs, "a run was started without drift")
        insist(stage.world.champion() == champion, "the champion has changed")
        _tell_verdict(stage, status)
        step.facts |= {"verdict": "Stable", "rows": status["rows"]}


def drift(stage: Stage, champion: str) -> Document:
    """Summer comes: the newest partitions arrive as they always do, and the verdict names what moved."""
    with stage.step("drift", "summer: performance falls and inputs move, until the verdict is Drift") as step:
        for month in flights.SPRING:
            stage.upload("train", month, flights.partition(stage.frame, month))
        stage.upload("holdout", "2013-07", flights.holdout(stage.frame, "2013-07"))
        stage.send("summer", flights.SUMMER_REPLAY)
        # inputs may move some seconds before the labels that tell how good the answers were
        stage.world.wait_verdict("Drift", seconds=240, by="Performance")
        monitor = stage.kubectl.get("driftmonitors.leeboard.dev", NAME) or {}
        status = monitor["status"]
        insist(condition(status, "DriftDetected") == "True", "the condition does not say what the verdict says")
        insist(status["version"] == champion, "the verdict is about another version")
        _tell_verdict(stage, status)
        step.facts |= {"verdict": "Drift", "rows": status["rows"], "findings": status["findings"]}
    return monitor


def retrain(stage: Stage, champion: str, known: set[str]) -> str:
    """Drift → run → ModelVersion → canary → promoted."""
    with stage.step("retrain", "retrained on April to June, measured on the same holdout, canary, promoted") as step:
        version = stage.world.wait_new_version(known)
        name = str(version["metadata"]["name"])
        cause = version["spec"]["cause"]
        insist(cause["kind"] == "Drift", f"the cause is {cause}")
        insist(version["spec"]["parent"]["name"] == champion, f"the parent is {version['spec'].get('parent')}")
        stage.narrator.say(f"cause: {cause['kind']}, {cause.get('reason', '')}")
        _tell_metrics(stage, version)
        stage.send("later", flights.LATER_REPLAY)
        model = stage.world.wait_champion(name)
        stage.narrator.say(describe_rollout(model["status"]))
        step.facts["version"] = name
    return name


def _wait_out(stage: Stage, seconds: float, what: str) -> None:
    ends = time.monotonic() + seconds
    while (left := ends - time.monotonic()) > 0:
        stage.narrator.detail(f"{what}: {left:.0f} s left")
        time.sleep(min(left, 10))


def _tell_lineage(stage: Stage, version: Document) -> None:
    spec = version["spec"]
    train = next(one for one in spec["datasets"] if one["role"] == "Train")
    stage.narrator.block(
        "\n".join(
            (
                f"{version['metadata']['name']}",
                f"  commit    {spec['code']['commit'][:12]}, observed in the run",
                f"  image     …{spec['image']['reference'][-71:]}",
                f"  data      {', '.join(train['partitions'])}: {train['rows']} rows, {train['digest'][:19]}…",
                f"  artefact  {spec['artifact']['digest'][:19]}…, {spec['artifact']['bytes']} bytes",
                f"  profile   {spec['profile']['digest'][:19]}…",
            )
        )
    )
    _tell_metrics(stage, version)


def _tell_metrics(stage: Stage, version: Document) -> None:
    auc = metric(version, "roc_auc")
    stage.narrator.say(
        f"{version['metadata']['name']}: ROC AUC {auc['value']} [{auc['low']}, {auc['high']}] on {auc['dataset']}"
    )


def _tell_verdict(stage: Stage, status: Document) -> None:
    detected = next(one for one in status["conditions"] if one["type"] == "DriftDetected")
    stage.narrator.say(f"{status['verdict']}: {detected['message']}")
    told = {name: status.get(name) for name in ("verdict", "version", "rows", "findings", "episode")}
    stage.measured.setdefault("verdicts", []).append(told | {"message": detected["message"]})
