"""The example manifests, and a complete ModelVersion, as documents that a test may change."""

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import yaml

Document = dict[str, Any]
EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "late-flights"
DIGEST = "sha256:" + "ab" * 32


def example(name: str) -> dict[str, Any]:
    """One of model, training-job and drift-monitor."""
    document: dict[str, Any] = yaml.safe_load((EXAMPLES / f"{name}.yaml").read_text(encoding="utf-8"))
    return document


def model_version(name: str = "late-flights-v1") -> dict[str, Any]:
    """A version as the operator registers it."""
    dataset = {"uri": "s3://flights/train/", "digest": DIGEST, "rows": 1000, "schemaDigest": DIGEST}
    metric = {"name": "roc_auc", "value": "0.731", "low": "0.722", "high": "0.740", "dataset": "holdout"}
    return {
        "apiVersion": "leeboard.dev/v1alpha1",
        "kind": "ModelVersion",
        "metadata": {"name": name},
        "spec": {
            "modelRef": {"name": "late-flights"},
            "source": {"trainingJob": {"name": "late-flights", "uid": "1-2-3", "run": "0a1b2c3d"}},
            "artifact": {
                "uri": "s3://models/ml/late-flights/0a1b2c3d/",
                "digest": DIGEST,
                "format": "sklearn-skops",
                "bytes": 1234,
            },
            "code": {
                "repository": "http://git.storage.svc/late-flights.git",
                "revision": "main",
                "commit": "0123456789" * 4,
                "verified": True,
            },
            "image": {"reference": f"registry.example/ml/flights@{DIGEST}"},
            "datasets": [
                {"name": "train", "role": "Train", "partitions": ["2013-01/"], **dataset},
                {"name": "holdout", "role": "Holdout", **dataset},
            ],
            "params": {"learning_rate": "0.1"},
            "seed": 7,
            "environment": {"python": "3.11.7", "lockDigest": DIGEST},
            "signature": {
                "inputs": [{"name": "distance", "datatype": "FP64", "shape": [-1]}],
                "outputs": [{"name": "probability", "datatype": "FP64", "shape": [-1]}],
            },
            "metrics": [{**metric, "digest": DIGEST}],
            "profile": {"uri": "s3://models/ml/late-flights/0a1b2c3d/evaluation/profile.json", "digest": DIGEST},
            "goldenSamples": {"uri": "s3://models/ml/late-flights/0a1b2c3d/evaluation/golden.json", "digest": DIGEST},
            "cause": {"kind": "SpecChange", "reason": "first run"},
        },
    }


DOCUMENTS: dict[str, Callable[[], Document]] = {
    "model": lambda: example("model"),
    "training-job": lambda: example("training-job"),
    "drift-monitor": lambda: example("drift-monitor"),
    "model-version": model_version,
}
"""A document of each kind."""


def put(document: Document, path: str, value: Any) -> Document:
    """A copy with one field changed; ``None`` removes it. Numbers in the path index lists."""
    changed = deepcopy(document)
    *parents, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    node: Any = changed
    for part in parents:
        node = node[part] if isinstance(part, int) else node.setdefault(part, {})
    if value is None:
        del node[last]
    else:
        node[last] = value
    return changed
