"""A model of XGBoost as a document: read, looked at, and written anew, so that the library gets what was looked at.

XGBoost follows the indices of a file without looking, and its reader of JSON nests as deep as the file does.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leeboard.api.reasons import Reason
from leeboard.models import ubjson
from leeboard.models.failures import ModelError
from leeboard.models.tree_nodes import Nodes, malformed

LARGEST = 256 << 20
"""Bytes of a file; while it is looked at it takes some ten times as much."""
_ROOTLESS, _LEAF = 2**31 - 1, -1
_FEW = 1000
"""Outputs that a model may have without a tree for each: no answer of theirs is large."""
_OF_NODES = (
    "left_children",
    "right_children",
    "parents",
    "split_indices",
    "split_conditions",
    "split_type",
    "default_left",
    "base_weights",
    "loss_changes",
    "sum_hessian",
)


def document(path: Path) -> dict[str, Any]:
    """The document in model.json or model.ubj, looked at.

    Raises ModelError: UnsafeFormat where it is too large, ModelLoadFailed where it is no model, of a kind that is not
    served, or its trees are none.
    """
    size = path.stat().st_size
    if size > LARGEST:
        raise ModelError(Reason.UNSAFE_FORMAT, f"{path.name} has {size} bytes, and at most {LARGEST} are loaded")
    data = path.read_bytes()
    try:
        found = ubjson.parse(data) if path.suffix == ".ubj" else json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ModelError(Reason.MODEL_LOAD_FAILED, f"{path.name} cannot be parsed: {type(error).__name__}") from error
    try:
        _check(found)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError) as error:
        raise ModelError(
            Reason.MODEL_LOAD_FAILED, f"{path.name} is no model of XGBoost: {type(error).__name__}"
        ) from error
    return dict(found)


def width_of(found: dict[str, Any]) -> int:
    """How many inputs a model takes."""
    return int(found["learner"]["learner_model_param"]["num_feature"])


def groups_of(found: dict[str, Any]) -> int:
    """How many figures it gives for a row: classes, or targets."""
    parameters = found["learner"]["learner_model_param"]
    return max(int(parameters["num_class"]), int(parameters.get("num_target", 1)), 1)


def _check(found: Any) -> None:
    learner = found["learner"]
    width, groups = width_of(found), groups_of(found)
    if not 0 < width < _ROOTLESS or not 0 < groups < _ROOTLESS:
        raise malformed("the model", f"{width} inputs and {groups} outputs")
    _check_parameters(learner, width, groups)
    names, types = learner.get("feature_names", []), learner.get("feature_types", [])
    if len(types) not in (0, width) or not all(isinstance(kind, str) for kind in types):
        raise malformed("the model", f"{len(types)} types for {width} inputs")
    if len(names) not in (0, width) or not all(isinstance(name, str) for name in names):
        raise malformed("the model", f"{len(names)} names for {width} inputs")
    if not isinstance(learner["objective"]["name"], str) or not isinstance(learner.get("attributes", {}), dict):
        raise malformed("the model", "an objective or attributes that are none")
    if not isinstance(found["version"], list):
        raise malformed("the model", "a version that is none")
    booster = learner["gradient_booster"]
    match booster["name"]:
        case "gbtree":
            _check_trees(booster["model"], width, groups)
        case "dart":
            _check_trees(booster["gbtree"]["model"], width, groups)
            if len(booster["weight_drop"]) != len(booster["gbtree"]["model"]["trees"]):
                raise malformed("the model", "another number of weights than of trees")
        case "gblinear":
            weights = booster["model"]["weights"]
            if _array(weights, np.float64).shape != ((width + 1) * groups,):
                raise malformed("the model", f"{len(weights)} weights for {width} inputs and {groups} outputs")
        case other:
            raise ModelError(Reason.MODEL_LOAD_FAILED, f"a booster {str(other)[:40]!r} is not served")


def _check_parameters(learner: Any, width: int, groups: int) -> None:
    parameters, objective = learner["learner_model_param"], learner["objective"]
    classes, targets = int(parameters["num_class"]), int(parameters.get("num_target", 1))
    if classes < 0 or targets < 0 or min(classes, targets) > 1:
        raise malformed("the model", f"{classes} classes of {targets} targets")
    parameters.update(_written(num_class=classes, num_target=max(targets, 1), num_feature=width))
    base = json.loads(parameters["base_score"])
    scores = _array(base if isinstance(base, list) else [base], np.float64)
    if len(scores) not in (1, groups) or not np.isfinite(scores).all():
        raise malformed("the model", f"a base score that is none for {groups} outputs")
    multiclass = objective.get("softmax_multiclass_param")
    if multiclass is not None and int(multiclass["num_class"]) != classes:
        raise malformed("the model", f"another number of classes than {classes}")


def _written(**numbers: int) -> dict[str, str]:
    """Parameters as XGBoost writes them: its reader and Python's do not agree on every text."""
    return {name: str(number) for name, number in numbers.items()}


def _check_trees(model: Any, width: int, groups: int) -> None:
    trees, parameters = model["trees"], model["gbtree_model_param"]
    if any(model.get("cats", {}).get(part) for part in ("enc", "feature_segments", "sorted_idx")):
        text = "categories by name are not served: encode them before XGBoost gets them, in a pipeline saved by skops"
        raise ModelError(Reason.MODEL_LOAD_FAILED, text)
    count, parallel = int(parameters["num_trees"]), int(parameters["num_parallel_tree"])
    if count != len(trees) or not 0 < parallel <= max(count, 1):
        raise malformed("the model", f"another number of trees than its {len(trees)}")
    parameters.update(_written(num_trees=count, num_parallel_tree=parallel))
    if groups > max(count, _FEW):
        raise malformed("the model", f"{groups} outputs of {count} trees")
    owners, rounds = _whole(model["tree_info"]), _whole(model.get("iteration_indptr", [0, len(trees)]))
    if len(owners) != len(trees) or ((owners < 0) | (owners >= groups)).any():
        raise malformed("the model", f"trees for none of its {groups} outputs")
    if not len(rounds) or rounds[0] != 0 or rounds[-1] != len(trees) or (np.diff(rounds) < 0).any():
        raise malformed("the model", f"rounds that are none of its {len(trees)} trees")
    for number, tree in enumerate(trees):
        _check_tree(tree, width, number)


def _check_tree(tree: Any, width: int, number: int) -> None:
    name, parameters = f"tree {number}", tree["tree_param"]
    figures, deleted = int(parameters.get("size_leaf_vector", 1)), int(parameters.get("num_deleted", 0))
    if figures > 1:
        raise ModelError(Reason.MODEL_LOAD_FAILED, "trees with several figures in a leaf are not served")
    count = int(parameters["num_nodes"])
    if figures < 0 or not 0 <= deleted < max(count, 1):
        raise malformed(name, f"{figures} figures in a leaf, and {deleted} nodes that were deleted")
    if int(parameters["num_feature"]) != width or tree["id"] != number:
        raise malformed(name, f"another number of inputs than {width}, or of its own")
    if any(len(tree[part]) != count for part in _OF_NODES):
        raise malformed(name, f"lists of other lengths than its {count} nodes")
    left, right, parents = (_whole(tree[part]) for part in _OF_NODES[:3])
    Nodes(left, right, left == _LEAF, _whole(tree["split_indices"])).check(width, name)
    inner = np.flatnonzero(left != _LEAF)
    expected = np.full(count, _ROOTLESS)
    expected[left[inner]] = expected[right[inner]] = inner
    if not np.array_equal(parents, expected):
        raise malformed(name, "parents of other children")
    for part in ("split_conditions", "base_weights", "loss_changes", "sum_hessian"):
        _array(tree[part], np.float64)
    _check_categories(tree, inner, _whole(tree["split_type"]), name)
    parameters.update(_written(num_nodes=count, num_feature=width, num_deleted=deleted, size_leaf_vector=figures))


def _check_categories(tree: Any, inner: NDArray[np.int64], kinds: NDArray[np.int64], name: str) -> None:
    nodes, segments, sizes, values = (
        _whole(tree[part]) for part in ("categories_nodes", "categories_segments", "categories_sizes", "categories")
    )
    if ((kinds < 0) | (kinds > 1)).any() or not np.array_equal(nodes, np.flatnonzero(kinds)):
        raise malformed(name, "splits of no known kind, or without their categories")
    if not len(nodes) == len(segments) == len(sizes) or not np.isin(nodes, inner).all():
        raise malformed(name, "categories of no split")
    ends = np.concatenate([[0], np.cumsum(sizes)])
    if (sizes < 1).any() or not np.array_equal(segments, ends[:-1]) or ends[-1] != len(values):
        raise malformed(name, "categories of other lengths than it says")
    if ((values < 0) | (values >= 1 << 24)).any():  # the largest that XGBoost takes: all below it are exact in a float
        raise malformed(name, "categories that are none")


def _whole(values: Sequence[Any]) -> NDArray[np.int64]:
    array = _array(values, np.float64)
    whole = array.astype(np.int64)
    if not np.array_equal(array, whole):
        raise ValueError("a number that is not whole")
    return whole


def _array(values: Sequence[Any], dtype: Any) -> NDArray[Any]:
    """A list of numbers, and of nothing that only looks like one."""
    if not isinstance(values, list) or not all(type(value) in (int, float) for value in values):
        raise TypeError("not a list of numbers")
    return np.asarray(values, dtype=dtype)
