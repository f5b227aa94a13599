"""ModelVersion: one immutable, content-addressed model with its full lineage."""

from datetime import datetime
from typing import ClassVar, Literal

from leeboard.api.artifact_uri import TRAINED_IN_BUCKETS, ArtifactUri
from leeboard.api.base import Condition, LocalReference, Resource, SpecModel
from leeboard.api.cel import rules
from leeboard.api.fields import ATOMIC, Column, Digest, Figure, Name, ObjectUri, Text, described, list_map
from leeboard.api.lineage import Cause, CodeRecord, DatasetRecord
from leeboard.api.model_format import StoredFormat
from leeboard.api.version_past import RolledBack, VersionPast


class TrainingSource(SpecModel):
    """The run that made a version."""

    name: str = described("Name of the TrainingJob.", min_length=1, max_length=253)
    uid: str = described("UID of the TrainingJob.", max_length=64)
    run: str = described("Identity of the run.", min_length=1, max_length=63)


class ImportSource(SpecModel):
    """A model that was made elsewhere."""

    reason: Text = described("Why it was imported, and from where.")


class Source(SpecModel):
    """Where a version comes from: exactly one of the two."""

    model_config = SpecModel.model_config | {
        "json_schema_extra": rules(
            ("has(self.trainingJob) != has(self.__import__)", "source needs exactly one of trainingJob and import")
        )
    }

    training_job: TrainingSource | None = described("The run that trained it.", default=None)
    import_: ImportSource | None = described(
        "Why and from where it was imported, when no run trained it.", default=None, alias="import"
    )


class Artifact(SpecModel):
    """The stored model."""

    uri: ArtifactUri = described(
        "Folder with manifest.json: in a bucket (s3://bucket/…); an imported version may also lie on a web server "
        "(https://host/…), in a claim of the namespace (pvc://claim/…) or in an image (oci://repository@sha256:…)."
    )
    digest: Digest = described("Digest of the manifest, which holds the digest of every file.")
    format: StoredFormat = described(
        "Format of the stored model. sklearn-skops, onnx, xgboost and lightgbm load without running its own code;"
        " python, sklearn-pickle and sklearn-joblib run it, and load only where the Model allows that."
        " opaque: registered only, never loaded."
    )
    bytes: int = described("Size of all files, in bytes.", ge=0)
    libraries: dict[str, str] = described(
        "Versions of the libraries that wrote it, such as scikit-learn, by their names; those that are known.",
        default={},
        max_length=16,
    )


class Image(SpecModel):
    """The image that trained."""

    reference: str = described(
        "repository@sha256:… as the node reported it.",
        min_length=1,
        max_length=600,
        json_schema_extra=rules(("self.matches('sha256:[0-9a-f]{64}$')", "must end in the image's digest")),
    )


class Environment(SpecModel):
    """Python and packages that ran the training."""

    python: str = described("Version of Python, such as 3.11.9.", default="", max_length=64)
    lock_digest: Digest | None = described("Digest of all installed packages with their versions.", default=None)


class Tensor(SpecModel):
    """One input or output in terms of the Open Inference Protocol."""

    name: Column = described("Name of the input or output.")
    datatype: str = described("Open Inference Protocol datatype, such as FP64 or BYTES.", max_length=16)
    shape: tuple[int, ...] = described(
        "Length of each dimension; -1 is the batch.", default=(-1,), max_length=8, json_schema_extra=ATOMIC
    )


class Signature(SpecModel):
    """What the model takes and answers."""

    inputs: tuple[Tensor, ...] = described(
        "Inputs that the model takes, in order.", default=(), max_length=500, json_schema_extra=ATOMIC
    )
    outputs: tuple[Tensor, ...] = described(
        "Outputs that the model gives, in order.", default=(), max_length=50, json_schema_extra=ATOMIC
    )


class Metric(SpecModel):
    """A measured figure with its 95 % interval."""

    name: Name = described("Name of the metric, such as roc_auc.")
    value: Figure = described("Measured value, in the metric's unit.")
    low: Figure = described("Lower end of the 95 % interval.")
    high: Figure = described("Upper end of the 95 % interval.")
    dataset: str = described("Dataset it was measured on.", default="", max_length=63)
    digest: Digest | None = described("Digest of the dataset it was measured on.", default=None)


class Comparison(SpecModel):
    """Candidate and champion on the same rows."""

    champion: str = described("Name of the ModelVersion that was champion at the time.", max_length=253)
    metrics: tuple[Metric, ...] = described(
        "Figures of that champion on the same rows.", default=(), max_length=32, json_schema_extra=ATOMIC
    )
    differences: tuple[Metric, ...] = described(
        "Candidate minus champion, with the interval of the paired difference.",
        default=(),
        max_length=32,
        json_schema_extra=ATOMIC,
    )


class StoredFile(SpecModel):
    """A file in object storage."""

    uri: ObjectUri = described("Where the file lies in object storage.")
    digest: Digest = described("Digest of the file's bytes.")


class Parity(SpecModel):
    """How a converted model was held against the trained one."""

    rows: int = described("Rows that were compared: the holdout, and rows built to tell the two apart.", ge=1)
    worst: Figure = described("Largest difference of an answer, relative to the trained model's where that exceeds 1.")


class Accelerated(StoredFile):
    """A version as ONNX, which answers as the trained model does."""

    bytes: int = described("Size of the file, in bytes.", ge=1)
    parity: Parity = described("What was compared, and how far apart they are.")


class Parent(SpecModel):
    """The version before."""

    name: str = described("Name of the ModelVersion.", min_length=1, max_length=253)
    relation: Literal["Retrained"] = described("How this version came from it.", default="Retrained")


class ModelVersionSpec(SpecModel):
    """One model with its lineage. Nothing in it ever changes."""

    model_config = SpecModel.model_config | {
        "json_schema_extra": rules(
            ("self == oldSelf", "the spec of a ModelVersion is immutable"),
            (
                "!has(self.source.__import__) || !has(self.code) || !self.code.verified",
                "the code of an imported version is not verified: no run observed it",
            ),
            (
                TRAINED_IN_BUCKETS,
                "artifact.uri of a trained version is in a bucket (s3://); only an imported one may lie elsewhere",
            ),
            (
                "!has(self.source.trainingJob) || has(self.code) && has(self.image) && has(self.cause)"
                " && has(self.profile) && has(self.goldenSamples) && has(self.metrics) && size(self.metrics) > 0"
                " && has(self.signature) && has(self.signature.inputs) && size(self.signature.inputs) > 0"
                " && has(self.datasets) && self.datasets.exists(d, d.role == 'Train')"
                " && self.datasets.exists(d, d.role == 'Holdout')",
                "a trained version needs code, image, datasets of both roles, metrics, signature, profile,"
                " goldenSamples and cause",
            ),
        )
    }

    model_ref: LocalReference = described("The Model it is a version of.")
    source: Source = described("Where the version comes from: a run, or an import.")
    artifact: Artifact = described("The stored model, by its digest.")
    code: CodeRecord | None = described("The code that trained it, as the run observed it.", default=None)
    image: Image | None = described("The image that trained it, by its digest.", default=None)
    datasets: tuple[DatasetRecord, ...] = described(
        "What it was trained and evaluated on.", default=(), max_length=16, json_schema_extra=ATOMIC
    )
    params: dict[str, str] = described("Parameters of the training.", default={}, max_length=100)
    seed: int = described("Seed of the training's random numbers.", default=0, ge=0)
    environment: Environment | None = described("Python and packages that ran the training.", default=None)
    signature: Signature = described("What the model takes and answers.", default=Signature())
    metrics: tuple[Metric, ...] = described(
        "Figures of this version on the holdout.", default=(), max_length=32, json_schema_extra=ATOMIC
    )
    comparison: Comparison | None = described("The champion on the same holdout.", default=None)
    profile: StoredFile | None = described(
        "Distributions of the reference, which drift is measured against.", default=None
    )
    golden_samples: StoredFile | None = described(
        "Inputs with the answers that the loaded model has to give.", default=None
    )
    accelerated: Accelerated | None = described(
        "The version as ONNX, which is served where Model.spec.serving.acceleration allows it.", default=None
    )
    not_accelerated: str = described("Why there is none, where one was tried.", default="", max_length=512)
    parent: Parent | None = described("The version that was champion when this one was trained.", default=None)
    cause: Cause | None = described("What started the training.", default=None)


class GateResult(SpecModel):
    """What one gate of the Model's promotion rule said."""

    gate: str = described("The gate, such as Threshold roc_auc.", max_length=128)
    passed: bool = described("True when the version is good enough.")
    message: Text = described("The figures that the gate looked at, and what it wanted.", default="")


class ModelVersionStatus(SpecModel):
    """Whether the version may serve."""

    observed_generation: int = described(
        "Generation of the spec this status is about; -1 before the first look.", default=-1
    )
    phase: Literal["", "Registered", "AwaitingApproval", "Accepted", "Rejected"] = described(
        "Where the version is on its way to serving.", default=""
    )
    gates: tuple[GateResult, ...] = described(
        "What the gates said; decided once.", default=(), max_length=16, json_schema_extra=ATOMIC
    )
    approved_by: str = described("User who approved the version.", default="", max_length=253)
    serving_as: Literal["", "Champion", "Candidate", "Challenger", "Draining", "Pinned"] = described(
        "The place that its Model gives it; while it has one it cannot be deleted.", default=""
    )
    champion_since: datetime | None = described(
        "When it last became champion; kept when its Model is deleted: made anew, it serves this version again.",
        default=None,
    )
    rolled_back: RolledBack | None = described(
        "That it was rolled back, and why; kept when its Model is deleted.", default=None
    )
    restored: VersionPast | None = described(
        "What was known of it where it was exported, when it was restored; noted once, from leeboard.dev/restored.",
        default=None,
    )
    conditions: tuple[Condition, ...] = described(
        "State of the version, one entry a type; Ready is always there.",
        default=(),
        max_length=16,
        json_schema_extra=list_map("type"),
    )


class ModelVersion(Resource[ModelVersionSpec, ModelVersionStatus]):
    """One immutable model with its full lineage."""

    KIND: ClassVar[str] = "ModelVersion"
    PLURAL: ClassVar[str] = "modelversions"
    SHORT_NAME: ClassVar[str] = "mv"

    kind: str = "ModelVersion"
