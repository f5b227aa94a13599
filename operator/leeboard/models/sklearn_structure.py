"""The parts of scikit-learn's models that are followed in C without looking: trees, neighbourhoods, support vectors.

skops says of which types the parts of a file are, not what they hold. A child that is no node, or a neighbour that is
no row, would be read from beyond the end of an array.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.ensemble._forest import BaseForest
from sklearn.ensemble._gb import BaseGradientBoosting
from sklearn.ensemble._hist_gradient_boosting.common import PREDICTOR_RECORD_DTYPE
from sklearn.ensemble._hist_gradient_boosting.gradient_boosting import BaseHistGradientBoosting
from sklearn.neighbors import BallTree, KDTree
from sklearn.svm._base import BaseLibSVM
from sklearn.tree._classes import BaseDecisionTree
from sklearn.tree._tree import Tree

from leeboard.models.tree_nodes import Nodes, malformed

_BITSET = (8, np.dtype(np.uint32))
_SIMPLE = (str, bytes, int, float, complex, bool, type(None), np.generic)


def check_structure(estimator: Any) -> None:
    """Look at every part that an estimator is made of. Raises ModelError (ModelLoadFailed) that names it."""
    for part in _parts(estimator):
        for kind, check in _CHECKS:
            if isinstance(part, kind):
                check(part)


def _parts(root: Any) -> Iterator[Any]:
    """Every object that can be reached by attributes, keys and entries."""
    seen: dict[int, Any] = {}
    ahead = [root]
    while ahead:
        part = ahead.pop()
        if isinstance(part, _SIMPLE) or id(part) in seen:
            continue
        seen[id(part)] = part  # kept, so that no other object is made in its place
        yield part
        if isinstance(part, dict):
            ahead.extend(part.values())
        elif isinstance(part, list | tuple | set | frozenset):
            ahead.extend(part)
        elif isinstance(part, np.ndarray):
            ahead.extend(part.ravel().tolist() if part.dtype.hasobject else ())
        else:
            ahead.extend(getattr(part, "__dict__", {}).values())


def _check_tree(tree: Tree) -> None:
    state = tree.__getstate__()
    nodes, values = state["nodes"], state["values"]
    if len(nodes) != tree.node_count or len(values) != tree.node_count:
        raise malformed("a Tree", "lists of different lengths")
    left = nodes["left_child"]
    Nodes(left, nodes["right_child"], left == -1, nodes["feature"]).check(tree.n_features, "a Tree")


def _check_decision_tree(model: Any) -> None:
    if hasattr(model, "tree_"):
        _check_width(model, model.tree_.n_features)


def _check_ensemble(model: Any) -> None:
    for tree in np.ravel(getattr(model, "estimators_", [])):
        _check_width(model, tree.n_features_in_)


def _check_width(model: Any, width: int) -> None:
    if width != model.n_features_in_:
        raise malformed(type(model).__name__, f"{model.n_features_in_} inputs, and trees of {width}")


def _check_boosting(model: Any) -> None:
    trees = [tree for stage in getattr(model, "_predictors", ()) for tree in stage]
    by_category = np.asarray(model._bin_mapper.is_categorical_, dtype=np.bool_) if trees else np.zeros(0, np.bool_)
    for tree in trees:
        nodes, bitsets = tree.nodes, tree.raw_left_cat_bitsets
        if nodes.dtype != PREDICTOR_RECORD_DTYPE or nodes.ndim != 1 or len(by_category) != model._n_features:
            raise malformed("a TreePredictor", "nodes of another type, or for other inputs")
        is_leaf = nodes["is_leaf"].astype(np.bool_)
        Nodes(nodes["left"], nodes["right"], is_leaf, nodes["feature_idx"]).check(len(by_category), "a TreePredictor")
        if bitsets.ndim != 2 or (bitsets.shape[1], bitsets.dtype) != _BITSET:
            raise malformed("a TreePredictor", "categories of another type")
        split = nodes[~is_leaf & nodes["is_categorical"].astype(np.bool_)]
        if (split["bitset_idx"] >= len(bitsets)).any() or not by_category[split["feature_idx"]].all():
            raise malformed("a TreePredictor", f"categories that are none of its {len(bitsets)}")


def _check_neighbourhood(tree: Any) -> None:
    data, indices, nodes, bounds = (np.asarray(part) for part in tree.__getstate__()[:4])
    leaf_size, levels, count = tree.__getstate__()[4:7]
    name, rows = type(tree).__name__, len(data)
    if data.ndim != 2 or len(indices) != rows or ((indices < 0) | (indices >= rows)).any():
        raise malformed(name, f"rows that are none of its {rows}")
    if leaf_size < 1 or not 0 < levels < 64 or len(nodes) != count or count != 2**levels - 1:
        raise malformed(name, "another number of nodes than it says")
    if bounds.ndim != 3 or bounds.shape[1:] != (count, data.shape[1]):
        raise malformed(name, "bounds of other nodes than its own")
    starts, ends = nodes["idx_start"], nodes["idx_end"]
    if ((starts < 0) | (ends < starts) | (ends > rows)).any():
        raise malformed(name, f"nodes of rows that are none of its {rows}")
    if not nodes["is_leaf"][count // 2 :].all():
        raise malformed(name, "nodes below its last level")


def _check_support_vectors(model: Any) -> None:
    if not hasattr(model, "support_vectors_"):
        return
    vectors, sizes = model.support_vectors_, model._n_support
    name, count, is_classifier = type(model).__name__, int(vectors.shape[0]), hasattr(model, "classes_")
    classes = len(model.classes_) if is_classifier else 2
    if is_classifier and (len(sizes) != classes or (sizes < 0).any() or int(sizes.sum()) != count):
        raise malformed(name, f"support vectors that are none of its {count}")
    if model.kernel != "precomputed" and vectors.shape[1] != model.shape_fit_[1]:
        raise malformed(name, f"support vectors of other inputs than its {model.shape_fit_[1]}")
    pairs = classes * (classes - 1) // 2
    if model._dual_coef_.shape != (classes - 1, count) or len(model._intercept_) != pairs:
        raise malformed(name, "coefficients of another shape than its support vectors")


def _check_sparse(matrix: Any) -> None:
    try:
        if matrix.format in ("csr", "csc"):
            matrix.check_format(full_check=True)
        elif matrix.format == "coo":
            matrix._check()
    except ValueError:
        raise malformed("a sparse matrix", "values at places that it has not") from None


_CHECKS: tuple[tuple[Any, Callable[[Any], None]], ...] = (
    (Tree, _check_tree),
    (BaseDecisionTree, _check_decision_tree),
    (BaseForest | BaseGradientBoosting, _check_ensemble),
    (BaseHistGradientBoosting, _check_boosting),
    (KDTree | BallTree, _check_neighbourhood),
    (BaseLibSVM, _check_support_vectors),
    (sparse.spmatrix | sparse.sparray, _check_sparse),
)
