"""The model as it is served: loaded from verified files, and held against the golden samples before it answers."""

from __future__ import annotations

import numpy as np

from leeboard.api.reasons import Reason
from leeboard.models import ModelError, Predictor, load
from leeboard.models.predictor import PREDICT_PROBA
from leeboard.models.score import column_of, scored_output, scores_of
from leeboard_serving.environment import Folders, Served
from leeboard_serving.failures import ServingError
from leeboard_serving.server.golden import Golden, read_golden
from leeboard_serving.server.inference.answers import Answers
from leeboard_serving.server.inference.datatypes import datatype_of
from leeboard_serving.server.inference.request import BadRequest, InferenceRequest, gathered
from leeboard_serving.server.inference.signature import Signature, Tensor
from leeboard_serving.server.refused_values import RefusedValues


class ServedModel:
    """A model that has given the right answers."""

    def __init__(self, served: Served, signature: Signature, golden: Golden, predictor: Predictor) -> None:
        self.served, self.golden, self._predictor = served, golden, predictor
        self.signature = signature
        self.format = predictor.format
        self._score_name = signature.outputs[0].name
        self._scores_from = scored_output(served.task)
        by_class = self._scores_from == PREDICT_PROBA
        self._column = column_of(predictor, served.positive_class) if by_class else 0
        self._refused = RefusedValues(predictor, self._scores_from, gathered([golden.request], signature.names))

    @classmethod
    def load(cls, folders: Folders, served: Served, threads: int = 1) -> ServedModel:
        """Load and check. Raises ServingError: BadData, UnsafeFormat, ModelLoadFailed, GoldenSamplesMismatch."""
        signature, golden = read_golden(folders.golden)
        try:
            if served.accelerated:
                predictor = load(folders.accelerated, "onnx", threads=threads)
            else:
                predictor = load(folders.artefact, served.format, allow_unsafe=served.allow_unsafe, threads=threads)
            model = cls(served, signature, golden, predictor)
            model.check()
            model.signature = model.completed()
        except ModelError as error:
            raise ServingError(error.reason, error.message) from error
        return model

    def answer(self, requests: list[InferenceRequest]) -> Answers:
        """The same as `predict`, for callers. Raises BadRequest where the model refuses a value of the one request."""
        try:
            return self.predict(requests)
        except ModelError as error:
            refused = self._refused.found(gathered(requests, self.signature.names)) if len(requests) == 1 else None
            if refused is None:
                raise
            raise BadRequest(refused) from error

    def predict(self, requests: list[InferenceRequest]) -> Answers:
        """The answers to requests of one layout. Raises ModelError where the model does not answer."""
        rows = gathered(requests, self.signature.names)
        others = {one.name for request in requests for one in request.outputs if one.name != self._score_name}
        needed = [self._scores_from, *sorted(others - {self._scores_from})]
        outputs = self._predictor.run(rows, needed)
        answers = outputs[self._scores_from]
        scores = scores_of(self._predictor, self._scores_from, answers, rows.count, self._column)
        return Answers(self._score_name, scores, outputs, rows)

    def check(self) -> None:
        """Ask for the golden answers. Raises ServingError (GoldenSamplesMismatch, ModelLoadFailed)."""
        try:
            scores = self.predict([self.golden.request]).scores
        except ModelError as error:
            raise ServingError(Reason.MODEL_LOAD_FAILED, f"the golden samples: {error.message}") from error
        worst = float(np.max(np.abs(scores - self.golden.scores)))
        if not worst <= self.golden.tolerance:  # a sample that is no number is none that the model could give
            text = f"an answer is {worst:.3g} off that at evaluation, {self.golden.tolerance:.3g} is tolerated"
            raise ServingError(Reason.GOLDEN_SAMPLES_MISMATCH, text)

    def completed(self) -> Signature:
        """The signature with every output that the model has, as it answers the golden samples."""
        request = self.golden.request
        found = [self.signature.outputs[0]]
        others = [name for name in self._predictor.outputs if name != self._score_name]
        rows = gathered([request], self.signature.names)
        for name, values in self._predictor.run(rows, others).items() if others else ():
            found.append(Tensor(name, datatype_of(values), values.shape[1] if values.ndim > 1 else 0))
        return Signature(self.signature.inputs, tuple(found))
