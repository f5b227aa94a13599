"""Trees of LightGBM: double thresholds, missing values by the kind that each input has, categories by sets."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import numpy_helper

from leeboard.models.onnx_conversion.data import Data, Piece, beside
from leeboard.models.onnx_conversion.failures import Unconvertible
from leeboard.models.onnx_conversion.figures import Figures, binary, softmax
from leeboard.models.onnx_conversion.graph import ML, Graph
from leeboard.models.onnx_conversion.trees import MOST_NODES, Tree, tree_ensemble

_NO_MORE_THAN_ZERO = float(np.float32(1e-35))
"""LightGBM takes numbers up to it for zero."""
_WRITTEN_FOR_INFINITY = 1e300
_EXPONENTIAL = ("poisson", "gamma", "tweedie")
_IDENTITY = (
    "regression",
    "regression_l1",
    "huber",
    "fair",
    "quantile",
    "mape",
    "lambdarank",
    "rank_xendcg",
    "custom",
    "",
)


def of_estimator(graph: Graph, estimator: Any, data: Data) -> Figures:
    """LGBMClassifier and LGBMRegressor. Raises Unconvertible."""
    if estimator.booster_.pandas_categorical:
        raise Unconvertible("it was fitted on columns of categories, which are not served to it as such")
    return of_booster(graph, estimator.booster_, (), data)


def of_booster(graph: Graph, booster: Any, codes: Sequence[Mapping[str, float]], data: Data) -> Figures:
    """What it answers; `codes` are those of the texts of each column of texts, in order. Raises Unconvertible."""
    document = booster.dump_model()
    targets = int(document["num_tree_per_iteration"])
    rounds = len(document["tree_info"]) // targets
    share = 1.0 / rounds if document.get("average_output") else 1.0
    grown = [_Grown(one["tree_structure"]) for one in document["tree_info"]]
    trees = [one.tree(share, place % targets) for place, one in enumerate(grown)]
    matrix = _prepared(graph, _coded(graph, codes, data).numbers(), grown, data.width)
    raw = tree_ensemble(graph, matrix, trees, targets)
    name, _, rest = str(document.get("objective", "")).partition(" ")
    return _linked(graph, name, dict(part.partition(":")[::2] for part in rest.split()), raw, targets)


def _linked(graph: Graph, name: str, told: Mapping[str, str], raw: str, targets: int) -> Figures:
    if name in ("binary", "multiclassova"):
        steep = graph.op("Mul", raw, graph.number(float(told.get("sigmoid", "1"))))
        share = graph.op("Sigmoid", steep)
        if name == "binary":
            return binary(graph, raw, share)
        return Figures(decision=raw, probabilities=share, classes=targets)
    if name == "multiclass":
        return softmax(graph, raw, targets)
    if targets > 1:
        raise Unconvertible(f"the objective {name} with several figures has no converter")
    return Figures(values=_value(graph, name, "sqrt" in told, raw))


def _value(graph: Graph, name: str, root: bool, raw: str) -> str:
    if name == "cross_entropy":
        return graph.op("Sigmoid", raw)
    if name in _EXPONENTIAL:
        return graph.op("Exp", raw)
    if name in _IDENTITY:
        return graph.op("Mul", raw, graph.op("Abs", raw)) if root else raw
    raise Unconvertible(f"the objective {name} has no converter")


class _Grown:
    """The nodes of one tree, flattened; what is missing is told by each node for its input."""

    def __init__(self, root: dict[str, Any]) -> None:
        self.nodes: list[dict[str, Any]] = []
        self._children: list[tuple[int, int]] = []
        waiting: list[tuple[dict[str, Any], int, int]] = [(root, -1, 0)]
        while waiting:
            node, parent, side = waiting.pop()
            place = len(self.nodes)
            if place >= MOST_NODES:
                raise Unconvertible(f"a tree has more than {MOST_NODES} nodes")
            self.nodes.append(node)
            self._children.append((place, place))
            if parent >= 0:
                left, right = self._children[parent]
                self._children[parent] = (place, right) if side == 0 else (left, place)
            if "split_feature" in node:
                waiting += [(node["left_child"], place, 0), (node["right_child"], place, 1)]

    def tree(self, share: float, target: int) -> Tree:
        """The tree with leaves of `share` times their value."""
        leaf = np.array(["split_feature" not in node for node in self.nodes])
        sets = {place: _members(node) for place, node in enumerate(self.nodes) if node.get("decision_type") == "=="}
        numeric = [0.0 if place in sets else float(node.get("threshold", 0.0)) for place, node in enumerate(self.nodes)]
        return Tree(
            leaf=leaf,
            feature=np.array([node.get("split_feature", 0) for node in self.nodes], dtype=np.int64),
            threshold=_thresholds(np.array(numeric)),
            yes=np.array([left for left, _ in self._children], dtype=np.int64),
            no=np.array([right for _, right in self._children], dtype=np.int64),
            missing_yes=np.array([_missing_left(node) for node in self.nodes], dtype=np.bool_),
            value=np.array([float(node.get("leaf_value", 0.0)) * share for node in self.nodes]),
            target=target,
            members=sets,
        )


def _thresholds(told: NDArray[np.float64]) -> NDArray[np.float64]:
    """Thresholds that divide rows as LightGBM does, which takes numbers next to zero for zero before it compares."""
    above = np.where((told >= 0) & (told <= _NO_MORE_THAN_ZERO), _NO_MORE_THAN_ZERO, told)
    below = np.nextafter(-_NO_MORE_THAN_ZERO, -np.inf)
    divided = np.where((above < 0) & (above >= -_NO_MORE_THAN_ZERO), below, above)
    return np.where(divided >= _WRITTEN_FOR_INFINITY, np.inf, divided)


def _missing_left(node: Mapping[str, Any]) -> bool:
    """A category that is missing goes right, whatever the node says; a number that cannot be missing never is."""
    return node.get("decision_type") == "<=" and bool(node["default_left"])


def _members(node: Mapping[str, Any]) -> NDArray[np.int64]:
    return np.array([int(one) for one in str(node["threshold"]).split("||")], dtype=np.int64)


def _prepared(graph: Graph, matrix: str, grown: Sequence[_Grown], width: int) -> str:
    """The matrix with NaN where LightGBM takes a number for missing, 0 where it takes NaN for a number."""
    kinds = np.full(width, "NaN", dtype=object)
    for node in (node for one in grown for node in one.nodes if "split_feature" in node):
        kinds[node["split_feature"]] = "category" if node["decision_type"] == "==" else node["missing_type"]
    as_zero, whole = kinds == "Zero", kinds == "category"
    if (kinds == "None").any():
        missing = graph.op("And", graph.op("IsNaN", matrix), graph.constant((kinds == "None").reshape(1, -1)))
        matrix = graph.op("Where", missing, graph.number(0.0), matrix)
    if as_zero.any():
        small = graph.op("LessOrEqual", graph.op("Abs", matrix), graph.number(_NO_MORE_THAN_ZERO))
        missing = graph.op("And", small, graph.constant(as_zero.reshape(1, -1)))
        matrix = graph.op("Where", missing, graph.number(np.nan), matrix)
    if whole.any():
        towards_zero = graph.op("Mul", graph.op("Floor", graph.op("Abs", matrix)), graph.op("Sign", matrix))
        matrix = graph.op("Where", graph.constant(whole.reshape(1, -1)), towards_zero, matrix)
    return matrix


def _coded(graph: Graph, codes: Sequence[Mapping[str, float]], data: Data) -> Data:
    """Texts as the codes of their categories; one that was not among them is missing."""
    texts = [place for place, kind in enumerate(data.kinds) if kind == "text"]
    if len(texts) != len(codes):
        raise Unconvertible(f"it takes texts in {len(codes)} inputs, and {len(texts)} hold them")
    known = dict(zip(texts, codes, strict=True))
    parts = []
    for place in range(data.width) if texts else ():
        part = data.select([place])
        if place in known:
            part = Data(graph, (Piece(_code(graph, known[place], part.pieces[0].tensor), "double", 1),))
        parts.append(part)
    return beside(graph, parts) if texts else data


def _code(graph: Graph, codes: Mapping[str, float], tensor: str) -> str:
    if "" in codes:
        raise Unconvertible("it knows the empty text as a category, which is a missing one in ONNX")
    return graph.op(
        "LabelEncoder",
        tensor,
        domain=ML,
        keys_tensor=numpy_helper.from_array(np.array(list(codes), dtype=object)),
        values_tensor=numpy_helper.from_array(np.array(list(codes.values()), dtype=np.float64)),
        default_tensor=numpy_helper.from_array(np.array([np.nan])),
    )
