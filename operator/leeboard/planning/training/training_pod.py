"""The training Job: fetch, the user's container without credentials, publish."""

import re
from collections.abc import Sequence
from datetime import datetime

from leeboard.api import names
from leeboard.api.termination import CONTRACT
from leeboard.api.training_job import Run, TrainingJob
from leeboard.planning import restricted_pod
from leeboard.planning.plan import Raw
from leeboard.planning.settings import Settings
from leeboard.planning.training import workload
from leeboard.planning.training.baseline import baseline

BIN, CODE, DATA = "/leeboard/bin", "/leeboard/code", "/leeboard/data"
MODEL, OUTPUT, CONTROL = "/leeboard/model", "/leeboard/output", "/leeboard/control"
PARAMS_FILE = f"{CONTROL}/params.json"

_SIZES = {
    "bin": "64Mi",
    "code": "2Gi",
    "data": "50Gi",
    "model": "20Gi",
    "output": "20Gi",
    "control": "64Mi",
    "fetch-temporary": "2Gi",
    "train-temporary": "10Gi",
    "publish-temporary": "2Gi",
}
_PATHS = {"bin": BIN, "code": CODE, "data": DATA, "model": MODEL, "output": OUTPUT, "control": CONTROL}
_RUNTIME_RESOURCES: Raw = {"requests": {"cpu": "50m", "memory": "128Mi"}, "limits": {"memory": "2Gi"}}
_RESERVED = ("LEEBOARD_", "AWS_")


def training_job_name(job: TrainingJob, run: str) -> str:
    """The name of the Job of a run."""
    return names.child_name(job.metadata.name, run)


def training_job_object(
    job: TrainingJob,
    run: Run,
    runs: Sequence[Run],
    settings: Settings,
    now: datetime,
    *,
    allow_unsafe_formats: bool = False,
) -> Raw:
    """The Job of a run, to be created once and never applied."""
    allowed = {"allowUnsafeFormats": True} if allow_unsafe_formats else {}
    run_spec = restricted_pod.compact(run_specification(job, run, runs) | allowed)
    pod = workload.pod_spec(job, settings) | {
        "initContainers": [_fetch(job, run_spec, settings), _publish(job, run_spec, settings)],
        "containers": [_train(job, run)],
        "volumes": [
            *(restricted_pod.empty_directory(name, size) for name, size in _SIZES.items()),
            *restricted_pod.volumes_of_user(job.spec.pod_template_overrides),
        ],
    }
    return workload.job_object(
        job, name=run.job, run=run, part=names.TRAINING, pod=pod, retried=("fetch", "train"), now=now
    )


def run_specification(job: TrainingJob, run: Run, runs: Sequence[Run]) -> Raw:
    """What fetch and publish are told, without any secret."""
    spec = job.spec
    code = spec.code.dump()
    code.pop("secretRef", None)
    return {
        "contract": CONTRACT,
        "run": run.id,
        "namespace": job.metadata.namespace,
        "trainingJob": {"name": job.metadata.name, "uid": job.metadata.uid},
        "modelRef": spec.model_ref.dump(),
        "code": code,
        "datasets": [dataset.dump() for dataset in spec.datasets],
        "params": dict(spec.params),
        "seed": spec.seed,
        "command": list(spec.command),
        "storage": {"endpoint": spec.storage.endpoint},
        "output": spec.output.dump(),
        "baseline": baseline(run, runs, spec),
    }


def _fetch(job: TrainingJob, run_spec: str, settings: Settings) -> Raw:
    git = job.spec.code.secret_ref
    credentials = (
        [
            restricted_pod.secret_variable("LEEBOARD_GIT_USERNAME", git.name, "username", optional=True),
            restricted_pod.secret_variable("LEEBOARD_GIT_PASSWORD", git.name, "password", optional=True),
        ]
        if git is not None
        else []
    )
    return restricted_pod.container("fetch", settings.runtime_image, ["python", "-m", "leeboard.runner.fetch"]) | {
        "env": [
            restricted_pod.variable("LEEBOARD_RUN_SPEC", run_spec),
            restricted_pod.variable("HOME", restricted_pod.TEMPORARY),
            *restricted_pod.storage_environment(job.spec.storage),
            *credentials,
        ],
        "resources": _RUNTIME_RESOURCES,
        "volumeMounts": _mounts("bin", "code", "data", "control", temporary="fetch-temporary"),
    }


def _publish(job: TrainingJob, run_spec: str, settings: Settings) -> Raw:
    return restricted_pod.container("publish", settings.runtime_image, ["python", "-m", "leeboard.runner.publish"]) | {
        # a native sidecar: it waits until the script is done, and the launcher waits for what it says
        "restartPolicy": "Always",
        "env": [
            restricted_pod.variable("LEEBOARD_RUN_SPEC", run_spec),
            restricted_pod.variable("HOME", restricted_pod.TEMPORARY),
            *restricted_pod.storage_environment(job.spec.storage),
        ],
        "resources": _RUNTIME_RESOURCES,
        "volumeMounts": _mounts(
            "model", "output", "control", temporary="publish-temporary", read_only=("model", "output")
        ),
    }


def _train(job: TrainingJob, run: Run) -> Raw:
    spec = job.spec
    of_user = restricted_pod.mounts_of_user(spec.pod_template_overrides)
    container = restricted_pod.container("train", spec.image, ["python3", f"{BIN}/launch.pyz", "--", *spec.command]) | {
        "env": _script_environment(job, run),
        "resources": spec.resources.dump(),
        "volumeMounts": _mounts(
            "bin", "code", "data", "model", "output", "control", temporary="train-temporary", read_only=("bin",)
        )
        + of_user,
    }
    return container | ({"workingDir": CODE} if spec.code.from_ == "Git" else {})


def _script_environment(job: TrainingJob, run: Run) -> list[Raw]:
    """Leeboard's names for the script. The launcher adds those of SageMaker, Vertex and torchrun."""
    spec = job.spec
    values = {
        "HOME": restricted_pod.TEMPORARY,
        "LEEBOARD_CONTRACT": str(CONTRACT),
        "LEEBOARD_RUN_ID": run.id,
        "LEEBOARD_MODEL_DIR": MODEL,
        "LEEBOARD_OUTPUT_DIR": OUTPUT,
        "LEEBOARD_PARAMS_FILE": PARAMS_FILE,
        "LEEBOARD_SEED": str(spec.seed),
    }
    values |= {f"LEEBOARD_PARAM_{_upper(name)}": value for name, value in sorted(spec.params.items())}
    values |= {
        f"LEEBOARD_INPUT_{_upper(dataset.name)}": f"{DATA}/{dataset.name}"
        for dataset in spec.datasets
        if dataset.role == "Train"
    }
    extra = [one for one in spec.pod_template_overrides.env if not one.name.startswith(_RESERVED)]
    values |= {one.name: one.value for one in extra}
    return [restricted_pod.variable(name, value) for name, value in values.items()]


def _mounts(*volumes: str, temporary: str, read_only: tuple[str, ...] = ()) -> list[Raw]:
    own = [restricted_pod.mount(name, _PATHS[name], read_only=name in read_only) for name in volumes]
    return [*own, restricted_pod.mount(temporary, restricted_pod.TEMPORARY)]


def _upper(name: str) -> str:
    return re.sub(r"[^A-Z0-9]", "_", name.upper())
