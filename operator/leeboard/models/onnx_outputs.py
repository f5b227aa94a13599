"""Which outputs of an ONNX graph are labels, values and probabilities: told by their names, types and shapes."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from leeboard.models.predictor import PREDICT, PREDICT_PROBA

_LABELS = ("tensor(int64)", "tensor(int32)", "tensor(string)", "tensor(bool)")
_FIGURES = ("tensor(float)", "tensor(double)", "tensor(float16)")


@dataclass(frozen=True)
class Roles:
    """The graph's output for predict and for predict_proba, where there is one.

    `single`: predict_proba has one column, the probability of the second of two classes. `two`: there are two classes,
    which are 0 and 1 where the graph does not list them.
    """

    named: dict[str, str] = field(default_factory=dict)
    single: bool = False
    two: bool = False


def roles_of(outputs: Sequence[tuple[str, str, Sequence[Any]]]) -> Roles:
    """Roles of outputs that are given by name, type and shape.

    A graph with labels is a classifier, whatever its figures' shape says: exporters leave it out. One with a single
    column of figures gives values or the probability of class 1: what it is asked for tells which.
    """
    shapes = {name: tuple(shape) for name, _, shape in outputs}
    if PREDICT in shapes or PREDICT_PROBA in shapes:
        return Roles(two=shapes.get(PREDICT_PROBA, ())[1:] == (2,))
    labels = [name for name, kind, _ in outputs if kind in _LABELS]
    figures = [name for name, kind, _ in outputs if kind in _FIGURES]
    if not figures:
        return Roles({PREDICT: labels[0]} if labels else {})
    name, columns = figures[0], shapes[figures[0]][1:]
    if labels:
        return Roles({PREDICT: labels[0], PREDICT_PROBA: name}, two=columns == (2,))
    if columns in ((), (1,)):
        return Roles({PREDICT: name, PREDICT_PROBA: name}, single=True, two=True)
    return Roles({PREDICT_PROBA: name}, two=columns == (2,))
