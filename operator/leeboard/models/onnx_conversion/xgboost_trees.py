"""Trees of XGBoost: they compare and add in single precision, which the graph does too, in the same order."""

import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leeboard.models.onnx_conversion.data import Data
from leeboard.models.onnx_conversion.failures import Unconvertible
from leeboard.models.onnx_conversion.figures import Figures, logistic, softmax
from leeboard.models.onnx_conversion.graph import Graph
from leeboard.models.onnx_conversion.trees import BELOW, Tree, constant_tree, tree_ensemble

_IDENTITY = (
    "reg:squarederror",
    "reg:squaredlogerror",
    "reg:pseudohubererror",
    "reg:absoluteerror",
    "reg:quantileerror",
    "binary:logitraw",
    "rank:ndcg",
    "rank:pairwise",
    "rank:map",
)
_LOGISTIC = ("binary:logistic", "reg:logistic")
_EXPONENTIAL = ("count:poisson", "reg:gamma", "reg:tweedie", "survival:cox")
_SOFTMAX = ("multi:softprob", "multi:softmax")


def of_estimator(graph: Graph, estimator: Any, data: Data) -> Figures:
    """XGBClassifier and XGBRegressor. Raises Unconvertible."""
    if estimator.missing is not None and not np.isnan(estimator.missing):
        raise Unconvertible(f"it takes {estimator.missing} for missing")
    booster = estimator.get_booster()
    best = getattr(booster, "best_iteration", None) if "best_iteration" in booster.attributes() else None
    return of_booster(graph, booster, int(best) + 1 if best is not None else 0, data)


def of_booster(graph: Graph, booster: Any, rounds: int, data: Data) -> Figures:
    """What the first `rounds` rounds answer, all of them for 0. Raises Unconvertible for what has no converter here."""
    learner = json.loads(bytes(booster.save_raw("json")))["learner"]
    targets = max(int(learner["learner_model_param"]["num_class"]), 1)
    if int(learner["learner_model_param"].get("num_target", 1)) > 1:
        raise Unconvertible("it predicts several targets at once")
    objective = str(learner["objective"]["name"])
    begin = np.broadcast_to(_beginning(learner, objective), targets)
    trees = [constant_tree(float(value), target, np.float32) for target, value in enumerate(begin)]
    trees += _trees(learner["gradient_booster"], rounds)
    raw = tree_ensemble(graph, _categories_whole(graph, learner, data), trees, targets, "float")
    return _linked(graph, objective, raw, targets)


def _linked(graph: Graph, objective: str, raw: str, targets: int) -> Figures:
    if objective in _IDENTITY and targets == 1:
        return Figures(values=raw, kind="float")
    if objective == "reg:logistic":
        return Figures(values=graph.op("Sigmoid", raw), kind="float")
    if objective == "binary:logistic":
        return logistic(graph, raw, "float")
    if objective in _EXPONENTIAL:
        return Figures(values=graph.op("Exp", raw), kind="float")
    if objective in _SOFTMAX:
        return softmax(graph, raw, targets, "float")
    raise Unconvertible(f"the objective {objective} has no converter")


def _beginning(learner: Any, objective: str) -> NDArray[np.float32]:
    told = json.loads(learner["learner_model_param"]["base_score"])
    score: NDArray[np.float32] = np.atleast_1d(np.asarray(told, dtype=np.float32))
    if objective in _LOGISTIC:
        score = -np.log(np.float32(1) / score - np.float32(1))
    elif objective in _EXPONENTIAL:
        score = np.log(score)
    return score


def _trees(booster: Any, rounds: int) -> list[Tree]:
    kind = booster["name"]
    if kind not in ("gbtree", "dart"):
        raise Unconvertible(f"a booster {kind} has no converter")
    model = booster["model"] if kind == "gbtree" else booster["gbtree"]["model"]
    count = int(model["iteration_indptr"][rounds]) if rounds else len(model["trees"])
    weights = booster["weight_drop"] if kind == "dart" else [1.0] * count
    return [_tree(model["trees"][at], model["tree_info"][at], np.float32(weights[at])) for at in range(count)]


def _tree(grown: Any, target: int, weight: np.float32) -> Tree:
    if int(grown["tree_param"].get("size_leaf_vector", 1)) > 1:
        raise Unconvertible("its leaves hold several figures")
    left, right = (np.array(grown[part], dtype=np.int64) for part in ("left_children", "right_children"))
    leaf = left < 0
    here = np.arange(len(leaf))
    conditions = np.array(grown["split_conditions"], dtype=np.float32)
    missing_left = np.array(grown["default_left"], dtype=np.bool_)
    categorical = np.array(grown["split_type"], dtype=np.bool_) & ~leaf
    # the categories of a node are those that go to the right
    return Tree(
        leaf=leaf,
        feature=np.where(leaf, 0, np.array(grown["split_indices"], dtype=np.int64)),
        threshold=conditions,
        yes=np.where(leaf, here, np.where(categorical, right, left)),
        no=np.where(leaf, here, np.where(categorical, left, right)),
        missing_yes=np.where(categorical, ~missing_left, missing_left),
        value=conditions * weight,
        mode=BELOW,
        target=int(target),
        members=_members(grown),
    )


def _members(grown: Any) -> dict[int, NDArray[np.int64]]:
    values = np.array(grown["categories"], dtype=np.int64)
    places = zip(grown["categories_nodes"], grown["categories_segments"], grown["categories_sizes"], strict=True)
    return {int(node): values[int(begin) : int(begin) + int(size)] for node, begin, size in places}


def _categories_whole(graph: Graph, learner: Any, data: Data) -> str:
    """The matrix in single precision. A category is the whole part of its number."""
    matrix = data.numbers("float")
    categorical = np.array([kind == "c" for kind in learner.get("feature_types") or []], dtype=np.bool_)
    if not categorical.any():
        return matrix
    return graph.op("Where", graph.constant(categorical.reshape(1, -1)), graph.op("Floor", matrix), matrix)
