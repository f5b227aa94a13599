"""KServe's Python server with a model of its protocol's second version: `kserve_server.py PORT MODEL [GRPC-PORT]`."""

import logging
import sys
import uuid

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
        return InferResponse(payload.id or str(uuid.uuid4()), self.name, [output])


if __name__ == "__main__":
    port, path, *others = sys.argv[1:]
    logging.disable(logging.INFO)
    model = Model("m", path)
    model.load()
    by_grpc = {"enable_grpc": True, "grpc_port": int(others[0])} if others else {"enable_grpc": False}
    server = kserve.ModelServer(http_port=int(port), workers=1, access_log_format=None, **by_grpc)
    server.start([model])
