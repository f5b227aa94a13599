"""The service that BentoML serves; it answers in the protocol's shape, and checks as little as it can."""

import os

import bentoml
import joblib
import numpy as np


@bentoml.service(workers=1, logging={"access": {"enabled": False}})
class Served:
    """One model of scikit-learn."""

    def __init__(self):
        self.model = joblib.load(os.environ["MODEL"])

    @bentoml.api(route="/v2/models/m/infer")
    def infer(self, inputs: list[dict]) -> dict:
        """The labels of the rows of the first input."""
        first = inputs[0]
        answers = self.model.predict(np.array(first["data"], dtype=np.float32).reshape(first["shape"]))
        output = {"name": "output-0", "datatype": "INT64", "shape": list(answers.shape), "data": answers.tolist()}
        return {"outputs": [output]}
