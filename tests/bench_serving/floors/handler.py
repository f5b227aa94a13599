"""The handler that all stacks have: a request's body to the body of an answer."""

from pathlib import Path

import msgspec
import numpy as np

from leeboard.models import Predictor, Rows, load


class _Input(msgspec.Struct):
    name: str
    shape: list[int]
    datatype: str
    data: list[float]


class _Request(msgspec.Struct):
    inputs: list[_Input]


class Handler:
    """Parses, predicts and answers."""

    def __init__(self, folder: str, format: str) -> None:
        self._predictor: Predictor = load(Path(folder), format)
        self._decode = msgspec.json.Decoder(_Request).decode
        self._names: tuple[str, ...] = ()

    def answer(self, body: bytes) -> bytes:
        """The answer to one request."""
        asked = self._decode(body).inputs[0]
        matrix = np.array(asked.data, dtype=np.float32).reshape(asked.shape)
        if len(self._names) != matrix.shape[1]:
            self._names = tuple(f"x{position}" for position in range(matrix.shape[1]))
        scores = self._predictor.run(Rows(self._names, matrix=matrix), ("predict_proba",))["predict_proba"][:, 1]
        output = {"name": "probability", "datatype": "FP64", "shape": [len(scores)], "data": scores.tolist()}
        return msgspec.json.encode({"model_name": "m", "model_version": "m-1", "id": "", "outputs": [output]})
