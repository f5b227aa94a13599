"""The routes of a Model as they are and as they should be, and what follows for its rollout."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from leeboard.api.model import Model
from leeboard.api.model_status import Candidate, Challenger, ModelStatus, ServedVersion
from leeboard.api.reasons import Reason
from leeboard.planning.plan import ObjectRef, Raw
from leeboard.planning.serving.deployment import available_since, find, serving_replicas, version_label
from leeboard.planning.snapshot import ModelSnapshot
from leeboard.planning.traffic.acceptance import Acceptance, acceptance, of_all
from leeboard.planning.traffic.arms import Arm, shared_out
from leeboard.planning.traffic.callers import arms_of_callers, shares_of
from leeboard.planning.traffic.leaving import UNSEEN, is_quiet
from leeboard.planning.traffic.routes import GRPC_ROUTE, HTTP_ROUTE, named, route_name, routes, weights
from leeboard.planning.traffic.taken_over import SETTLED, has_taken_over
from leeboard.planning.traffic.version_service import is_version_service, version_service, version_service_name


@dataclass(frozen=True)
class Routing:
    """A Model's snapshot, as far as Gateways are concerned. With `traffic.mode` Service there are no routes."""

    snapshot: ModelSnapshot

    @property
    def model(self) -> Model:
        """The Model as the API server has it."""
        return self.snapshot.model

    @property
    def status(self) -> ModelStatus:
        """The recorded state: what routes are planned from."""
        return self.model.status

    @property
    def asked_for(self) -> bool:
        """Whether requests come by a Gateway."""
        return self.model.spec.traffic.mode == "Gateway"

    @property
    def possible(self) -> bool:
        """Whether the installation lets the operator make routes."""
        return self.snapshot.settings.gateway

    @cached_property
    def arms(self) -> tuple[Arm, ...]:
        """The served versions with their shares in percent, some of them 0; none before there is a champion."""
        champion, test = self.status.champion, self.model.spec.rollout.ab_test
        if champion is None:
            return ()
        sharing = {one.name: one.requested_weight for one in self._sharing()}
        shares = {place.name: 0 for place in self._places()} | sharing
        shares[champion.name] = max(0, 100 - sum(sharing.values()))
        ready = [name for name in shares if self._ready(name)]
        callers = tuple(one for one in shares_of(self.status) if one.version in ready)
        if test is not None and callers and champion.name in ready:
            return arms_of_callers(test.assignment, callers, ready, champion.name, self._path)
        return shared_out(shares, ready, champion.name)

    @cached_property
    def wanted(self) -> tuple[Raw, ...]:
        """The routes as they should be."""
        if not self.asked_for or not self.possible or not self.arms:
            return ()
        return routes(self.model, self.arms)

    @property
    def services(self) -> tuple[Raw, ...]:
        """The Services of the versions that have a place."""
        if not self.asked_for or not self.possible:
            return ()
        return tuple(version_service(self.model, one.name) for one in self._places())

    @property
    def leaving(self) -> Iterator[ObjectRef]:
        """Routes that are not asked for any more, and Services of versions that no route names."""
        if not self.possible:
            return
        gateway = self.model.spec.traffic.gateway
        kinds = [HTTP_ROUTE, *([GRPC_ROUTE] if gateway.grpc is not None else [])] if gateway is not None else []
        wanted = {(kind, route_name(self.model, kind)) for kind in kinds}
        yield from (ObjectRef.of(route) for route in self.snapshot.routes if _identity(route) not in wanted)
        kept = {one["metadata"]["name"] for one in self.services}
        kept |= {name for route in self.snapshot.routes for name in named(route)}
        for live in self.snapshot.services:
            if is_version_service(live) and live["metadata"]["name"] not in kept:
                yield ObjectRef.of({"apiVersion": "v1", "kind": "Service"} | live)

    @cached_property
    def acceptance(self) -> Acceptance:
        """What is said of the routes that are wanted."""
        if not self.possible:
            return Acceptance(Reason.GATEWAY_DISABLED, "the operator may make no routes of the Gateway API")
        missing = sorted(self.snapshot.missing_kinds & {route["kind"] for route in self.wanted})
        if missing:
            text = f"the API server knows no {' and no '.join(missing)} of gateway.networking.k8s.io/v1"
            return Acceptance(Reason.GATEWAY_API_MISSING, text)
        found = [(self._live(route), route) for route in self.wanted]
        if not found or any(live is None for live, _ in found):
            return Acceptance(Reason.ROUTE_PENDING, "the route is not made yet")
        return of_all(acceptance(live) for live, _ in found if live is not None)

    @property
    def believed(self) -> bool:
        """Whether a Gateway has taken over the shares that are asked for.

        A parent says so, or does not refuse them and the exporters count them. What was believed once stays so in its
        stage, until a parent refuses.
        """
        told, candidate, champion = self.acceptance, self.status.candidate, self.status.champion
        if not self._is_live or told.current:
            return self._is_live
        if not told.accepted or told.refused or candidate is None or champion is None or candidate.phase != "Canary":
            return False
        taken = has_taken_over(self.status.evaluation, candidate, champion.name, self._share_before(candidate))
        return candidate.routed_at is not None or taken

    @property
    def carries(self) -> bool:
        """Whether Gateways have taken a route as it is asked for, or one before it and refuse nothing."""
        told = self.acceptance
        return self._is_live and told.accepted and not told.refused

    def gives_callers(self, one: Challenger) -> bool:
        """Whether a Gateway has taken over the rules for the callers of a challenger: a parent says so, or does not
        refuse them and the exporters count their requests."""
        told, champion = self.acceptance, self.status.champion
        if not self._is_live or told.current or champion is None:
            return self._is_live
        return told.accepted and not told.refused and has_taken_over(self.status.evaluation, one, champion.name, 0)

    def knows(self, candidate: ServedVersion, now: datetime) -> bool:
        """Whether Gateways have had the time to learn of a version that has its pods, and no requests yet.

        A parent has accepted the route that names it, or has accepted it as it was before, refuses nothing, and has had
        its time.
        """
        told, until = self.acceptance, self.known_by(candidate)
        waited = until is not None and now >= until
        return self._is_live and (told.current or (told.accepted and not told.refused and waited))

    def known_by(self, candidate: ServedVersion) -> datetime | None:
        """When a version has had its pods, and so its place in the routes, for SETTLED; None while it lacks some."""
        since = available_since(find(self.snapshot.deployments, candidate.name))
        return since + SETTLED if self.asked_for and since is not None else None

    def left(self, served: ServedVersion, since: datetime, now: datetime) -> bool:
        """Whether no Gateway sends a version requests any more, which has had no share since a moment.

        No route names it, the parents that have accepted one have accepted that, and the version's own exporters have
        counted no request in a whole window since. Without such figures UNSEEN has to be over.
        """
        name = version_service_name(self.model.metadata.name, served.name)
        if any(name in weights(route) for route in self.snapshot.routes):
            return False
        if not self.asked_for or now >= since + UNSEEN:
            return True
        told = [acceptance(route) for route in self.snapshot.routes]
        lagging = any(one.accepted and not one.current for one in told)
        return not lagging and is_quiet(self.status.evaluation, served.name, since)

    def reaches(self, label: str) -> bool:
        """Whether a live route gives the version with that label a share."""
        named = {name for route in self.snapshot.routes for name in weights(route)}
        own = (one for one in self.snapshot.services if is_version_service(one))
        return any(version_label(one) == label and one["metadata"]["name"] in named for one in own)

    def _sharing(self) -> Iterator[Candidate | Challenger]:
        """Who has a share of the requests beside the champion."""
        candidate = self.status.candidate
        if candidate is not None and candidate.phase in ("Canary", "Promoting"):
            yield candidate
        yield from (one for one in self.status.challengers if one.place is not None and one.phase == "Comparing")

    @property
    def _path(self) -> str:
        gateway = self.model.spec.traffic.gateway
        return gateway.path if gateway is not None else "/"

    def _places(self) -> Iterator[ServedVersion]:
        routed = (one for one in self.status.challengers if one.place is not None)
        places = (self.status.champion, self.status.candidate, self.status.draining, *routed)
        yield from (place for place in places if place is not None)

    def _ready(self, version: str) -> bool:
        return serving_replicas(find(self.snapshot.deployments, version)) > 0

    @property
    def _is_live(self) -> bool:
        """Whether the live routes give the shares that are asked for."""
        found = [(self._live(route), route) for route in self.wanted]
        return bool(found) and all(live is not None and named(live) == named(route) for live, route in found)

    def _share_before(self, candidate: Candidate) -> int:
        steps = self.model.spec.rollout.steps[: candidate.step]
        return steps[-1].weight if steps else 0

    def _live(self, wanted: Raw) -> Raw | None:
        return next((route for route in self.snapshot.routes if _identity(route) == _identity(wanted)), None)


def _identity(route: Raw) -> tuple[str, str]:
    return route["kind"], route["metadata"]["name"]
