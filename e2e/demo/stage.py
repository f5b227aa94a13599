"""Everything a step of the demo needs."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from e2e.demo import flights, manifests, training
from e2e.demo.flights import Selection
from e2e.demo.manifests import NAME, NAMESPACE, Places
from e2e.demo.traffic import Segment, Target, Traffic, Whereabouts
from e2e.support.buckets import Buckets
from e2e.support.git_project import GitProject
from e2e.support.installation import Images
from e2e.support.kubectl import Document, Kubectl
from e2e.support.narrator import Narrator, Step
from e2e.support.platform import Platform
from e2e.support.world import World

DATA, MODELS, OBSERVATIONS = "flights", "models", "observations"
"""The buckets."""


class NotClosed(AssertionError):
    """The loop did not close: something is not as the story says."""


def insist(true: bool, text: str) -> None:
    """Raises NotClosed with the text."""
    if not true:
        raise NotClosed(text)


@dataclass
class Stage:
    """The cluster, what the team of the story owns, and what is measured on the way; `frame` holds all flights."""

    cluster: Platform
    images: Images
    narrator: Narrator
    frame: pd.DataFrame
    build: Path
    kubectl: Kubectl
    world: World
    buckets: Buckets
    code: GitProject
    places: Places
    measured: dict[str, Any] = field(default_factory=dict)
    sent: Traffic | None = None
    callers: Whereabouts | None = None

    @classmethod
    def set_up(cls, cluster: Platform, images: Images, narrator: Narrator, frame: pd.DataFrame, build: Path) -> "Stage":
        """The stage before anything of the team is there."""
        kubectl, endpoints = cluster.kubectl(NAMESPACE), cluster.endpoints
        return cls(
            cluster=cluster,
            images=images,
            narrator=narrator,
            frame=frame,
            build=build,
            kubectl=kubectl,
            world=World(kubectl, narrator, NAME),
            buckets=Buckets(cluster),
            code=GitProject.begin(build / "training-code", cluster.repository(NAME), lambda: cluster.published(NAME)),
            places=Places(
                s3=endpoints["s3"]["cluster"],
                repository=f"{endpoints['git']['cluster']}/{NAME}.git",
                image=images.serving,
            ),
        )

    @contextmanager
    def step(self, name: str, title: str) -> Iterator[Step]:
        """A step of the story; its facts go into the report."""
        with self.narrator.step(name, title) as step:
            yield step

    # what the team does
    def upload(self, dataset: str, month: str, rows: pd.DataFrame) -> None:
        """Store a month of a dataset."""
        self.buckets.put(DATA, f"{dataset}/{month}/{flights.FILE}", flights.parquet(rows))

    def commit(self, estimator: training.Estimator, message: str) -> str:
        """Commit the training code with another estimator, and have the TrainingJob name that commit."""
        commit = self.code.commit(training.files(estimator), message)
        self.kubectl.apply(manifests.training_job(self.places, commit))
        return commit

    def go_back_to(self, commit: str) -> None:
        """Have the TrainingJob name an earlier commit again, as a revert in Git would."""
        self.kubectl.apply(manifests.training_job(self.places, commit))

    def version_names(self) -> set[str]:
        """All ModelVersions."""
        return {version["metadata"]["name"] for version in self.world.versions()}

    # what the callers do
    @property
    def traffic(self) -> Traffic:
        """What is sent, once the first version serves."""
        insist(self.sent is not None, "no traffic has been started")
        assert self.sent is not None
        return self.sent

    def open_traffic(self) -> None:
        """Send to the Services as any caller would: from outside the cluster, unless callers run in one of its pods."""
        addresses = {
            name: (self.kubectl.get("service", name) or {})["spec"]["clusterIP"] for name in (NAME, f"{NAME}-feedback")
        }
        target = Target(
            url=f"http://{addresses[NAME]}:8080",
            model=NAME,
            feedback_url=f"http://{addresses[f'{NAME}-feedback']}:8081/feedback",
            label_delay=3,
            # a kept connection stays with the pod it was made to: callers that renew theirs see a canary sooner
            lifetime=5,
        )
        self.sent = Traffic(target, self.build / "traffic.json", where=self.callers)

    def send(self, name: str, selection: Selection, *, outage: float = 0.0, loop: bool = True) -> None:
        """Send these flights from now on; with an outage, that share of the requests lacks the weather."""
        rows = flights.replay(self.frame, selection)
        if outage:
            rows = flights.outage(rows, outage, seed=7)
        path = self.build / f"{name}.parquet"
        flights.segment(rows).to_parquet(path, index=False)
        self.traffic.start(
            Segment(
                name=name,
                rows=path,
                rate=flights.ROWS_A_SECOND,
                rows_per_request=flights.ROWS_PER_REQUEST,
                loop=loop,
            )
        )

    def insist_on_zero_failures(self, step: Step) -> None:
        """No request has failed since the traffic began. Raises NotClosed."""
        totals = self.traffic.counts().totals
        insist(totals.failed == 0, f"{totals.failed} of {totals.requests} requests failed: {dict(totals.failures)}")
        step.facts["requests"], step.facts["failed"] = totals.requests, 0
        self.narrator.say(f"{totals.requests} requests sent so far, none failed")


def metric(version: Document, name: str) -> Document:
    """One metric of a ModelVersion."""
    found: Document = next(one for one in version["spec"]["metrics"] if one["name"] == name)
    return found
