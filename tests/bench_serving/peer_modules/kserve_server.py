"""KServe's Python server with a model of its protocol's second version: `kserve_server.py PORT MODEL`."""

import logging
import sys

import joblib
import kserve
from kserve import InferOutput, InferRequest, InferResponse


class Model(kserve.Model):
    """Answers with predict, as KServe's own server of scikit-learn does."""

    def __init__(self, name, path):
        super().__init__(name)
        self._path = path
        self.ready = False

    def load(self):
        self._model = joblib.load(self._path)
        self.ready = True
        return self.ready

    def predict(self, payload: InferRequest, headers=None, response_headers=None):
        inputs = payload.inputs[0].as_numpy()
        answers = self._model.predict(inputs)
        output = InferOutput("output-0", list(answers.shape), "INT64", answers.tolist())
        return InferResponse(payload.id, self.name, [output])


if __name__ == "__main__":
    port, path = int(sys.argv[1]), sys.argv[2]
    logging.disable(logging.INFO)
    model = Model("m", path)
    model.load()
    server = kserve.ModelServer(http_port=port, enable_grpc=False, workers=1, access_log_format=None)
    server.start([model])
