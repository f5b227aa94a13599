"""HistGradientBoosting of scikit-learn: double thresholds, a branch for missing values, categories by sets."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from leeboard.models.onnx_conversion.data import Data, beside
from leeboard.models.onnx_conversion.encoders import encoded
from leeboard.models.onnx_conversion.failures import Unconvertible
from leeboard.models.onnx_conversion.figures import Figures, logistic, softmax
from leeboard.models.onnx_conversion.graph import Graph
from leeboard.models.onnx_conversion.trees import Tree, constant_tree, tree_ensemble

_BITS = 256
"""Categories that a bitset of scikit-learn's tells apart."""
_IDENTITY, _LOG = "IdentityLink", "LogLink"


def hist_gradient_boosting(graph: Graph, estimator: Any, data: Data) -> Figures:
    """Its figures: the sum of the leaves, and the loss's link. Raises Unconvertible for a link that is not known."""
    if getattr(estimator, "_preprocessor", None) is not None:
        data = _categories_first(estimator, data)
    targets = int(estimator.n_trees_per_iteration_)
    raw = tree_ensemble(graph, data.numbers(), hist_trees(estimator), targets)
    if getattr(estimator, "classes_", None) is not None:
        return softmax(graph, raw, targets) if targets > 1 else logistic(graph, raw)
    link = type(estimator._loss.link).__name__
    if link == _IDENTITY:
        return Figures(values=raw)
    if link == _LOG:
        return Figures(values=graph.op("Exp", raw))
    raise Unconvertible(f"its loss has the link {link}")


def hist_trees(estimator: Any) -> list[Tree]:
    """The trees, with what they begin from."""
    begin = np.asarray(estimator._baseline_prediction, dtype=np.float64).ravel()
    known, places = estimator._bin_mapper.make_known_categories_bitsets()
    unpacked = np.unpackbits(np.ascontiguousarray(known).view(np.uint8), axis=1, bitorder="little").astype(np.bool_)
    trees = [constant_tree(value, target, np.float64) for target, value in enumerate(begin)]
    for stage in estimator._predictors:
        trees += [_tree(one, unpacked, places, target) for target, one in enumerate(stage)]
    return trees


def _tree(grown: Any, known: NDArray[np.bool_], places: NDArray[Any], target: int) -> Tree:
    nodes = grown.nodes
    leaf = nodes["is_leaf"].astype(np.bool_)
    here = np.arange(len(leaf))
    members = {
        int(node): _members(grown, nodes[node], known[places[nodes[node]["feature_idx"]]])
        for node in np.flatnonzero(nodes["is_categorical"].astype(np.bool_) & ~leaf)
    }
    return Tree(
        leaf=leaf,
        feature=np.where(leaf, 0, nodes["feature_idx"]).astype(np.int64),
        threshold=nodes["num_threshold"].astype(np.float64),
        yes=np.where(leaf, here, nodes["left"]).astype(np.int64),
        no=np.where(leaf, here, nodes["right"]).astype(np.int64),
        missing_yes=nodes["missing_go_to_left"].astype(np.bool_),
        value=nodes["value"].astype(np.float64),
        target=target,
        members=members,
    )


def _members(grown: Any, node: Any, known: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The codes that go left; one that was in no tree's data goes where missing values do."""
    bits = np.ascontiguousarray(grown.raw_left_cat_bitsets[node["bitset_idx"]]).view(np.uint8)
    left = np.unpackbits(bits, bitorder="little").astype(np.bool_)[:_BITS]
    if node["missing_go_to_left"]:
        left = left | ~known
    return np.flatnonzero(left).astype(np.int64)


def _categories_first(estimator: Any, data: Data) -> Data:
    """Codes of the categorical columns, then the others: the order in which its trees count them."""
    categorical = np.asarray(estimator.is_categorical_, dtype=np.bool_)
    encoder = estimator._preprocessor.named_transformers_["encoder"]
    codes = encoded(data.graph, encoder, data.select(np.flatnonzero(categorical).tolist()))
    return beside(data.graph, [codes, data.select(np.flatnonzero(~categorical).tolist())])
