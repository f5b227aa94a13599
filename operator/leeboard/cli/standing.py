"""How a version stands with its Model: whether it serves, served, was rolled back, or may serve at all."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from leeboard.api.model import Model
from leeboard.api.model_version import Metric, ModelVersion
from leeboard.cli.show import styles

Word = Literal[
    "champion",
    "candidate",
    "challenger",
    "earlier champion",
    "quarantined",
    "rejected",
    "awaiting approval",
    "accepted",
    "registered",
]

_STYLES: dict[Word, str] = {
    "champion": styles.GOOD,
    "candidate": styles.NOTICE,
    "challenger": styles.NOTICE,
    "earlier champion": "",
    "quarantined": styles.BAD,
    "rejected": styles.BAD,
    "awaiting approval": styles.NOTICE,
    "accepted": "",
    "registered": "",
}
_OF_PHASE: dict[str, Word] = {
    "Rejected": "rejected",
    "AwaitingApproval": "awaiting approval",
    "Accepted": "accepted",
}


@dataclass(frozen=True)
class Standing:
    """A word for it; `reason` in one word and `message` for a person where there is one; since when, where known."""

    word: Word
    reason: str = ""
    message: str = ""
    since: datetime | None = None

    @property
    def style(self) -> str:
        """Its colour."""
        return _STYLES[self.word]


def parents(versions: Iterable[ModelVersion]) -> frozenset[tuple[str, str]]:
    """Namespace and name of every version that was champion when another one was trained."""
    return frozenset((one.metadata.namespace, one.spec.parent.name) for one in versions if one.spec.parent is not None)


def standing(version: ModelVersion, model: Model | None, parents: frozenset[tuple[str, str]]) -> Standing:
    """How a version stands; `model` is None where it does not exist any more, and then nothing serves."""
    name, place = version.metadata.name, (version.metadata.namespace, version.metadata.name)
    if model is not None:
        now = _now(name, model)
        if now is not None:
            return now
    if place in parents:
        return Standing("earlier champion")
    word, ready = _OF_PHASE.get(version.status.phase, "registered"), version.condition("Ready")
    if word == "rejected" and ready is not None:
        return Standing(word, ready.reason, ready.message)
    return Standing(word)


def _now(name: str, model: Model) -> Standing | None:
    status = model.status
    if status.champion is not None and status.champion.name == name:
        return Standing("champion", since=status.champion.since)
    shut_out = next((one for one in status.quarantined if one.name == name), None)
    if shut_out is not None:
        return Standing("quarantined", shut_out.reason, shut_out.message, shut_out.at)
    if status.candidate is not None and status.candidate.name == name:
        candidate = status.candidate
        return Standing("candidate", candidate.reason, candidate.message, candidate.since)
    for one in status.challengers:
        if one.name == name:
            return Standing("challenger", one.reason, one.message, one.since)
    if status.draining is not None and status.draining.name == name:
        return Standing("earlier champion", message="its pods are drained now")
    return None


def main_metric(version: ModelVersion, model: Model | None) -> Metric | None:
    """The metric that decides: that of the Model's first gate, else the first that was measured; None without any."""
    measured = {metric.name: metric for metric in reversed(version.spec.metrics)}
    gates = model.spec.promotion.gates if model is not None else ()
    decisive = next((measured[gate.metric] for gate in gates if gate.metric in measured), None)
    return decisive or next(iter(version.spec.metrics), None)


def verified(version: ModelVersion) -> str:
    """Whether commit, image and data of a version were observed by its run, in words."""
    spec = version.spec
    if spec.source.import_ is not None:
        return "no: imported, nobody observed by which code and data it was made"
    if spec.code is None or not spec.code.verified:
        return "no: the code came with the image"
    return "yes: commit, image and data were observed by the run"
