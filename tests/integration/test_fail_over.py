"""Two operators under their own ServiceAccount on a real API server: who works, and what happens when that one ends.

The API server's audit log says which of the two processes asked for what, by the id of its token.
"""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from e2e.cluster.audit import Request
from e2e.cluster.control_plane import ControlPlane
from tests.support.installation import SYSTEM, OperatorProcess, eventually, install
from tests.support.tenant import Document, Tenant, asked_for, tenant
from tests.support.training_world import evaluation_result, training_result

pytestmark = pytest.mark.apiserver

USER = f"system:serviceaccount:{SYSTEM}:leeboard-operator"
READS = {"get", "list", "watch"}
LEASE = {
    "LEEBOARD_LEASE_DURATION": "10s",
    "LEEBOARD_LEASE_RENEW_DEADLINE": "8s",
    "LEEBOARD_LEASE_RETRY_PERIOD": "1s",
}
DURATION, RETRY = 10.0, 1.2
A_BUSY_MACHINE = 20.0


@pytest.fixture(scope="module")
def plane() -> Iterator[ControlPlane]:
    with ControlPlane() as running:
        install(running)
        yield running
        assert not [one for one in running.requests_of(USER) if one.status == 403]


def started(plane: ControlPlane, folder: Path, *, standby: bool = False) -> OperatorProcess:
    return OperatorProcess(plane, folder, standby=standby, **LEASE)


def requests(plane: ControlPlane, operator: OperatorProcess, since: float = 0.0) -> list[Request]:
    """What one process has asked for since a moment, in seconds since 1970."""
    return [one for one in plane.requests_of(USER) if one.credential == operator.credential and one.at >= since]


def begun(plane: ControlPlane, operator: OperatorProcess, name: str) -> tuple[Tenant, str]:
    """A namespace with a run that is recorded and has its training Job; gives both."""
    made = tenant(plane, operator, name)
    made.kubectl.apply(*asked_for())
    run = made.status("trainingjob", "late-flights", "lastRun")["lastRun"]
    made.one("jobs", f"leeboard.dev/run={run}")
    return made, run


def goes_on(made: Tenant, run: str) -> None:
    """The run is carried on to its version by whoever leads now, and nothing is done a second time."""
    made.finish(made.one("jobs", f"leeboard.dev/run={run},leeboard.dev/part=training"), "train", training_result(run))
    evaluation = made.one("jobs", f"leeboard.dev/run={run},leeboard.dev/part=evaluation")
    made.finish(evaluation, "evaluate", evaluation_result(run))
    made.one("deployments", "leeboard.dev/model=late-flights")
    assert len(made.kubectl.all("jobs")) == 2
    assert len(made.kubectl.all("modelversions")) == 1


def lease(plane: ControlPlane) -> Document:
    found = plane.client(SYSTEM).get("lease", "leeboard-operator")
    assert found is not None
    spec: Document = found["spec"]
    return spec


def taken_over(operator: OperatorProcess, since: float) -> float:
    """Seconds from a moment of the monotonic clock until the process leads and has listed everything."""
    eventually(operator.leads, "the standby leads", operator.log, seconds=DURATION + RETRY + A_BUSY_MACHINE)
    return time.monotonic() - since


def test_the_standby_reads_the_lease_and_nothing_else_and_takes_over_when_it_is_released(
    plane: ControlPlane, tmp_path: Path
) -> None:
    with started(plane, tmp_path) as first, started(plane, tmp_path, standby=True) as second:
        released, run = begun(plane, first, "released")
        time.sleep(2 * RETRY)
        asked = requests(plane, second)
        assert {(one.verb, one.resource, one.namespace) for one in asked} == {("get", "leases", SYSTEM)}
        assert len(asked) >= 2
        master = 'leader_election_master_status{name="leeboard-operator"}'
        assert f"{master} 1.0" in first.probe("/metrics")[1]
        assert f"{master} 0.0" in second.probe("/metrics")[1]
        assert second.probe("/healthz")[0] == 200
        told = time.monotonic()
        assert first.stop() == 0, first.log()[-6000:]
        seconds = taken_over(second, told)
        print(f"taken over {seconds:.1f} s after SIGTERM")
        assert seconds < DURATION, "it waited until the lease ran out"
        assert lease(plane)["leaseTransitions"] >= 1
        released.operator = second
        goes_on(released, run)
        assert second.stop() == 0, second.log()[-6000:]
        assert not lease(plane).get("holderIdentity")
        assert first.problems() == []
        assert second.problems() == []


def test_a_leader_that_is_killed_is_followed_within_the_leases_time_and_its_run_goes_on_as_one(
    plane: ControlPlane, tmp_path: Path
) -> None:
    with started(plane, tmp_path) as first, started(plane, tmp_path, standby=True) as second:
        killed, run = begun(plane, first, "killed")
        died = time.monotonic()
        first.kill()
        seconds = taken_over(second, died)
        print(f"taken over {seconds:.1f} s after SIGKILL")
        killed.operator = second
        goes_on(killed, run)
        assert second.stop() == 0, second.log()[-6000:]
        assert second.problems() == []


def test_a_leader_that_stood_still_past_its_lease_writes_nothing_when_it_goes_on_and_ends(
    plane: ControlPlane, tmp_path: Path
) -> None:
    with started(plane, tmp_path) as first, started(plane, tmp_path, standby=True) as second:
        frozen, run = begun(plane, first, "frozen")
        first.send(signal.SIGSTOP)
        taken_over(second, time.monotonic())
        frozen.operator = second
        # what the stopped process is told of when it goes on, and would have acted on
        goes_on(frozen, run)
        late, late_run = begun(plane, second, "late")
        resumed = time.time()
        first.send(signal.SIGCONT)
        status = eventually(lambda: first.ended() or None, "the old leader ends", first.log, seconds=60)
        assert status == 1, first.log()[-6000:]
        written = [one for one in requests(plane, first, since=resumed) if one.verb not in READS]
        assert written == []
        assert "leads no more" in json.dumps(first.problems())
        assert second.leads()
        goes_on(late, late_run)
        assert second.stop() == 0, second.log()[-6000:]
