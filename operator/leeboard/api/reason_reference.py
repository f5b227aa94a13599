"""Where each typed reason is seen and what it means: the reference page, and what tests hold the planners to.

What to do about it is its hint, in `leeboard.api.reasons`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from leeboard.api.reasons import Reason, hint


@dataclass(frozen=True)
class Entry:
    """Kinds on which a reason is seen, and what it means."""

    kinds: tuple[str, ...]
    means: str


_RUN, _MODEL, _VERSION, _MONITOR = "TrainingJob", "Model", "ModelVersion", "DriftMonitor"
_POD = (_RUN, _MODEL)

WHERE = {
    _RUN: "`Ready`, `Stalled`, `Reconciling`, `RunHeld`, `Suspended`; `status.runs[].reason`",
    _MODEL: "`Ready`, `Stalled`, `Reconciling`, `Staged`, `CanaryInProgress`, `ChallengersInProgress`, "
    "`AwaitingApproval`, `UnsafeFormatAllowed`, `RedactionUnknown`, `ObservationsMissing`; `status.candidate.reason`, "
    "`status.challengers[].reason`, "
    "`status.quarantined[].reason`",
    _VERSION: "`Ready`, `Stalled`, `GatesPassed`, `AwaitingApproval`, `Verified`",
    _MONITOR: "`Ready`, `DriftDetected`; `status.deliveries[].reason`",
}
"""The conditions and fields of each kind that carry reasons."""

REFERENCE: dict[Reason, Entry] = {
    # storage and data
    Reason.STORAGE_NOT_FOUND: Entry((*_POD, _MONITOR), "The bucket, or what should lie in it, is not there."),
    Reason.STORAGE_FORBIDDEN: Entry((*_POD, _MONITOR), "The object storage refuses the keys, or this use of them."),
    Reason.STORAGE_UNREACHABLE: Entry((*_POD, _MONITOR), "The object storage gives no answer, or says that it cannot."),
    Reason.STORAGE_CONFLICT: Entry((_RUN,), "Where the run wants to store its result lies that of another one."),
    Reason.DIGEST_MISMATCH: Entry((*_POD, _MONITOR), "The bytes in storage are not those that were registered."),
    Reason.SIGNATURE_MISSING: Entry((_MODEL,), "The Model asks for signatures, and the version has none."),
    Reason.SIGNATURE_INVALID: Entry(
        (_MODEL,), "No key that the Model names has signed the version's files, or the signature is of other files."
    ),
    Reason.DISK_FULL: Entry((_MODEL,), "The files of the version do not fit on the node's disk."),
    Reason.UNSAFE_FORMAT: Entry(
        (_RUN, _MODEL, _VERSION),
        "The model is in a format that may run code when it is loaded, or holds unknown types.",
    ),
    Reason.BAD_DATA: Entry((*_POD, _MONITOR), "A dataset, the reference or a stored file is not what it has to be."),
    Reason.NO_NEW_DATA: Entry(
        (_RUN,), "A look for new commits or data found what an earlier run had; nothing was trained."
    ),
    # code and training
    Reason.CODE_UNAVAILABLE: Entry((_RUN,), "Git could not bring the revision."),
    Reason.BAD_CONFIGURATION: Entry(
        (*_POD, _MONITOR), "A field or a container's command cannot be carried out as it is."
    ),
    Reason.SCRIPT_FAILED: Entry((_RUN,), "The script ended with an exit code of its own."),
    Reason.RESULT_MISSING: Entry((_RUN,), "The script, or the evaluation, left no result, or only a part of it."),
    Reason.LINEAGE_MISMATCH: Entry(
        (_RUN,), "The run's result tells of other code or data than were observed before it."
    ),
    Reason.PUBLISH_FAILED: Entry((_RUN,), "What the script left could not be stored."),
    Reason.EVALUATION_FAILED: Entry((_RUN, _MODEL, _MONITOR), "Figures could not be computed."),
    Reason.DEADLINE_EXCEEDED: Entry((_RUN,), "The run took longer than `limits.deadline`."),
    Reason.JOB_DELETED: Entry((_RUN,), "Somebody deleted the run's Job."),
    # pods
    Reason.OOM_KILLED: Entry(_POD, "A container took more memory than its limit."),
    Reason.IMAGE_PULL: Entry(_POD, "A node cannot get an image; the message says which and why."),
    Reason.UNSCHEDULABLE: Entry(_POD, "No node takes the pod; the message says what they lack."),
    Reason.QUOTA_EXCEEDED: Entry(_POD, "A ResourceQuota of the namespace leaves no room for the pod."),
    Reason.POD_REJECTED: Entry(_POD, "The API server or the node refuses the pod: PodSecurity, a policy, a webhook."),
    Reason.POD_NOT_STARTING: Entry(
        _POD, "A node has had the pod for two minutes, and has begun none of its containers."
    ),
    Reason.VOLUME_UNAVAILABLE: Entry(_POD, "A volume of the pod cannot be attached or mounted."),
    Reason.EVICTED: Entry(_POD, "A node gave the pod up: it ran short, it is drained, or another pod came first."),
    Reason.NODE_LOST: Entry(_POD, "The pod's node is gone, is shut down, or gives no answer."),
    Reason.CONFIG_MISSING: Entry((*_POD, _MONITOR), "A Secret, ConfigMap, key or ServiceAccount is not there."),
    Reason.CRASH_LOOP: Entry((_MODEL,), "A container of a server pod ends over and over, and does not say why."),
    Reason.PROBE_FAILING: Entry((_MODEL,), "A container has run for two minutes, and its probe does not succeed."),
    Reason.CHILD_REJECTED: Entry(
        _POD, "The API server refuses a Job, Deployment or Service that belongs to the object."
    ),
    Reason.NAME_TAKEN: Entry(_POD, "A Job, Deployment or Service of the name that is needed belongs to somebody else."),
    Reason.MODEL_LOAD_FAILED: Entry(_POD, "The model's libraries cannot load it."),
    Reason.LIBRARY_MISMATCH: Entry(_POD, "The model was made by a version of its library that is not the image's."),
    Reason.GOLDEN_SAMPLES_MISMATCH: Entry((_MODEL,), "The loaded model answers otherwise than when it was evaluated."),
    Reason.GOLDEN_SAMPLES_REFUSED: Entry(
        (_MODEL,), "The server of `serving.server` gives no answer to the golden samples, in whatever form they come."
    ),
    Reason.NOT_READY_IN_TIME: Entry(
        (_MODEL,), "Pods were not ready within `serving.readyWithin`, and nothing tells why."
    ),
    # runs
    Reason.RUN_STARTED: Entry((_RUN,), "A run was begun; the message says for which cause."),
    Reason.RUN_SUCCEEDED: Entry((_RUN,), "The newest run became a version."),
    Reason.RUN_RETRIED: Entry((_RUN,), "An attempt failed for a reason that may pass; another one is under way."),
    Reason.TRAINING: Entry((_RUN,), "The script runs."),
    Reason.EVALUATING: Entry((_RUN,), "The run's model is being measured on the holdout."),
    Reason.IDLE: Entry((_RUN,), "No trigger has fired yet."),
    Reason.SUSPENDED: Entry((_RUN,), "`spec.suspend` is true."),
    Reason.COOLDOWN: Entry((_RUN,), "A run waits until `limits.cooldown` has passed."),
    Reason.RUN_LIMIT_REACHED: Entry((_RUN,), "A run waits, because there were `limits.maxRunsPerDay` within 24 hours."),
    Reason.VERSION_RESELECTED: Entry(
        (_RUN,), "The training fields are those of an earlier run: its version is named again."
    ),
    # versions and rollout
    Reason.ACCEPTED: Entry((_VERSION,), "The version passed its gates and may serve."),
    Reason.GATE_FAILED: Entry((_VERSION,), "A gate of `promotion.gates` refuses the version."),
    Reason.AWAITING_APPROVAL: Entry((_MODEL, _VERSION), "A version passed its gates; a person has to approve it."),
    Reason.LINEAGE_INCOMPLETE: Entry((_VERSION,), "A trained version lacks a part of what it was made of."),
    Reason.MODEL_NOT_FOUND: Entry((_RUN, _VERSION, _MONITOR), "The Model that `modelRef` names is not there."),
    Reason.VERSION_NOT_FOUND: Entry((_MODEL,), "The version that `promotion.version` pins is not there."),
    Reason.NO_VERSION: Entry((_MODEL, _MONITOR), "No version may serve yet."),
    Reason.PROGRESSING: Entry((_MODEL,), "Pods of a version are being made."),
    Reason.SERVING: Entry((_MODEL,), "The champion answers."),
    Reason.STAGED: Entry((_MODEL,), "A candidate is ready, and is tried before any request of a user reaches it."),
    Reason.AWAITING_PROMOTION: Entry((_MODEL,), "A candidate is ready; a person has to begin its rollout."),
    Reason.CANARY_STARTED: Entry((_MODEL,), "A candidate gets its first share of the requests."),
    Reason.STEP_STARTED: Entry((_MODEL,), "A candidate gets its next share of the requests."),
    Reason.PAUSED: Entry((_MODEL,), "A person holds the rollout by `leeboard.dev/pause`."),
    Reason.PROMOTED: Entry((_MODEL,), "A candidate became the champion."),
    Reason.ROLLED_BACK: Entry((_MODEL,), "A candidate was taken back and is not tried again; the message says why."),
    Reason.ABORTED: Entry((_MODEL,), "A person took a version back by command."),
    Reason.SUPERSEDED: Entry((_MODEL,), "Another version took the candidate's place before it was decided on."),
    Reason.PAST_UNKNOWN: Entry(
        (_MODEL,), "A version was restored, and nothing tells whether it was rolled back before; it gets no request."
    ),
    Reason.COMMAND_REFUSED: Entry(_POD, "A command by annotation cannot be carried out; it is answered once."),
    Reason.LINEAGE_OBSERVED: Entry((_VERSION,), "Commit, image and data were observed while the version was made."),
    Reason.CODE_UNKNOWN: Entry((_VERSION,), "The version was imported: nobody observed what it was made of."),
    Reason.ACCELERATED: Entry((_VERSION,), "The version as ONNX answers as the trained model does, and may be served."),
    Reason.NOT_CONVERTED: Entry((_VERSION,), "The version is served as it was trained; the message says why."),
    Reason.CODE_FROM_IMAGE: Entry((_VERSION,), "The code came with the image: its commit was not observed."),
    Reason.UNSAFE_FORMAT_ALLOWED: Entry(
        (_MODEL,), "`serving.allowUnsafeFormats` is set, and a version that may serve runs code that came with it."
    ),
    Reason.REDACTION_UNKNOWN: Entry((_MODEL,), "`serving.logging.redact` names what is no input of the champion."),
    Reason.REFERENCE_MISSING: Entry(
        (_VERSION, _MONITOR), "The version was imported without the rows that it is compared with."
    ),
    Reason.ERROR_RATE_TOO_HIGH: Entry((_MODEL,), "The candidate fails more requests than the champion does."),
    Reason.LATENCY_TOO_HIGH: Entry((_MODEL,), "The candidate answers more slowly than the champion does."),
    Reason.PREDICTIONS_SHIFTED: Entry(
        (_MODEL,), "The candidate predicts otherwise than the champion at the same time."
    ),
    Reason.DATA_QUALITY_WORSE: Entry(
        (_MODEL,), "More of the candidate's inputs are missing, or unlike its reference, than of the champion's."
    ),
    Reason.PERFORMANCE_WORSE: Entry((_MODEL,), "By the labels that came the candidate is worse than the champion."),
    Reason.ESTIMATED_PERFORMANCE_WORSE: Entry(
        (_MODEL,), "By what its scores mean the candidate has to be expected to be worse than the champion."
    ),
    Reason.KPI_WORSE: Entry((_MODEL,), "A figure of the business is worse with the candidate than with the champion."),
    Reason.METRIC_WORSE: Entry((_MODEL,), "The answer to a guard's query is worse than is allowed."),
    Reason.LABELS_AWAITED: Entry((_MODEL,), "There are too few labels yet to tell how good the candidate is."),
    Reason.ANALYSIS_INCONCLUSIVE: Entry(
        (_MODEL,), "The analysis came to no verdict within `maxDuration`; the rollout is held."
    ),
    Reason.ANALYSIS_TOO_SHORT: Entry(
        (_MODEL,), "At the traffic that there is the guards need more requests than `maxDuration` brings."
    ),
    Reason.DISAGREEMENT_TOO_HIGH: Entry((_MODEL,), "A challenger gives other labels than the champion too often."),
    Reason.COPIES_MISSING: Entry((_MODEL,), "A challenger has got no copies of the champion's requests for a while."),
    Reason.COMPARISON_STARTED: Entry((_MODEL,), "A challenger gets copies of the champion's requests, or callers."),
    Reason.COMPARING: Entry((_MODEL,), "A challenger is compared with the champion."),
    Reason.COMPARISON_PASSED: Entry((_MODEL,), "A challenger has passed or won, and `then` says Hold."),
    Reason.TEST_LOST: Entry((_MODEL,), "Another version is better by the metric of the A/B test."),
    Reason.NOT_ENOUGH_SAMPLES: Entry((_MODEL, _MONITOR), "There are too few requests yet to tell."),
    Reason.ANALYSIS_PASSED: Entry((_MODEL,), "The candidate is no worse than the champion."),
    # traffic
    Reason.ROUTE_ACCEPTED: Entry((_MODEL,), "A Gateway takes requests to the Model, by the routes that were made."),
    Reason.ROUTE_PENDING: Entry(
        (_MODEL,), "No Gateway has answered for the route, or for the shares that it has now; the canary waits."
    ),
    Reason.ROUTE_REJECTED: Entry((_MODEL,), "The Gateway refuses the route; the message has its words."),
    Reason.GATEWAY_API_MISSING: Entry((_MODEL,), "The cluster has no definitions of the Gateway API."),
    Reason.GATEWAY_DISABLED: Entry((_MODEL,), "The operator was installed without the right to make routes."),
    Reason.WEIGHT_UNREACHABLE: Entry((_MODEL,), "Pods cannot give the share that is asked for, by more than twofold."),
    # drift
    Reason.DRIFT: Entry((_MONITOR,), "What is received or predicted has moved, for certain; the findings say what."),
    Reason.STABLE: Entry((_MONITOR,), "All checks are certain that nothing moved too far."),
    Reason.INCONCLUSIVE: Entry((_MONITOR,), "The figures allow no verdict; the message says what is missing."),
    Reason.LABEL_STARVED: Entry(
        (_MODEL, _MONITOR), "Labels for a check or a guard of performance do not come, although they are due."
    ),
    Reason.OBSERVATIONS_MISSING: Entry(
        (_MODEL, _MONITOR), "Too much of what was served is in no window: what is missing may be what drifted."
    ),
    Reason.EVALUATION_STALE: Entry((_MODEL, _MONITOR), "The evaluator's newest figures are too old."),
    Reason.RETRAIN_REQUESTED: Entry((_MONITOR,), "A TrainingJob was asked for a run because of drift."),
    Reason.ROLLBACK_REQUESTED: Entry((_MODEL, _MONITOR), "A Model was asked for a rollback because of drift."),
    Reason.ROLLBACK_REFUSED: Entry(
        (_MODEL,), "A DriftMonitor asked for a rollback that cannot be; each episode is answered once."
    ),
    Reason.LABELING_QUEUED: Entry((_MONITOR,), "Rows that are worth a label were written; the message names the file."),
    Reason.REQUEST_LOG_MISSING: Entry((_MONITOR,), "There are no rows of requests to choose some for labels from."),
    Reason.RETRAINING_DOES_NOT_HELP: Entry(
        (_MONITOR,), "Drift went on after each of several runs: no more are asked for."
    ),
    Reason.WEBHOOK_FORBIDDEN: Entry((_MONITOR,), "The evaluator may not send to the webhook of an Alert."),
    Reason.WEBHOOK_FAILED: Entry((_MONITOR,), "The webhook of an Alert did not take a notification; it is sent again."),
}


def reasons_page() -> str:
    """The reference page as Markdown."""
    parts = [
        "# Reasons\n",
        "Generated from `leeboard.api` by `make generate`. A reason stands in a condition, a field of a status or an",
        "Event; its message adds facts, such as which pods, which image, which field, and ends with what to do.",
        "Messages hold no words of scripts, libraries or addresses: those are in the logs that they name.",
        "From a symptom to its reason leads [When something does not work](../how-to/troubleshooting.md).\n",
        "| kind | where its reasons stand, beside Events |",
        "|---|---|",
        *(f"| {kind} | {places} |" for kind, places in WHERE.items()),
        "",
        "## What asks for something to be done\n",
        "| reason | on | what it means | what to do |",
        "|---|---|---|---|",
        *_rows(with_hint=True),
        "",
        "## What only tells how things stand\n",
        "| reason | on | what it means |",
        "|---|---|---|",
        *_rows(with_hint=False),
        "",
    ]
    return "\n".join(parts)


def _rows(*, with_hint: bool) -> Iterator[str]:
    for reason, entry in REFERENCE.items():
        advice = hint(reason)
        if bool(advice) is with_hint:
            cells = [f"`{reason}`", ", ".join(entry.kinds), entry.means, *([advice] if with_hint else [])]
            yield f"| {' | '.join(cells)} |"
