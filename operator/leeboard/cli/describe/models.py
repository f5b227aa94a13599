"""What is said of a Model."""

from collections.abc import Iterator
from datetime import datetime

from leeboard.api.model import Model
from leeboard.api.model_status import Candidate, Challenger
from leeboard.api.reward_metric import RewardMetric
from leeboard.cli import comparing
from leeboard.cli.describe.guards import guards
from leeboard.cli.describe.page import Fact
from leeboard.cli.progress import samples, stage, time_left, weights
from leeboard.cli.show.moments import age, utc
from leeboard.planning.rollout.challengers.terms import terms_of


def facts(model: Model, now: datetime) -> Iterator[Fact]:
    """What is asked for, what serves, and what is on its way."""
    spec, status = model.spec, model.status
    if spec.owners:
        yield "owners", ", ".join(spec.owners)
    yield "predicts", spec.prediction.task
    yield "promotion", _promotion(model)
    yield "rollout", _rollout(model)
    if status.champion is not None:
        since = f"since {utc(status.champion.since)} ({age(status.champion.since, now)})"
        yield "champion", f"{status.champion.name}, {spec.serving.replicas} replicas, {since}"
    if status.candidate is not None:
        yield from _candidate(model, status.candidate, now)
    for one in status.challengers:
        yield from _challenger(model, one, now)
    if status.rollback is not None:
        by = f" by DriftMonitor {status.rollback.asked_by}" if status.rollback.asked_by else ""
        yield "rollback", f"to {status.rollback.to}, asked for{by} {age(status.rollback.since, now)} ago"
    if status.draining is not None:
        yield "draining", f"{status.draining.name}, since {age(status.draining.since, now)}"
    if status.commands.pause:
        yield "held", "by leeboard.dev/pause: no stage ends, nothing is promoted"
    for out in status.quarantined:
        yield "rolled back", f"{out.name}, {age(out.at, now)} ago: {out.reason}: {out.message}"
    for told in status.monitor_answers:
        came = "done" if told.accepted else "refused"
        yield "asked by monitor", f"{told.monitor}, {age(told.at, now)} ago: {came}: {told.message}"
    answer = status.commands.answer
    if answer is not None:
        came = "done" if answer.accepted else "refused"
        yield "last command", f"{answer.command} {answer.id}, {age(answer.at, now)} ago: {came}: {answer.message}"


def _promotion(model: Model) -> str:
    promotion = model.spec.promotion
    policy = f"Pinned to {promotion.version}" if promotion.policy == "Pinned" else promotion.policy
    gates = []
    for gate in promotion.gates:
        bounds = (("at least", gate.min), ("at most", gate.max), ("may drop by", gate.max_drop))
        said = " and ".join(f"{word} {bound}" for word, bound in bounds if bound is not None)
        gates.append(f"{gate.type} {gate.metric} {said}")
    return f"{policy}; {'; '.join(gates)}" if gates else f"{policy}; no gates"


def _rollout(model: Model) -> str:
    rollout = model.spec.rollout
    steps = ", ".join(f"{step.weight} % for {step.duration}" for step in rollout.steps)
    asked = ", ".join(guard.title for guard in rollout.analysis.guards)
    longest, shadow = rollout.analysis.max_duration, rollout.shadow
    compared = f"copies of {shadow.percent} % for {shadow.duration}, then {shadow.then}" if shadow is not None else ""
    guarded = f"guarded by {asked}" if asked else ""
    parts = [rollout.strategy, steps, compared, _tested(model), guarded, f"{longest} at most" if longest else ""]
    return "; ".join(part for part in parts if part)


def _tested(model: Model) -> str:
    test, bandit = model.spec.rollout.ab_test, model.spec.rollout.bandit
    if bandit is not None:
        least = f"shares follow the rewards, {bandit.floor} % at least, every {bandit.interval} at most"
        return f"{least}; {_metric(bandit.reward)}, most requests for {bandit.duration}, then {bandit.then}"
    if test is None:
        return ""
    callers = f"{terms_of(model).percent} % of the callers each, by {test.assignment.type}"
    return f"{callers}; {_metric(test.metric)} for {test.duration}, then {test.then}"


def _metric(metric: RewardMetric) -> str:
    goal = "most" if metric.maximizes else "least"
    return f"{goal} {metric.metric}" if metric.metric is not None else f"{goal} of {metric.type}"


def _challenger(model: Model, one: Challenger, now: datetime) -> Iterator[Fact]:
    yield "challenger", f"{one.name}: {one.phase}, for {age(one.since, now)}"
    if one.phase == "Comparing":
        routed = one.place is not None
        of = f"{comparing.copied(one)} of the"
        sharers = "requests" if model.spec.rollout.bandit is not None else "callers"
        share = f"{of} {sharers}" if routed else f"copies of {of} champion's requests"
        yield "", f"{share} (asked, counted)"
        counted = "predictions" if routed else "copies"
        left = comparing.time_left(model, one, now)
        yield "", ", ".join(part for part in (f"{counted} {comparing.copies(model, one)}", left) if part)
        said = comparing.earned(model, one) if routed else comparing.pairs(model, one)
        if told := ", ".join(part for part in (said, comparing.chance(one)) if part):
            yield "", told
    if one.reason:
        yield "waits for", ": ".join(part for part in (one.reason, one.message) if part)


def _candidate(model: Model, candidate: Candidate, now: datetime) -> Iterator[Fact]:
    yield "candidate", f"{candidate.name}: {stage(model, candidate)}, for {age(candidate.since, now)}"
    if candidate.phase != "RollingBack":
        yield "", f"weight {weights(candidate)} (asked, pods, requests)"
        if counted := samples(model, candidate):
            yield "", f"samples {counted}"
        if left := time_left(model, candidate, now):
            yield "", left
        if candidate.forecast:
            yield "needs", candidate.forecast
        yield from guards(model, candidate)
    if candidate.inconclusive_since is not None:
        yield "held", f"without a verdict, since {utc(candidate.inconclusive_since)}: promote or abort it"
    if candidate.reason:
        yield "waits for", ": ".join(part for part in (candidate.reason, candidate.message) if part)
