"""What is shown and kept at the end: lineage, picture, report.json; and whether the loop really closed."""

import contextlib
import io
import json
import time
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from e2e.demo import later_data
from e2e.demo.later_data import Later
from e2e.demo.manifests import NAME, NAMESPACE
from e2e.demo.picture import Report, draw
from e2e.demo.picture.collecting import steps_from, versions_from
from e2e.demo.picture.report import Comparison, Drift, Measurement, Moment
from e2e.demo.stage import Stage, insist
from e2e.demo.traffic import TrafficState
from e2e.support.kubectl import Document
from leeboard.api.model_version import ModelVersion
from leeboard.cli.main import main as leeboard

OUTAGE_SEGMENT = "outage"
LINEAGE_PARTS = ("code", "image", "datasets", "artifact", "metrics", "profile", "goldenSamples", "environment", "cause")


def compare_on_later_data(stage: Stage, old: str, retrained: str) -> list[Later]:
    """The retrained version is better on flights that came later, or the loop has not helped."""
    with stage.step("later", "old champion and retrained version on July and August, which neither has seen") as step:
        versions = {version["metadata"]["name"]: version for version in stage.world.versions()}
        found = later_data.compare(stage, versions[old], versions[retrained], stage.build / "artefacts")
        for one in found:
            stage.narrator.say(
                f"{one.period}, {one.metric}: {one.old.value:.3f} → {one.retrained.value:.3f} on {one.rows} flights"
            )
        auc = [one for one in found if one.metric == "roc_auc"]
        insist(all(one.gain.low > 0 for one in auc), f"retraining has not helped: {auc}")
        step.facts["later"] = [asdict(one) for one in found]
    return found


def insist_on_closed_loop(stage: Stage, champion: str) -> None:
    """What has to be seen at the end. Raises NotClosed."""
    with stage.step("closed", "is the loop closed?"):
        status = stage.world.model()["status"]
        insist(status["champion"]["name"] == champion, f"the champion is {status['champion']['name']}")
        versions = stage.world.versions()
        last = next(one for one in versions if one["metadata"]["name"] == champion)
        insist(last["spec"]["cause"]["kind"] == "Drift", "the champion's cause is not Drift")
        for version in versions:
            _insist_on_lineage(version)
        stage.narrator.block(stage.kubectl("get", "mdl,mv,tj,dm"))


def _insist_on_lineage(version: Document) -> None:
    name, spec = version["metadata"]["name"], version["spec"]
    for part in LINEAGE_PARTS:
        insist(bool(spec.get(part)), f"{name} has no {part}")
    parsed = ModelVersion.parse(version).spec
    insist(parsed.code is not None and parsed.code.verified and bool(parsed.code.commit), f"{name}: no observed commit")
    insist(all(one.digest for one in parsed.datasets), f"{name}: a dataset without digest")


def show_lineage(stage: Stage) -> str:
    """`leeboard lineage`, as a user would ask for it."""
    with stage.step("lineage", f"leeboard lineage {NAME}"):
        written = io.StringIO()
        with contextlib.redirect_stdout(written):
            code = leeboard(["--kubeconfig", str(stage.cluster.kubeconfig), "-n", NAMESPACE, "lineage", NAME])
        insist(code == 0, f"leeboard lineage ended with exit code {code}")
        stage.narrator.block(written.getvalue())
    return written.getvalue()


def judge_traffic(stage: Stage) -> TrafficState:
    """Requests failed only while a bad candidate was on trial during the outage. Raises NotClosed."""
    with stage.step("traffic", "the callers' own count") as step:
        state = stage.traffic.stop()
        for segment in state.segments:
            failed = f"{segment.failed} of {segment.requests} requests failed while {segment.name}"
            stage.narrator.say(failed)
            if segment.name != OUTAGE_SEGMENT:
                insist(segment.failed == 0, f"{failed}: {dict(segment.failures)}")
        totals = state.totals
        step.facts |= {"requests": totals.requests, "failed": totals.failed, "rows": totals.rows}
    return state


def report(stage: Stage, traffic: TrafficState, drift: Drift, later: list[Later], lineage: str) -> None:
    """build/demo: report.json, lineage.txt and drift.html."""
    now, monotonic = datetime.now(UTC), time.monotonic()
    versions, model = stage.world.versions(), stage.world.model()
    served = {name for segment in traffic.segments for name in segment.versions}
    picture = Report(
        title="Late flights, kept from drifting",
        subtitle="Flights of New York 2013, replayed in order on a real Kubernetes node",
        steps=steps_from(stage.narrator.steps, now=now, monotonic=monotonic),
        moments=_moments(stage, drift),
        traffic=traffic,
        versions=versions_from(versions, model, served=served),
        drift=drift,
        performance=_comparisons(later, stage),
        facts={
            "failed but for the outage": str(sum(one.failed for one in traffic.segments if one.name != OUTAGE_SEGMENT))
        },
    )
    (stage.build / "drift.html").write_text(draw(picture), encoding="utf-8")
    (stage.build / "lineage.txt").write_text(lineage, encoding="utf-8")
    document = {
        "steps": [{"name": s.name, "title": s.title, "seconds": s.seconds, **s.facts} for s in stage.narrator.steps],
        "requests": traffic.totals.dump(),
        "segments": [one.dump() for one in traffic.segments],
        "labels": traffic.labels.dump(),
        "versions": [_version(one) for one in versions],
        "verdicts": stage.measured["verdicts"],
        "later": [asdict(one) for one in later],
    }
    text = json.dumps(document, indent=1, default=str, ensure_ascii=False)
    (stage.build / "report.json").write_text(text, encoding="utf-8")


def _version(version: Document) -> dict[str, Any]:
    parts = ("code", "image", "datasets", "artifact", "metrics", "profile", "cause", "parent", "params", "seed")
    return {"name": version["metadata"]["name"]} | {part: version["spec"].get(part) for part in parts}


def _moments(stage: Stage, drift: Drift) -> tuple[Moment, ...]:
    """Promotions and rollbacks, from the Events of the Model."""
    kinds = {"Promoted": "Promotion", "RolledBack": "Rollback"}
    moments = [Moment(time=drift.time, text="drift", kind="Drift")]
    for event in stage.kubectl.all("events"):
        kind, at = kinds.get(event["reason"]), event.get("firstTimestamp") or event.get("eventTime")
        if kind and event["involvedObject"]["kind"] == "Model" and at:
            text = {"Promotion": "promoted", "Rollback": "rolled back"}[kind]
            moments.append(Moment.model_validate({"time": at, "text": text, "kind": kind}))
    return tuple(sorted(moments, key=lambda one: one.time))


def _comparisons(later: list[Later], stage: Stage) -> tuple[Comparison, ...]:
    old, new = stage.measured["oldChampion"], stage.measured["champion"]
    measurements = []
    for one in (one for one in later if one.metric == "roc_auc"):
        for label, version, found in (("old champion", old, one.old), ("retrained", new, one.retrained)):
            measurements.append(
                Measurement(
                    label=f"{label}, {one.period}",
                    version=version,
                    value=found.value,
                    low=found.low,
                    high=found.high,
                    note=f"{one.rows} flights",
                )
            )
    return (Comparison(metric="roc_auc", higher_is_better=True, measurements=tuple(measurements)),)
