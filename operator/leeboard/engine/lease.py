"""The record of a Lease, and what a contender does about it: pure functions of what was seen, when, and the time.

The algorithm is client-go's (tools/leaderelection). Moments are seconds of the local monotonic clock: a record that
somebody else holds is good for its duration *from when it was first seen as it is*, so that the clocks of two machines
need not agree. What is written as acquireTime and renewTime is for people.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from leeboard.kube.resources import LEASE
from leeboard.planning.plan import Raw


@dataclass(frozen=True)
class Timing:
    """In seconds: how long a lease is good for others, how long its holder trusts it, and how often either tries.

    Raises ValueError unless the holder stops well before others may begin, and may try again before it stops.
    """

    duration: float = 15.0
    renew_deadline: float = 10.0
    retry_period: float = 2.0

    def __post_init__(self) -> None:
        if self.duration < 1 or not float(self.duration).is_integer():
            raise ValueError(f"the lease's duration is a whole number of seconds: {self.duration:g}")
        if not self.duration > self.renew_deadline:
            raise ValueError(f"the renew deadline ({self.renew_deadline:g} s) is before the lease ends")
        if not self.renew_deadline > 1.2 * self.retry_period > 0:
            raise ValueError(f"the retry period ({self.retry_period:g} s) fits more than once into the renew deadline")

    @property
    def request_deadline(self) -> float:
        """The longest that one request may take: two fit into the time in which a renewal has to succeed."""
        return self.renew_deadline / 2


@dataclass(frozen=True)
class Record:
    """The spec of a Lease; `holder` is empty when nobody holds it."""

    holder: str
    duration: int
    acquired: str
    renewed: str
    transitions: int

    @classmethod
    def of(cls, lease: Raw) -> Record:
        """The record of a raw Lease; fields that are missing or null are empty, as the API allows."""
        spec: dict[str, Any] = lease.get("spec") or {}
        return cls(
            holder=str(spec.get("holderIdentity") or ""),
            duration=int(spec.get("leaseDurationSeconds") or 0),
            acquired=str(spec.get("acquireTime") or ""),
            renewed=str(spec.get("renewTime") or ""),
            transitions=int(spec.get("leaseTransitions") or 0),
        )

    def written_to(self, lease: Raw) -> Raw:
        """The Lease with this record in it; what else it holds stays."""
        spec = {
            "holderIdentity": self.holder,
            "leaseDurationSeconds": self.duration,
            "acquireTime": self.acquired,
            "renewTime": self.renewed,
            "leaseTransitions": self.transitions,
        }
        return {**lease, "spec": {**(lease.get("spec") or {}), **spec}}


@dataclass(frozen=True)
class Observation:
    """What was read last: `record` is None when there was no Lease.

    `since` is when it was first seen as it is, `held_until` until when whoever was last seen holding it may go on.
    """

    record: Record | None
    since: float
    held_until: float


class Decision(Enum):
    """What to do now."""

    WAIT = "wait"
    WRITE = "write"
    LOST = "lost"


def observe(before: Observation | None, record: Record | None, now: float) -> Observation:
    """What is known after a read: only a change of the record starts its time anew."""
    if before is not None and before.record == record:
        return before
    if record is None:
        return Observation(None, now, before.held_until if before is not None else now)
    return Observation(record, now, now + record.duration if record.holder else now)


def decide(identity: str, seen: Observation, *, leading: bool, now: float, timing: Timing) -> Decision:
    """What a contender, or the one who leads, does about what it has read.

    A Lease that is absent was never there, or somebody deleted it. Who leads writes it again with the next renewal;
    others leave time for that, and for whoever held it when they last saw it.
    """
    if leading:
        return Decision.WRITE if seen.record is None or seen.record.holder == identity else Decision.LOST
    if seen.record is None:
        free_at = max(seen.held_until, seen.since + 2 * timing.retry_period)
    elif seen.record.holder in ("", identity):
        return Decision.WRITE  # our own name: a write of ours was carried out although its answer was lost
    else:
        free_at = seen.held_until
    return Decision.WRITE if now >= free_at else Decision.WAIT


def held_by(identity: str, before: Record | None, now: datetime, timing: Timing) -> Record:
    """The record by which `identity` takes the lease or renews it."""
    moment = micro_time(now)
    if before is None:
        return Record(identity, int(timing.duration), moment, moment, 0)
    if before.holder == identity:
        return replace(before, duration=int(timing.duration), renewed=moment)
    return Record(identity, int(timing.duration), moment, moment, before.transitions + 1)


def released(before: Record, now: datetime) -> Record:
    """The record by which its holder gives the lease away: anybody may take it at once."""
    moment = micro_time(now)
    return replace(before, holder="", duration=1, acquired=moment, renewed=moment)


def new_lease(namespace: str, name: str) -> Raw:
    """A Lease without a record."""
    return {
        "apiVersion": LEASE.api_version,
        "kind": LEASE.kind,
        "metadata": {"name": name, "namespace": namespace},
        "spec": {},
    }


def micro_time(moment: datetime) -> str:
    """A moment with time zone as Kubernetes' MicroTime: UTC, six digits, Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
