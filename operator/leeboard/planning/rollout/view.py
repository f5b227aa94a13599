"""What the rollout looks at: the recorded state beside what is live in the cluster."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from leeboard.api import names
from leeboard.api.autoscaling import Autoscaling
from leeboard.api.blue_green import BlueGreen
from leeboard.api.durations import parse_duration
from leeboard.api.model import Model
from leeboard.api.model_status import Candidate, Challenger, ModelStatus, ServedVersion
from leeboard.api.model_version import ModelVersion
from leeboard.planning.image_reference import pinned_as
from leeboard.planning.plan import Raw
from leeboard.planning.pod_problems import Problem
from leeboard.planning.problem_report import report
from leeboard.planning.rollout.selection import of_model, wanted_version
from leeboard.planning.rollout.weights import candidate_replicas, routed_replicas
from leeboard.planning.serving import proxied
from leeboard.planning.serving.deployment import (
    available_replicas,
    find,
    is_seen,
    server_image,
    serving_replicas,
    version_label,
)
from leeboard.planning.serving.problems import in_order, of_version, problems_of, refused_pods
from leeboard.planning.serving.service import live_apex, selects_only
from leeboard.planning.snapshot import ModelSnapshot
from leeboard.planning.traffic.routing import Routing

DRAIN = timedelta(seconds=30)
"""How long a version keeps its pods after traffic has left it, for connections that are still open."""


@dataclass(frozen=True)
class View:
    """A Model's snapshot at one moment."""

    snapshot: ModelSnapshot
    now: datetime

    @property
    def model(self) -> Model:
        """The Model as the API server has it."""
        return self.snapshot.model

    @property
    def status(self) -> ModelStatus:
        """The recorded state: what the children are planned from."""
        return self.snapshot.model.status

    @property
    def autoscaling(self) -> Autoscaling | None:
        """What says how many pods a champion has, where serving.replicas does not."""
        return self.model.spec.serving.autoscaling

    @property
    def pods_are_the_weight(self) -> bool:
        """Whether requests go to candidate and champion by their ready pods: a Service spreads them evenly."""
        return not self.routing.asked_for

    @property
    def held_replicas(self) -> int | None:
        """Pods that the champion had when a candidate began to share its requests, where an autoscaler gave it them."""
        candidate = self.status.candidate
        shares = candidate is not None and candidate.phase in ("Canary", "Promoting")
        return candidate.champion_replicas if candidate is not None and shares else None

    def scales(self, served: Candidate | Challenger) -> bool:
        """Whether a version has an autoscaler of its own: it has a share of the load that its pods do not decide."""
        if isinstance(served, Challenger):
            shares = served.phase == "Comparing" and served.place is not None
        else:
            shares = served.phase in ("Canary", "Promoting")
        return self.autoscaling is not None and shares and not self.pods_are_the_weight

    @cached_property
    def replicas(self) -> int:
        """Pods of a champion: those asked for, or those that its autoscaler has given it."""
        asked, champion = self.model.spec.serving.replicas, self.status.champion
        if self.autoscaling is None:
            return asked
        if self.held_replicas is not None and self.pods_are_the_weight:
            return self.held_replicas
        live = self.live(champion.name) if champion is not None else None
        return self.autoscaling.within(live["spec"].get("replicas", 1) if live is not None else asked)

    def whole(self, served: ServedVersion) -> bool:
        """Whether a version has the pods of a champion; of one that was autoscaled, all that it was left with."""
        live = self.live(served.name)
        if self.autoscaling is None or live is None:
            return self.available(served, self.replicas)
        return self.available(served, max(self.autoscaling.min, live["spec"].get("replicas", 1)))

    @cached_property
    def versions(self) -> dict[str, ModelVersion]:
        """The Model's versions by name."""
        return {version.metadata.name: version for version in of_model(self.model, self.snapshot.versions)}

    @cached_property
    def wanted(self) -> ModelVersion | None:
        """The version that should be on its way, or None."""
        return wanted_version(self.model, self.snapshot.versions)

    @cached_property
    def apex(self) -> Raw | None:
        """The live Service that callers know."""
        return live_apex(self.model, self.snapshot.services)

    @cached_property
    def routing(self) -> Routing:
        """How Gateways reach the versions."""
        return Routing(self.snapshot)

    @property
    def pinned(self) -> bool:
        """Whether a user named the version to serve."""
        return self.model.spec.promotion.policy == "Pinned"

    @property
    def returning(self) -> bool:
        """Whether a command goes back to an earlier version; what is pinned wins over it."""
        return self.status.rollback is not None and not self.pinned

    @property
    def direct(self) -> bool:
        """Whether the candidate is switched to when it is ready, without a canary."""
        rollout = self.model.spec.rollout
        at_once = self.pinned or self.returning or self.status.champion is None
        return at_once or rollout.strategy != "Canary" or not rollout.steps

    @property
    def ready_within(self) -> timedelta:
        """The longest time that pods may take to become ready."""
        return parse_duration(self.model.spec.serving.ready_within)

    def live(self, version: str) -> Raw | None:
        """The live Deployment of a version."""
        return find(self.snapshot.deployments, version)

    def serving(self, served: ServedVersion | None) -> int:
        """Pods of a version that can answer."""
        return serving_replicas(self.live(served.name)) if served else 0

    def marked(self, served: ServedVersion) -> bool:
        """Whether the version says itself that it has a place, and so cannot be deleted: before, it gets no request."""
        version = self.versions.get(served.name)
        return version is not None and version.status.serving_as != ""

    def asked(self, served: ServedVersion, replicas: int) -> bool:
        """Whether the live Deployment was asked for that many pods of the recorded image, and its controller knows."""
        live = self.live(served.name)
        if live is None or server_image(live) != served.images.server:
            return False
        return bool(live["spec"].get("replicas", 1) >= replicas) and is_seen(live)

    def available(self, served: ServedVersion, replicas: int) -> bool:
        """Whether the live Deployment was asked for that many pods of the recorded image, and has them."""
        return self.asked(served, replicas) and available_replicas(self.live(served.name)) >= replicas

    def pinned_image(self, served: ServedVersion) -> str | None:
        """The image a version is recorded with by tag, by the digest that its oldest pod runs; None where unknown."""
        label = names.label_value(served.name)
        pods = [pod for pod in self.snapshot.pods if version_label(pod) == label]
        for pod in sorted(pods, key=lambda pod: pod["metadata"].get("creationTimestamp") or ""):
            for status in proxied.statuses_of_leeboard(pod):
                pinned = pinned_as(served.images.server, str(status.get("imageID", "")))
                if pinned is not None:
                    return pinned
        return None

    def gone(self, served: ServedVersion) -> bool:
        """Whether nothing of a version is left that could answer."""
        label = names.label_value(served.name)
        pods = [pod for pod in self.snapshot.pods if version_label(pod) == label]
        return self.live(served.name) is None and all(pod["metadata"].get("deletionTimestamp") for pod in pods)

    def problems(self, version: str) -> tuple[Problem, ...]:
        """What keeps a version's pods from serving, the most severe first."""
        label, refused = names.label_value(version), refused_pods(self.live(version))
        found = problems_of(self.snapshot.pods, label, self.now, self.snapshot.warnings)
        return in_order((*found, refused)) if refused else found

    def troubles(self, version: str) -> str:
        """The same for a person: every kind of problem, with how many pods have it."""
        pods = of_version(self.snapshot.pods, names.label_value(version))
        return report(self.problems(version), len(pods))

    def only_two_serve(self) -> bool:
        """Whether champion and candidate are the only versions that have a Deployment or a pod that may answer."""
        places = (self.status.champion, self.status.candidate)
        known = {names.label_value(place.name) for place in places if place is not None}
        pods = (pod for pod in self.snapshot.pods if not pod["metadata"].get("deletionTimestamp"))
        serving = (pod for pod in pods if pod["metadata"].get("labels", {}).get(names.PART) == names.SERVER)
        return {version_label(one) for one in (*self.snapshot.deployments, *serving)} <= known

    def traffic_left(self, served: ServedVersion) -> bool:
        """Whether the apex Service reaches only the champion, which is another version, and no Gateway this one."""
        champion = self.status.champion
        if champion is None:
            return self.apex is None
        if champion.name == served.name or not selects_only(self.apex, champion.name):
            return False
        if isinstance(served, Challenger) and served.place is not None and self.now < self.challenger_leaves(served):
            return False
        return self.routing.left(served, _without_share_since(served), self.now)

    def challenger_leaves(self, one: Challenger) -> datetime:
        """When the pods of a challenger that had callers may go."""
        return (one.phase_started_at or one.since) + DRAIN

    def drain_ends(self, draining: ServedVersion) -> datetime:
        """When the champion before may go."""
        rollout = self.model.spec.rollout
        retained = rollout.strategy == "BlueGreen" and self.status.candidate is None
        delay = parse_duration((rollout.blue_green or BlueGreen()).scale_down_delay) if retained else DRAIN
        return draining.since + max(DRAIN, delay)

    def roll_back_ends(self, candidate: Candidate) -> datetime:
        """When the pods of a candidate that is rolled back may go."""
        if self.status.champion is None:
            return self.now
        return (candidate.step_started_at or candidate.since) + DRAIN

    def candidate_pods(self, candidate: Candidate) -> int:
        """How many pods the candidate should have in its phase."""
        if self.direct or candidate.phase == "Promoting":
            return self.replicas
        steps = self.model.spec.rollout.steps
        weight = steps[min(candidate.step, len(steps) - 1)].weight
        counted = routed_replicas if self.routing.asked_for else candidate_replicas
        return counted(self.replicas, weight)

    def shares_traffic(self) -> bool:
        """Whether the apex Service should reach the candidate beside the champion."""
        candidate = self.status.candidate
        asked = candidate is not None and candidate.phase in ("Canary", "Promoting") and candidate.requested_weight > 0
        return asked and not self.routing.asked_for and self.only_two_serve()


def _without_share_since(served: ServedVersion) -> datetime:
    """When a version that leaves lost its share of the requests."""
    if isinstance(served, Candidate):
        return served.step_started_at or served.since
    if isinstance(served, Challenger) and served.place is not None:
        return served.phase_started_at or served.since
    return served.since
