"""What is measured: models, and requests to them as every server understands them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import GradientBoostingClassifier, HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression

Kind = Literal["logistic", "gradient-boosting", "hist-gradient-boosting"]
WIDTH: dict[Kind, int] = {"logistic": 4, "gradient-boosting": 30, "hist-gradient-boosting": 30}
SEED = 7
ROWS = 4000


@dataclass(frozen=True)
class Case:
    """Requests of so many rows to one model; `binary` ones bring their numbers behind the JSON."""

    kind: Kind
    rows: int
    binary: bool = False

    @property
    def name(self) -> str:
        """Such as `logistic 1×4 JSON`."""
        return f"{self.kind} {self.rows}×{WIDTH[self.kind]} {'binary' if self.binary else 'JSON'}"

    def numbers(self) -> NDArray[np.float32]:
        """What is sent, of shape (rows, inputs)."""
        return data(self.kind)[0][: self.rows].astype(np.float32)

    def body(self) -> tuple[bytes, dict[str, str]]:
        """The request's body and its headers."""
        numbers = self.numbers()
        tensor: dict[str, Any] = {"name": "input-0", "shape": list(numbers.shape), "datatype": "FP32"}
        if not self.binary:
            # six digits, as a client that prints floating-point numbers of 32 bits sends them
            tensor["data"] = [float(f"{value:.6g}") for value in numbers.reshape(-1)]
            return json.dumps({"inputs": [tensor]}).encode(), {"Content-Type": "application/json"}
        tensor["parameters"] = {"binary_data_size": numbers.nbytes}
        request = {"inputs": [tensor], "parameters": {"binary_data_output": True}}
        text = json.dumps(request).encode()
        headers = {"Content-Type": "application/octet-stream", "Inference-Header-Content-Length": str(len(text))}
        return text + numbers.astype("<f4").tobytes(), headers


CASES = (
    Case("logistic", 1),
    Case("gradient-boosting", 1),
    Case("hist-gradient-boosting", 1),
    Case("gradient-boosting", 32),
    Case("gradient-boosting", 1024),
    Case("logistic", 1, binary=True),
    Case("gradient-boosting", 32, binary=True),
    Case("gradient-boosting", 1024, binary=True),
)
BY_GRPC = (CASES[0],)
FIXED_RATE = CASES[:2]
OVERLOADED = (CASES[0], CASES[2])
"""Of the first, servers answer more than h2load can ask over so many connections; of the third they do not."""


@cache
def data(kind: Kind) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Inputs of shape (ROWS, inputs), which are numbers of 32 bits, and their classes."""
    generator = np.random.default_rng(SEED)
    inputs = generator.normal(size=(ROWS, WIDTH[kind])).astype(np.float32).astype(np.float64)
    weights = generator.normal(size=WIDTH[kind])
    noisy = inputs @ weights + generator.normal(size=ROWS)
    return inputs, (noisy > 0).astype(np.int64)


@cache
def fitted(kind: Kind) -> Any:
    """The model: scikit-learn's, with its own defaults."""
    estimators = {
        "logistic": LogisticRegression(),
        "gradient-boosting": GradientBoostingClassifier(random_state=SEED),
        "hist-gradient-boosting": HistGradientBoostingClassifier(random_state=SEED),
    }
    return estimators[kind].fit(*data(kind))
