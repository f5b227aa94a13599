"""Serving: how each version of a Model is served."""

from typing import Literal

from leeboard.api.artifact_cache import ArtifactCache
from leeboard.api.autoscaling import Autoscaling
from leeboard.api.base import SpecModel
from leeboard.api.feedback import FeedbackAccess
from leeboard.api.fields import PositiveDuration, described
from leeboard.api.model_server import ModelServer
from leeboard.api.pod import PodTemplateOverrides, Resources
from leeboard.api.request_log import RequestLogging
from leeboard.api.verification import Verification


class Acceleration(SpecModel):
    """Faster forms of a version."""

    onnx: Literal["Auto", "Never"] = described(
        "Auto: a version is served as ONNX where that answers as the trained model does. Never: as it was trained.",
        default="Auto",
    )


class Serving(SpecModel):
    """How a version is served."""

    replicas: int = described("Pods of the champion, a count.", default=1, ge=1, le=100)
    resources: Resources = described("CPU and memory of the server container.", default=Resources())
    ready_within: PositiveDuration = described(
        "Longest time a new version's pods may take to become ready.", default="5m"
    )
    allow_unsafe_formats: bool = described(
        "True: versions may be of a format that runs code which came with the model (python, sklearn-pickle, "
        "sklearn-joblib). Whoever may write the stored model then runs code in the namespace's pods.",
        default=False,
    )
    cache: ArtifactCache | None = described(
        "A claim that keeps the files of versions for the next pod; without it every pod downloads them.", default=None
    )
    verification: Verification = described(
        "What a version has to prove beside its digest before it is served.", default=Verification()
    )
    access_log: bool | None = described(
        "Whether the server logs a line about every request: its id, route, status, rows and seconds. Absent: no.",
        default=None,
    )
    feedback: FeedbackAccess | None = described(
        "Who may send labels to /feedback; without it whoever reaches the Service.", default=None
    )
    logging: RequestLogging | None = described(
        "Which rows of requests are stored with their inputs; none without it.", default=None
    )
    acceleration: Acceleration | None = described(
        "Which faster forms of a version are made and served; all that there are without it.", default=None
    )
    server: ModelServer | None = described(
        "A server of one's own, in the place of Leeboard's. Absent: Leeboard's.", default=None
    )
    autoscaling: Autoscaling | None = described(
        "How the number of the champion's pods follows from their CPU; replicas is then what a first version begins "
        "with. Absent: replicas says it.",
        default=None,
    )
    pod_template_overrides: PodTemplateOverrides = described(
        "Allowed changes to the pods.", default=PodTemplateOverrides()
    )

    @property
    def as_onnx(self) -> bool:
        """Whether versions may be served as ONNX."""
        return self.acceleration is None or self.acceleration.onnx == "Auto"
