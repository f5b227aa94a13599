"""TrainingJob: how a model is trained, when, and within which limits."""

from datetime import datetime
from typing import Any, ClassVar, Literal

from pydantic import Field

from leeboard.api import cron
from leeboard.api.base import Condition, LocalReference, Resource, SpecModel
from leeboard.api.cel import rules
from leeboard.api.commands import MOST_CHARACTERS, CommandAnswer
from leeboard.api.dataset import Dataset
from leeboard.api.fields import (
    ATOMIC,
    BucketFolderUri,
    Duration,
    PositiveDuration,
    Text,
    WebUrl,
    described,
    list_map,
)
from leeboard.api.lineage import Cause, DatasetRecord
from leeboard.api.pod import PodTemplateOverrides, Resources
from leeboard.api.storage import StorageAccess


class Code(SpecModel):
    """Where the training code comes from."""

    model_config = SpecModel.model_config | {
        "json_schema_extra": rules(
            ("self.from != 'Git' || has(self.repository)", "code from Git needs repository"),
            (
                "self.from != 'Image' || !has(self.repository) && !has(self.secretRef)",
                "code from Image has no repository and no secretRef",
            ),
        )
    }

    from_: Literal["Git", "Image"] = Field(
        alias="from",
        description="Git: cloned by every run, the commit is recorded. Image: in the image, shown as unverified.",
    )
    repository: WebUrl | None = described("Address of the Git repository, http or https.", default=None)
    revision: str = described(
        "Branch, tag or commit to train from.",
        default="HEAD",
        min_length=1,
        max_length=255,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]*$",
    )
    secret_ref: LocalReference | None = described(
        "Secret with the keys username and password for the repository.", default=None
    )


class Output(SpecModel):
    """Where the results of runs go."""

    uri: BucketFolderUri = described("Folder in object storage; every run writes below <uri><run>/.")


class Polling(SpecModel):
    """How often something outside the cluster is looked at."""

    every: PositiveDuration = described("Time between two looks, such as 10m.")


class Schedule(SpecModel):
    """Runs at fixed times."""

    cron: str = described(
        "Five cron fields: minute, hour, day of month, month, day of week, as in crontab(5).",
        min_length=9,
        max_length=128,
        json_schema_extra=rules(
            (
                f"self.matches('{cron.PATTERN}')",
                "needs five fields: minute 0-59, hour 0-23, day 1-31, month 1-12 or jan-dec, weekday 0-7 or sun-sat",
            )
        ),
    )
    time_zone: str = described(
        "IANA time zone of the cron fields, such as America/New_York.",
        default="UTC",
        min_length=1,
        max_length=64,
        pattern=r"^[A-Za-z0-9_+/-]+$",
        json_schema_extra=rules(
            # the API server looks the zone up; Local would be its own
            (
                "self != 'Local' && timestamp('2024-01-01T00:00:00Z').getHours(self) >= 0",
                "must be a name of the IANA time zone database",
            )
        ),
    )


class Triggers(SpecModel):
    """What starts a run; the annotation leeboard.dev/train always does."""

    on_spec_change: bool = described("Run when a field that bears on the training changes.", default=True)
    on_new_commit: Polling | None = described("Look for a new commit of code.revision.", default=None)
    on_new_data: Polling | None = described("Look for new or changed partitions.", default=None)
    schedule: Schedule | None = described("Run at fixed times, by cron.", default=None)
    on_drift: bool = described("Run when a DriftMonitor whose action names this job asks for it.", default=True)


class Limits(SpecModel):
    """Budgets of this TrainingJob; the only ones for retraining."""

    deadline: PositiveDuration = described("Longest time one run may take, such as 30m.", default="1h")
    retries: int = described(
        "How often a run is retried after a disruption or an unreachable storage.", default=2, ge=0, le=10
    )
    cooldown: Duration = described(
        "Shortest time between the starts of two runs that were not asked for by hand.", default="0s"
    )
    max_runs_per_day: int = described("Most runs started in 24 hours, a count.", default=12, ge=1, le=19)


class TrainingJobSpec(SpecModel):
    """How a model is trained, when, and within which limits."""

    model_config = SpecModel.model_config | {
        "json_schema_extra": rules(
            ("self.modelRef.name == oldSelf.modelRef.name", "modelRef is immutable"),
            ("self.datasets.exists(d, d.role == 'Train')", "datasets needs one with role Train"),
            (
                "self.datasets.filter(d, d.role == 'Holdout').size() == 1",
                "datasets needs exactly one with role Holdout",
            ),
            (
                "self.code.from == 'Git' || !has(self.triggers) || !has(self.triggers.onNewCommit)",
                "triggers.onNewCommit needs code from Git",
            ),
        )
    }

    suspend: bool = described("True: start no new run; a running one goes on.", default=False)
    model_ref: LocalReference = described("The Model that the versions are for.")
    code: Code = described("Where the training code comes from.")
    image: str = described(
        "Image the script runs in; the digest that ran is recorded.",
        min_length=1,
        max_length=512,
        pattern=r"^[a-z0-9][A-Za-z0-9._:/@-]*$",
    )
    image_pull_secrets: tuple[LocalReference, ...] = described(
        "Secrets for pulling the image.", default=(), max_length=8, json_schema_extra=list_map("name")
    )
    command: tuple[str, ...] = described(
        "The command and its arguments, run in the code's folder.",
        min_length=1,
        max_length=64,
        json_schema_extra=ATOMIC,
    )
    params: dict[str, str] = described(
        "Parameters of the training, given as LEEBOARD_PARAM_<NAME> and in a JSON file.",
        default={},
        max_length=100,
        json_schema_extra=rules(
            (
                "self.all(k, k.matches('^[A-Za-z_][A-Za-z0-9_.-]{0,62}$'))",
                "names of parameters are letters, digits, _, . and -, at most 63, and do not begin with a digit",
            )
        ),
    )
    seed: int = described(
        "Seed of the training's random numbers, given as LEEBOARD_SEED.", default=0, ge=0, le=4294967295
    )
    datasets: tuple[Dataset, ...] = described(
        "What is trained on and what is evaluated on.", min_length=2, max_length=16, json_schema_extra=list_map("name")
    )
    resources: Resources = described("CPU and memory of the training container.", default=Resources())
    service_account_name: str = described(
        "ServiceAccount of the pods; no token is mounted.", default="default", min_length=1, max_length=253
    )
    storage: StorageAccess = described("How the object storage is reached.")
    output: Output = described("Where the results of runs go in object storage.")
    triggers: Triggers = described(
        "What starts a run; the annotation leeboard.dev/train always does.", default=Triggers()
    )
    limits: Limits = described("Budgets of runs: time, retries, runs a day.", default=Limits())
    pod_template_overrides: PodTemplateOverrides = described(
        "Allowed changes to the pods.", default=PodTemplateOverrides()
    )


class Run(SpecModel):
    """One run of the training."""

    id: str = described("Identity: a hash of the training fields and the cause.", max_length=63)
    number: int = described("Number of the run, counted from 1.", default=0, ge=0)
    phase: Literal["Pending", "Training", "Evaluating", "Succeeded", "Failed", "NoNewData"] = described(
        "Where the run is, or how it ended."
    )
    cause: Cause = described("What started the run, and why.")
    fingerprint: str = described("Digest of the training fields this run was started with.", default="", max_length=71)
    reason: str = described("Why the run is in its phase, as one word.", default="", max_length=128)
    message: Text = described("Why, for a person, with a hint.", default="")
    job: str = described("Name of the Job that trains.", default="", max_length=63)
    job_uid: str = described("UID of the training Job once it was seen.", default="", max_length=64)
    evaluation_job: str = described("Name of the evaluation Job.", default="", max_length=63)
    evaluation_job_uid: str = described("UID of the evaluation Job once it was seen.", default="", max_length=64)
    image_id: str = described("Image that ran, as repository@digest.", default="", max_length=600)
    champion: str = described(
        "Champion when the evaluation began; the candidate is compared with it.", default="", max_length=253
    )
    started_at: datetime | None = described("When the run was recorded.", default=None)
    blocked_since: datetime | None = described(
        "Since when something keeps the run from going on; absent while it goes on.", default=None
    )
    finished_at: datetime | None = described("When the run ended, however it did.", default=None)
    datasets: tuple[DatasetRecord, ...] = described(
        "What was read, with digests.", default=(), max_length=16, json_schema_extra=ATOMIC
    )
    commit: str = described("Git commit that the run read.", default="", max_length=40)
    model_version: str = described("The ModelVersion that came of it.", default="", max_length=253)
    result: dict[str, Any] | None = described(
        "The training's result until it is registered.",
        default=None,
        json_schema_extra={"x-kubernetes-preserve-unknown-fields": True},
    )


class TrainingJobStatus(SpecModel):
    """What the operator saw and did."""

    observed_generation: int = described(
        "Generation of the spec this status is about; -1 before the first look.", default=-1
    )
    last_run: str = described("Identity of the newest run.", default="", max_length=63)
    runs: tuple[Run, ...] = described(
        "The newest runs, oldest first.", default=(), max_length=20, json_schema_extra=list_map("id")
    )
    last_train_command: str = described("Id of the last run asked for by annotation.", default="", max_length=128)
    last_retry_command: str = described(
        "Id of the last retry asked for by annotation.", default="", max_length=MOST_CHARACTERS
    )
    answer: CommandAnswer | None = described("What became of the newest command.", default=None)
    selected_fingerprint: str = described("Training fields that were last acted on.", default="", max_length=71)
    last_commit_check: datetime | None = described("When code was last looked at.", default=None)
    last_data_check: datetime | None = described("When data was last looked at.", default=None)
    last_schedule_time: datetime | None = described("Last time of the schedule that was acted on.", default=None)
    conditions: tuple[Condition, ...] = described(
        "State of the TrainingJob, one entry a type; Ready is always there.",
        default=(),
        max_length=16,
        json_schema_extra=list_map("type"),
    )


class TrainingJob(Resource[TrainingJobSpec, TrainingJobStatus]):
    """A recipe for training one model, and the runs made by it."""

    KIND: ClassVar[str] = "TrainingJob"
    PLURAL: ClassVar[str] = "trainingjobs"
    SHORT_NAME: ClassVar[str] = "tj"

    kind: str = "TrainingJob"
