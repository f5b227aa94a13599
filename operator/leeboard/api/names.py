"""Labels, annotations, and deterministic names of what the operator makes."""

import hashlib
import re

MANAGED_BY = "app.kubernetes.io/managed-by"
MANAGER = "leeboard"
MODEL = "leeboard.dev/model"
VERSION = "leeboard.dev/version"
RUN = "leeboard.dev/run"
TRAINING_JOB = "leeboard.dev/training-job"
PART = "leeboard.dev/part"
TRAINING, EVALUATION, SERVER = "training", "evaluation", "server"
CHALLENGER = "challenger"
"""The part of a Service by which exporters reach a challenger; no pod has it."""

TRAIN = "leeboard.dev/train"
PROMOTE = "leeboard.dev/promote"
ABORT = "leeboard.dev/abort"
PAUSE = "leeboard.dev/pause"
RETRY = "leeboard.dev/retry"
ROLLBACK = "leeboard.dev/rollback"
APPROVED_BY = "leeboard.dev/approved-by"

ARTIFACT = "leeboard.dev/artifact"
LINEAGE = "leeboard.dev/lineage"
CODE = "leeboard.dev/code"
DATA = "leeboard.dev/data"
TEMPLATE = "leeboard.dev/template"
TEMPLATE_INPUTS = "leeboard.dev/template-inputs"
REGISTERED_AT = "leeboard.dev/registered-at"
RESTORED = "leeboard.dev/restored"
"""On a restored ModelVersion: its past, a `VersionPast` as JSON."""

MAXIMUM_LENGTH = 63
"""Longest label value, and so the longest name that a label may carry (RFC 1123 label)."""

_FORBIDDEN = re.compile(r"[^a-z0-9-]+")


def child_name(*parts: str) -> str:
    """The name of a child, the same for the same parts: at most 63 characters, an RFC 1123 label.

    A name that had to be cut or cleaned ends in 8 hex digits of the SHA-256 of the whole, so that it stays distinct.
    """
    whole = "-".join(parts)
    cleaned = _FORBIDDEN.sub("-", whole.lower()).strip("-")
    if whole and cleaned == whole and len(whole) <= MAXIMUM_LENGTH:
        return whole
    suffix = hashlib.sha256("\0".join(parts).encode()).hexdigest()[:8]
    head = cleaned[: MAXIMUM_LENGTH - len(suffix) - 1].strip("-")
    return f"{head}-{suffix}" if head else f"x-{suffix}"


def challenger_service(model: str, version: str) -> str:
    """The Service of a version that is compared with the champion."""
    return child_name(model, version, "shadow")


def label_value(name: str) -> str:
    """A name as a label's value: itself when it fits, else shortened as `child_name` does."""
    return name if len(name) <= MAXIMUM_LENGTH else child_name(name)
