"""The series of one object, read from its status. Of what is not known there is none."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from functools import lru_cache
from typing import Any

from leeboard.api.durations import parse_duration
from leeboard.api.model_version import ModelVersion
from leeboard.controllers.base import Cache, Key, model_of
from leeboard.engine import object_families as families
from leeboard.engine.drift_series import figures_series, number_in
from leeboard.engine.outcomes import ENDED, moment_of, seconds_of
from leeboard.observability.families import Family
from leeboard.planning.drift.verdict import LEAST_PATIENCE, STALE_AFTER_EVALUATIONS
from leeboard.planning.plan import Raw

Series = tuple[Family, list[str], float]

VERDICTS = ("Drift", "Stable", "Inconclusive")
MODEL_FIGURES = timedelta(minutes=10)
"""How old the figures of a Model may be. They are renewed with every round of the evaluator, half a minute apart."""

_duration = lru_cache(maxsize=1024)(parse_duration)


def readiness(raw: Raw) -> str:
    """The status of the condition Ready: True, False or Unknown."""
    return next((str(one["status"]) for one in _conditions(raw) if one["type"] == "Ready"), "Unknown")


def awaits_approval(raw: Raw) -> bool:
    """Whether a version waits for somebody's approval."""
    return any(one["type"] == "AwaitingApproval" for one in _conditions(raw))


def needs_a_look(raw: Raw) -> bool:
    """Whether the object is not ready, drifts, or moves traffic."""
    status = status_of(raw)
    return readiness(raw) != "True" or status.get("verdict") == "Drift" or bool(status.get("candidate"))


def series(raw: Raw, cache: Cache) -> Iterator[Series]:
    """Every series of an object of one of the four kinds."""
    of_kind = {"Model": _model, "ModelVersion": _version, "TrainingJob": _training, "DriftMonitor": _monitor}
    yield from of_kind[raw["kind"]](raw, cache)


def _model(raw: Raw, cache: Cache) -> Iterator[Series]:
    status, address = status_of(raw), _address(raw)
    champion, candidate = status.get("champion") or {}, status.get("candidate") or {}
    yield _ready(raw)
    yield families.QUARANTINED, address, len(status.get("quarantined", ()))
    if champion:
        of_champion = [*address, champion["name"]]
        yield from _at(families.CHAMPION_SINCE, of_champion, champion.get("since"))
        version = cache.get(Key(ModelVersion.KIND, address[0], champion["name"])) or {"metadata": {}}
        yield from _at(families.CHAMPION_REGISTERED, of_champion, version["metadata"].get("creationTimestamp"))
        yield from _at(families.EXPIRY, ["Model", *address], _observed(status), MODEL_FIGURES)
    yield from _weights(address, champion.get("name"), candidate)
    if candidate:
        labels = [*address, candidate["name"], candidate.get("phase", "")]
        began = candidate.get("stepStartedAt") or candidate.get("since")
        yield from _at(families.STAGE_DUE, labels, began, _shortest(raw, candidate))


def _weights(address: list[str], champion: str | None, candidate: Raw) -> Iterator[Series]:
    if champion and not candidate:
        yield families.WEIGHT, [*address, champion, "champion", "requested"], 100.0
    if not candidate:
        return
    for weight in ("requested", "replica", "observed"):
        share = candidate.get(f"{weight}Weight", None if weight == "observed" else 0)
        if share is None:
            continue
        yield families.WEIGHT, [*address, candidate["name"], "candidate", weight], share
        if champion:
            yield families.WEIGHT, [*address, champion, "champion", weight], 100 - share


def _shortest(raw: Raw, candidate: Raw) -> timedelta:
    """The least time of the candidate's stage; until its pods are ready, the longest that they may take."""
    spec = raw.get("spec") or {}
    if candidate.get("phase") == "Starting":
        return _duration((spec.get("serving") or {}).get("readyWithin", "5m"))
    if candidate.get("phase") == "Staged":
        return _duration(((spec.get("rollout") or {}).get("staging") or {}).get("duration", "0s"))
    steps, step = (spec.get("rollout") or {}).get("steps") or (), candidate.get("step", 0)
    if candidate.get("phase") == "Canary" and step < len(steps):
        return _duration(steps[step]["duration"])
    return timedelta(0)


def _version(raw: Raw, _: Cache) -> Iterator[Series]:
    namespace, name = _address(raw)
    for one in _conditions(raw):
        if one["type"] == "AwaitingApproval":
            yield from _at(families.AWAITING_APPROVAL, [namespace, model_of(raw), name], one.get("lastTransitionTime"))


def _training(raw: Raw, _: Cache) -> Iterator[Series]:
    labels, runs = [*_address(raw), model_of(raw)], status_of(raw).get("runs", ())
    yield _ready(raw)
    counted = Counter((str(run.get("phase", "")), str(run.get("reason", ""))) for run in runs)
    for outcome, count in sorted(counted.items()):
        yield families.RUNS, [*labels, *outcome], count
    ended = [run for run in runs if run.get("phase") in ENDED]
    failures = 0
    while failures < len(ended) and ended[-1 - failures]["phase"] == "Failed":
        failures += 1
    yield families.FAILURES, labels, failures
    succeeded = [run["finishedAt"] for run in ended if run["phase"] == "Succeeded" and run.get("finishedAt")]
    yield from _at(families.LAST_SUCCESS, labels, succeeded[-1] if succeeded else None)
    took = seconds_of(ended[-1]) if ended else None
    if took is not None:
        yield families.LAST_DURATION, labels, took


def _monitor(raw: Raw, _: Cache) -> Iterator[Series]:
    labels, status = [*_address(raw), model_of(raw)], status_of(raw)
    yield _ready(raw)
    for verdict in VERDICTS:
        yield families.VERDICT, [*labels, verdict], float(status.get("verdict") == verdict)
    for check, score in _scores(status).items():
        yield families.SCORE, [*labels, check], score
    yield families.ROWS, labels, status.get("rows", 0)
    yield from _labels(labels, (status.get("evaluation") or {}).get("labels") or {})
    yield from _at(families.EVALUATED, labels, _observed(status))
    yield families.UNHELPFUL, labels, status.get("unhelpful", 0)
    named = (one.get("trainingJobRef") for one in status.get("requests", ()))
    asked = Counter(str(reference["name"]) for reference in named if reference)
    for training_job, count in sorted(asked.items()):
        yield families.ASKED, [*labels, training_job], count
    episode = status.get("episode") or {}
    if not episode.get("endedAt"):
        yield from _at(families.EPISODE, labels, episode.get("startedAt"))
    every = (raw["spec"].get("window") or {}).get("every", "10m")
    patience = max(LEAST_PATIENCE, STALE_AFTER_EVALUATIONS * _duration(every))
    yield from _at(families.EXPIRY, ["DriftMonitor", *_address(raw)], _observed(status), patience)


def figures_of(raw: Raw) -> Iterator[Series]:
    """The series of a DriftMonitor's figures: more than all others of it together."""
    labels = [*_address(raw), model_of(raw)]
    yield from figures_series(raw["spec"], status_of(raw).get("evaluation") or {}, labels)


def _labels(labels: list[str], figures: Raw) -> Iterator[Series]:
    if figures:
        yield families.LABELLED, labels, figures.get("rows", 0)
        yield families.ARRIVED, labels, figures.get("arrived", 0)
    for percentile, delay in (figures.get("delaySeconds") or {}).items():
        seconds = number_in(delay)
        if seconds is not None:
            yield families.LABEL_DELAY, [*labels, percentile], seconds


def _scores(status: Raw) -> dict[str, float]:
    """By type of check: how far its strongest finding lies from the threshold, as `planning.drift.checks` has it."""
    scores: dict[str, float] = {}
    for finding in status.get("findings", ()):
        value, threshold = number_in(finding.get("value")), number_in(finding.get("threshold"))
        if value is None or threshold is None:
            continue
        score = value / threshold if threshold > 0 else (math.inf if value > 0 else 0.0)
        scores[finding["check"]] = max(score, scores.get(finding["check"], -math.inf))
    return scores


def status_of(raw: Raw) -> Raw:
    """The status, or an empty one."""
    status: Raw = raw.get("status") or {}
    return status


def _conditions(raw: Raw) -> list[Raw]:
    """All of them; AwaitingApproval is only there while it is True."""
    return list(status_of(raw).get("conditions", ()))


def _ready(raw: Raw) -> Series:
    return families.READY, [raw["kind"], *_address(raw)], float(readiness(raw) == "True")


def _at(family: Family, labels: list[str], text: Any, later: timedelta = timedelta(0)) -> Iterator[Series]:
    moment = moment_of(text)
    if moment is not None:
        yield family, labels, (moment + later).timestamp()


def _observed(status: Raw) -> Any:
    return (status.get("evaluation") or {}).get("observedAt")


def _address(raw: Raw) -> list[str]:
    return [raw["metadata"]["namespace"], raw["metadata"]["name"]]
