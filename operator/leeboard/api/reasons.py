"""Every typed reason that status and Events carry, and a hint at the fix for each that needs one."""

from enum import StrEnum


class Reason(StrEnum):
    """Why something is as it is, as one CamelCase word."""

    # storage and data
    STORAGE_NOT_FOUND = "StorageNotFound"
    STORAGE_FORBIDDEN = "StorageForbidden"
    STORAGE_UNREACHABLE = "StorageUnreachable"
    STORAGE_CONFLICT = "StorageConflict"
    DIGEST_MISMATCH = "DigestMismatch"
    SIGNATURE_MISSING = "SignatureMissing"
    SIGNATURE_INVALID = "SignatureInvalid"
    DISK_FULL = "DiskFull"
    UNSAFE_FORMAT = "UnsafeFormat"
    BAD_DATA = "BadData"
    NO_NEW_DATA = "NoNewData"
    # code and training
    CODE_UNAVAILABLE = "CodeUnavailable"
    BAD_CONFIGURATION = "BadConfiguration"
    SCRIPT_FAILED = "ScriptFailed"
    RESULT_MISSING = "ResultMissing"
    LINEAGE_MISMATCH = "LineageMismatch"
    PUBLISH_FAILED = "PublishFailed"
    EVALUATION_FAILED = "EvaluationFailed"
    DEADLINE_EXCEEDED = "DeadlineExceeded"
    JOB_DELETED = "JobDeleted"
    # pods
    OOM_KILLED = "OOMKilled"
    IMAGE_PULL = "ImagePull"
    UNSCHEDULABLE = "Unschedulable"
    QUOTA_EXCEEDED = "QuotaExceeded"
    POD_REJECTED = "PodRejected"
    POD_NOT_STARTING = "PodNotStarting"
    VOLUME_UNAVAILABLE = "VolumeUnavailable"
    EVICTED = "Evicted"
    NODE_LOST = "NodeLost"
    CONFIG_MISSING = "ConfigMissing"
    CRASH_LOOP = "CrashLoop"
    PROBE_FAILING = "ProbeFailing"
    CHILD_REJECTED = "ChildRejected"
    NAME_TAKEN = "NameTaken"
    MODEL_LOAD_FAILED = "ModelLoadFailed"
    LIBRARY_MISMATCH = "LibraryMismatch"
    GOLDEN_SAMPLES_MISMATCH = "GoldenSamplesMismatch"
    GOLDEN_SAMPLES_REFUSED = "GoldenSamplesRefused"
    NOT_READY_IN_TIME = "NotReadyInTime"
    # runs
    RUN_STARTED = "RunStarted"
    RUN_SUCCEEDED = "RunSucceeded"
    RUN_RETRIED = "RunRetried"
    TRAINING = "Training"
    EVALUATING = "Evaluating"
    IDLE = "Idle"
    SUSPENDED = "Suspended"
    COOLDOWN = "Cooldown"
    RUN_LIMIT_REACHED = "RunLimitReached"
    VERSION_RESELECTED = "VersionReselected"
    # versions and rollout
    ACCEPTED = "Accepted"
    GATE_FAILED = "GateFailed"
    AWAITING_APPROVAL = "AwaitingApproval"
    LINEAGE_INCOMPLETE = "LineageIncomplete"
    MODEL_NOT_FOUND = "ModelNotFound"
    VERSION_NOT_FOUND = "VersionNotFound"
    NO_VERSION = "NoVersion"
    PROGRESSING = "Progressing"
    SERVING = "Serving"
    STAGED = "Staged"
    AWAITING_PROMOTION = "AwaitingPromotion"
    CANARY_STARTED = "CanaryStarted"
    STEP_STARTED = "StepStarted"
    PAUSED = "Paused"
    PROMOTED = "Promoted"
    ROLLED_BACK = "RolledBack"
    ABORTED = "Aborted"
    SUPERSEDED = "Superseded"
    PAST_UNKNOWN = "PastUnknown"
    COMMAND_REFUSED = "CommandRefused"
    LINEAGE_OBSERVED = "LineageObserved"
    CODE_UNKNOWN = "CodeUnknown"
    UNSAFE_FORMAT_ALLOWED = "UnsafeFormatAllowed"
    REDACTION_UNKNOWN = "RedactionUnknown"
    ACCELERATED = "Accelerated"
    NOT_CONVERTED = "NotConverted"
    CODE_FROM_IMAGE = "CodeFromImage"
    REFERENCE_MISSING = "ReferenceMissing"
    ERROR_RATE_TOO_HIGH = "ErrorRateTooHigh"
    LATENCY_TOO_HIGH = "LatencyTooHigh"
    PREDICTIONS_SHIFTED = "PredictionsShifted"
    DATA_QUALITY_WORSE = "DataQualityWorse"
    PERFORMANCE_WORSE = "PerformanceWorse"
    ESTIMATED_PERFORMANCE_WORSE = "EstimatedPerformanceWorse"
    KPI_WORSE = "KPIWorse"
    METRIC_WORSE = "MetricWorse"
    DISAGREEMENT_TOO_HIGH = "DisagreementTooHigh"
    COPIES_MISSING = "CopiesMissing"
    COMPARISON_STARTED = "ComparisonStarted"
    COMPARING = "Comparing"
    COMPARISON_PASSED = "ComparisonPassed"
    TEST_LOST = "TestLost"
    NOT_ENOUGH_SAMPLES = "NotEnoughSamples"
    LABELS_AWAITED = "LabelsAwaited"
    ANALYSIS_INCONCLUSIVE = "AnalysisInconclusive"
    ANALYSIS_TOO_SHORT = "AnalysisTooShort"
    ANALYSIS_PASSED = "AnalysisPassed"
    # traffic
    ROUTE_ACCEPTED = "RouteAccepted"
    ROUTE_PENDING = "RoutePending"
    ROUTE_REJECTED = "RouteRejected"
    GATEWAY_API_MISSING = "GatewayAPIMissing"
    GATEWAY_DISABLED = "GatewayDisabled"
    WEIGHT_UNREACHABLE = "WeightUnreachable"
    # drift
    DRIFT = "Drift"
    STABLE = "Stable"
    INCONCLUSIVE = "Inconclusive"
    LABEL_STARVED = "LabelStarved"
    OBSERVATIONS_MISSING = "ObservationsMissing"
    EVALUATION_STALE = "EvaluationStale"
    RETRAIN_REQUESTED = "RetrainRequested"
    ROLLBACK_REQUESTED = "RollbackRequested"
    ROLLBACK_REFUSED = "RollbackRefused"
    RETRAINING_DOES_NOT_HELP = "RetrainingDoesNotHelp"
    LABELING_QUEUED = "LabelingQueued"
    REQUEST_LOG_MISSING = "RequestLogMissing"
    WEBHOOK_FORBIDDEN = "WebhookForbidden"
    WEBHOOK_FAILED = "WebhookFailed"


_HINTS: dict[Reason, str] = {
    Reason.STORAGE_NOT_FOUND: "check that the bucket and the path of the URI exist, and the endpoint's spelling",
    Reason.STORAGE_FORBIDDEN: "check the keys in the Secret of storage.secretRef and the bucket's policy",
    Reason.STORAGE_UNREACHABLE: "check storage.endpoint, its DNS name and the network policy of the namespace",
    Reason.STORAGE_CONFLICT: "another object lies at this place; give every TrainingJob its own output.uri",
    Reason.DIGEST_MISMATCH: "the stored bytes differ from what was registered: restore the object or train anew",
    Reason.SIGNATURE_MISSING: "sign the artefact's files and put model.sig beside manifest.json, then ask for a retry",
    Reason.SIGNATURE_INVALID: "sign the files anew with a key of serving.verification.signature, or correct its keys",
    Reason.DISK_FULL: "give the node's disk or the volume more room",
    Reason.UNSAFE_FORMAT: "save the model in a safe format, such as model.skops, or set serving.allowUnsafeFormats",
    Reason.BAD_DATA: "correct the dataset, the limits in datasets[].validation, or the file that the message names",
    Reason.CODE_UNAVAILABLE: "check code.repository, code.revision, and username and password in code.secretRef",
    Reason.BAD_CONFIGURATION: "correct the field that the message names",
    Reason.SCRIPT_FAILED: "read the log of the script (kubectl logs <pod> -c train); the exit code is its own",
    Reason.RESULT_MISSING: "leave a model in LEEBOARD_MODEL_DIR and reference.parquet in LEEBOARD_OUTPUT_DIR",
    Reason.LINEAGE_MISMATCH: "the script must write nothing below /leeboard/control: read its code, and who changed it",
    Reason.PUBLISH_FAILED: "read the log of the container publish (kubectl logs <pod> -c publish)",
    Reason.EVALUATION_FAILED: "read the log of the evaluation Job or of the evaluator: a model has to score every row",
    Reason.DEADLINE_EXCEEDED: "raise limits.deadline, or give the training more CPU",
    Reason.JOB_DELETED: "the Job was deleted while it ran; ask for a new run with the annotation leeboard.dev/train",
    Reason.OOM_KILLED: "raise resources.limits.memory",
    Reason.IMAGE_PULL: "check the image's name and tag, and the pull secrets of the namespace",
    Reason.UNSCHEDULABLE: "lower resources.requests, correct podTemplateOverrides, or add a node with what is lacking",
    Reason.QUOTA_EXCEEDED: "raise the ResourceQuota of the namespace, or lower resources",
    Reason.POD_REJECTED: "change the field or the policy that the message names; kubectl describe tells the rest",
    Reason.POD_NOT_STARTING: "read the Events of the pod (kubectl describe pod): the node cannot set it up",
    Reason.VOLUME_UNAVAILABLE: "create what the volume names, or read the Events of the pod (kubectl describe pod)",
    Reason.EVICTED: "raise resources.requests to what the container uses, or give the nodes more room",
    Reason.NODE_LOST: "look after the node (kubectl get nodes); the pod is made anew on another one",
    Reason.CONFIG_MISSING: "create the object or the key that the message names, in the same namespace",
    Reason.CRASH_LOOP: "read the log of the container before its last restart (kubectl logs --previous)",
    Reason.PROBE_FAILING: "read the log of the container; raise serving.readyWithin for a model that loads slowly",
    Reason.CHILD_REJECTED: "the API server refused an object that is made from this one: correct the field it names",
    Reason.NAME_TAKEN: "an object of that name belongs to somebody else: rename or delete it",
    Reason.MODEL_LOAD_FAILED: "the file is damaged, or its libraries do not match the serving image",
    Reason.LIBRARY_MISMATCH: "train with the version of the library that the message says the serving image has",
    Reason.GOLDEN_SAMPLES_MISMATCH: "the loaded model answers otherwise than at evaluation: check library versions",
    Reason.GOLDEN_SAMPLES_REFUSED: "have the server of serving.server name its model as the Model is, take its inputs, "
    "and answer prediction.scoreOutput",
    Reason.NOT_READY_IN_TIME: "the version's pods did not become ready: read the log of the container server",
    Reason.RUN_LIMIT_REACHED: "raise limits.maxRunsPerDay",
    Reason.GATE_FAILED: "the version is not good enough by promotion.gates; the champion keeps serving",
    Reason.AWAITING_APPROVAL: "approve by the annotation leeboard.dev/approved-by on the ModelVersion",
    Reason.AWAITING_PROMOTION: "`leeboard promote` begins its rollout, `leeboard abort` drops it",
    Reason.LINEAGE_INCOMPLETE: "register versions by a TrainingJob, or fill the field that the message names",
    Reason.COMMAND_REFUSED: "the message says why, and what to ask for instead",
    Reason.CODE_UNKNOWN: "train it by a TrainingJob to know its code and data",
    Reason.REDACTION_UNKNOWN: "correct the name: an input that is misspelt in serving.logging.redact is stored",
    Reason.NOT_CONVERTED: "nothing fails for it; docs/explanation/acceleration.md tells which models are converted",
    Reason.CODE_FROM_IMAGE: "train from Git (code.from) to know the commit",
    Reason.REFERENCE_MISSING: "import it with --reference, the rows it was made from: drift and readiness rest on them",
    Reason.MODEL_NOT_FOUND: "create the Model that modelRef names, in the same namespace",
    Reason.VERSION_NOT_FOUND: "promotion.version has to name an existing ModelVersion of this Model",
    Reason.ROLLED_BACK: "the champion keeps serving until a newer version is registered or promotion.version pins one",
    Reason.ABORTED: "the champion keeps serving until a newer version is registered or promotion.version pins one",
    Reason.PAST_UNKNOWN: "it was restored from storage alone: `leeboard retry rollout` gives it a rollout",
    Reason.NO_VERSION: "start a TrainingJob for this Model",
    Reason.ERROR_RATE_TOO_HIGH: "read the log of the version's container server; the champion keeps serving",
    Reason.LATENCY_TOO_HIGH: "the version answers more slowly than the champion; the champion keeps serving",
    Reason.PREDICTIONS_SHIFTED: "the version predicts otherwise on the same traffic: look at its training data, or"
    " raise max of the guard where that is meant",
    Reason.DATA_QUALITY_WORSE: "look at how requests reach the version, and at the inputs that it was trained on",
    Reason.PERFORMANCE_WORSE: "the version is worse than the champion by the labels that came; train another one",
    Reason.ESTIMATED_PERFORMANCE_WORSE: "the version is unsure about this traffic: look at what it was trained on",
    Reason.KPI_WORSE: "the figure of the business is worse with the version; the champion keeps serving",
    Reason.METRIC_WORSE: "the answer to the guard's query is worse with the version; the champion keeps serving",
    Reason.LABELS_AWAITED: "wait for labels, or send them to /feedback by the ids of the answers",
    Reason.ANALYSIS_INCONCLUSIVE: "promote or abort by the figures, or raise analysis.maxDuration to go on",
    Reason.ANALYSIS_TOO_SHORT: "raise analysis.maxDuration, the margins or the weight of the stages",
    Reason.DISAGREEMENT_TOO_HIGH: "look at the flips in status.evaluation.challengers; the champion keeps serving",
    Reason.COPIES_MISSING: "check that the champion has requests and runs this release; read its exporters' log",
    Reason.COMPARISON_PASSED: "`leeboard promote MODEL/VERSION` makes it champion, `leeboard abort` ends it",
    Reason.NOT_ENOUGH_SAMPLES: "wait for more requests, or lower minSamples",
    Reason.ROUTE_PENDING: "check that the Gateway of traffic.gateway exists, and that its class has a controller",
    Reason.ROUTE_REJECTED: "correct traffic.gateway, or let the Gateway's listener take routes of this namespace",
    Reason.GATEWAY_API_MISSING: "install the Gateway API's standard definitions and a controller, or use mode Service",
    Reason.GATEWAY_DISABLED: "ask the administrator for gateway.enabled of the chart, or use traffic.mode Service",
    Reason.WEIGHT_UNREACHABLE: "raise serving.replicas, or use traffic.mode Gateway, which has exact shares",
    Reason.RETRAINING_DOES_NOT_HELP: "look for the cause in the report; `leeboard train` starts a run all the same",
    Reason.ROLLBACK_REFUSED: "the message says why; `leeboard rollback MODEL/VERSION` returns to one that you name",
    Reason.REQUEST_LOG_MISSING: "set serving.logging on the Model; rows are chosen as soon as there are some",
    Reason.WEBHOOK_FORBIDDEN: "ask the administrator to add the address to evaluator.allowedWebhooks of the chart",
    Reason.WEBHOOK_FAILED: "check url, token and ca.crt in the webhook's Secret, and networkPolicies.egress",
    Reason.LABEL_STARVED: "send labels to /feedback by the ids of the answers, or correct prediction.labelDelay",
    Reason.OBSERVATIONS_MISSING: "read the log of the exporters (kubectl logs <pod> -c exporter), and the evaluator's",
    Reason.EVALUATION_STALE: "check that the evaluator Deployment runs and may read the Model's storage",
}


def hint(reason: Reason | str) -> str:
    """What a user can do about it; empty where nothing has to be done or the reason is unknown."""
    try:
        return _HINTS.get(Reason(reason), "")
    except ValueError:
        return ""


def explain(reason: Reason | str, message: str) -> str:
    """A message followed by its hint."""
    advice = hint(reason)
    return f"{message} — {advice}" if advice and advice not in message else message
