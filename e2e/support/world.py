"""One Model with its TrainingJob and DriftMonitor as a person sees them: what they are now, and what is waited for."""

from dataclasses import dataclass

from e2e.support.kubectl import Document, Kubectl
from e2e.support.narrator import Narrator
from e2e.support.waiting import Failed, wait_for

OVER = ("Failed", "NoNewData")


@dataclass(frozen=True)
class World:
    """Model, TrainingJob and DriftMonitor have one name. Seconds are wall-clock seconds."""

    kubectl: Kubectl
    narrator: Narrator
    name: str

    def model(self) -> Document:
        """The Model as it is now; an empty document before it exists."""
        return self.kubectl.get("models.leeboard.dev", self.name) or {}

    def champion(self) -> str | None:
        """The champion's name."""
        name: str | None = (self.model().get("status", {}).get("champion") or {}).get("name")
        return name

    def versions(self) -> list[Document]:
        """All ModelVersions, oldest first."""
        found = self.kubectl.all("modelversions.leeboard.dev")
        return sorted(found, key=lambda v: (v["metadata"]["creationTimestamp"], v["metadata"]["name"]))

    def runs(self) -> list[Document]:
        """The runs recorded in the TrainingJob's status."""
        job = self.kubectl.get("trainingjobs.leeboard.dev", self.name) or {}
        runs: list[Document] = job.get("status", {}).get("runs", [])
        return runs

    def monitor(self) -> Document:
        """The DriftMonitor's status."""
        found = self.kubectl.get("driftmonitors.leeboard.dev", self.name) or {}
        status: Document = found.get("status", {})
        return status

    def wait_new_version(self, known: set[str], seconds: float = 300) -> Document:
        """Wait for a ModelVersion whose name is not known; a failed run ends the wait at once."""
        before = {run["id"] for run in self.runs() if run.get("phase") in OVER}

        def look() -> tuple[Document | None, str]:
            fresh = [v for v in self.versions() if v["metadata"]["name"] not in known]
            if fresh:
                return fresh[-1], ""
            runs = self.runs()
            for run in runs:
                if run["id"] not in before and run.get("phase") in OVER:
                    raise Failed(f"run {run['id']} ended {run.get('phase')}: {run.get('reason')} {run.get('message')}")
            seen = ", ".join(f"run {r['id']} {r.get('phase')}" for r in runs[-1:]) or "no run yet"
            return None, seen

        return wait_for("new version", look, seconds=seconds, narrator=self.narrator)

    def wait_champion(self, name: str, seconds: float = 240) -> Document:
        """Wait until a version is champion and the Model is Ready; a quarantined version ends the wait at once."""

        def look() -> tuple[Document | None, str]:
            model = self.model()
            status = model.get("status", {})
            if name in quarantined(status):
                raise Failed(f"{name} was rolled back: {status.get('quarantined')}")
            is_champion = (status.get("champion") or {}).get("name") == name and not status.get("candidate")
            if is_champion and condition(status, "Ready") == "True":
                return model, ""
            return None, describe_rollout(status)

        return wait_for(f"{name} champion", look, seconds=seconds, narrator=self.narrator)

    def wait_rolled_back(self, name: str, seconds: float = 240, *, drained: bool = True) -> Document:
        """Wait until a version is quarantined, and its pods are gone; its promotion ends the wait at once."""

        def look() -> tuple[Document | None, str]:
            status = self.model().get("status", {})
            if (status.get("champion") or {}).get("name") == name:
                raise Failed(f"{name} was promoted")
            if name in quarantined(status) and not (drained and status.get("candidate")):
                return status, ""
            return None, describe_rollout(status)

        return wait_for(f"{name} rolled back", look, seconds=seconds, narrator=self.narrator)

    def wait_verdict(self, verdict: str, seconds: float = 300, *, by: str | None = None) -> Document:
        """Wait for a verdict of the DriftMonitor, and with `by` until a check of that type says so too."""

        def look() -> tuple[Document | None, str]:
            status = self.monitor()
            said = {one["check"] for one in status.get("findings", []) if one["verdict"] == verdict}
            if status.get("verdict") == verdict and by in (None, *said):
                return status, ""
            rows = status.get("evaluation", {}).get("rows", 0)
            reason = next((c for c in status.get("conditions", []) if c["type"] == "DriftDetected"), {})
            return None, f"{status.get('verdict', 'no verdict')} ({rows} rows) {reason.get('message', '')}"

        return wait_for(f"verdict {verdict}", look, seconds=seconds, narrator=self.narrator, every=2)


def quarantined(status: Document) -> set[str]:
    """Names of versions that were rolled back."""
    return {entry["name"] for entry in status.get("quarantined", [])}


def condition(status: Document, kind: str) -> str | None:
    """The status of one condition: True, False, Unknown or None where it is absent."""
    return next((c["status"] for c in status.get("conditions", []) if c["type"] == kind), None)


def describe_rollout(status: Document) -> str:
    """One line about a rollout: weights and why it waits."""
    candidate = status.get("candidate") or {}
    if not candidate:
        ready = next((c for c in status.get("conditions", []) if c["type"] == "Ready"), {})
        return f"champion {(status.get('champion') or {}).get('name')}; {ready.get('reason')}: {ready.get('message')}"
    weights = " / ".join(
        f"{label} {candidate.get(key, '–')} %"
        for label, key in (
            ("requested", "requestedWeight"),
            ("replicas", "replicaWeight"),
            ("observed", "observedWeight"),
        )
    )
    return f"canary {candidate.get('name')} {weights}; {candidate.get('message', '')}"
