"""Ensembles of decision trees, whichever library grew them, as one TreeEnsemble of ai.onnx.ml 5.

Thresholds and leaves have the precision in which the source compares and adds, so that no row takes another branch.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import numpy_helper

from leeboard.models.onnx_conversion.data import Kind
from leeboard.models.onnx_conversion.failures import Unconvertible
from leeboard.models.onnx_conversion.graph import ML, Graph

MOST_NODES = 2_000_000
"""Nodes of an ensemble: some 100 MB of ONNX, and ten times that for a moment while it is written."""
DEEPEST = 500
"""Levels of a tree; onnxruntime reads it by recursion."""
AT_MOST, BELOW, MEMBER = 0, 1, 6
"""Modes of a node: the first branch is taken by x <= threshold, x < threshold, or x in a set."""
_SUM = 1


@dataclass(frozen=True)
class Tree:
    """One tree as arrays over its nodes, of shape (nodes,); node 0 is the root.

    `yes` and `no` are the children of a node, `missing_yes` whether NaN takes the first. `members` are the whole
    numbers that take the first branch of a node that asks for a category. `target`: the figure that it adds to.
    """

    leaf: NDArray[np.bool_]
    feature: NDArray[np.int64]
    threshold: NDArray[Any]
    yes: NDArray[np.int64]
    no: NDArray[np.int64]
    missing_yes: NDArray[np.bool_]
    value: NDArray[Any]
    mode: int = AT_MOST
    target: int = 0
    members: Mapping[int, NDArray[np.int64]] = field(default_factory=dict)


def constant_tree(value: float, target: int, dtype: Any) -> Tree:
    """A tree that adds the same to every row."""
    leaf = np.array([True])
    none = np.zeros(1, dtype=np.int64)
    figure = np.array([value], dtype=dtype)
    return Tree(leaf, none, np.zeros(1, dtype=dtype), none, none, np.array([False]), figure, target=target)


def tree_ensemble(graph: Graph, matrix: str, trees: Sequence[Tree], targets: int, kind: Kind = "double") -> str:
    """The sums of the leaves, of shape (rows, targets), from a matrix of the same kind.

    Raises Unconvertible where the trees are too many or too deep.
    """
    nodes = sum(len(tree.leaf) for tree in trees)
    if nodes > MOST_NODES:
        raise Unconvertible(f"its trees have {nodes} nodes; at most {MOST_NODES} are converted")
    if not trees:
        raise Unconvertible("it has no trees")
    dtype = np.float64 if kind == "double" else np.float32
    written = _Written(dtype)
    for tree in trees:
        written.add(tree)
    graph.compared(matrix, thresholds_of(trees))
    return graph.op(
        "TreeEnsemble", matrix, domain=ML, n_targets=targets, aggregate_function=_SUM, **written.attributes()
    )


class _Written:
    """Attributes of the operator, tree after tree: inner nodes in one numbering, leaves in another."""

    def __init__(self, dtype: Any) -> None:
        self._dtype = dtype
        self._inner = self._leaves = 0
        self._roots: list[int] = []
        self._parts: dict[str, list[NDArray[Any]]] = {}
        self._members: list[NDArray[Any]] = []

    def add(self, tree: Tree) -> None:
        tree = _with_a_split(tree)
        _check_depth(tree)
        inner = np.flatnonzero(~tree.leaf)
        place = np.where(tree.leaf, self._leaves + np.cumsum(tree.leaf), self._inner + np.cumsum(~tree.leaf)) - 1
        modes = np.full(len(tree.leaf), tree.mode, dtype=np.uint8)
        for node in sorted(tree.members):
            modes[node] = MEMBER
            self._members.append(np.append(tree.members[node].astype(self._dtype), np.nan).astype(self._dtype))
        self._roots.append(self._inner)
        self._keep("nodes_featureids", tree.feature[inner])
        self._keep("nodes_splits", np.where(modes == MEMBER, 0, tree.threshold)[inner].astype(self._dtype))
        self._keep("nodes_modes", modes[inner])
        self._keep("nodes_truenodeids", place[tree.yes[inner]])
        self._keep("nodes_trueleafs", tree.leaf[tree.yes[inner]].astype(np.int64))
        self._keep("nodes_falsenodeids", place[tree.no[inner]])
        self._keep("nodes_falseleafs", tree.leaf[tree.no[inner]].astype(np.int64))
        self._keep("nodes_missing_value_tracks_true", tree.missing_yes[inner].astype(np.int64))
        self._keep("leaf_weights", tree.value[tree.leaf].astype(self._dtype))
        self._keep("leaf_targetids", np.full(int(tree.leaf.sum()), tree.target, dtype=np.int64))
        self._inner += len(inner)
        self._leaves += int(tree.leaf.sum())

    def attributes(self) -> dict[str, Any]:
        tensors = ("nodes_splits", "nodes_modes", "leaf_weights")
        whole = {name: np.concatenate(parts) for name, parts in self._parts.items()}
        # where no branch is one for NaN, onnxruntime need not look for it at every node
        if not whole["nodes_missing_value_tracks_true"].any():
            del whole["nodes_missing_value_tracks_true"]
        told: dict[str, Any] = {
            name: numpy_helper.from_array(values) if name in tensors else values.tolist()
            for name, values in whole.items()
        }
        if self._members:
            told["membership_values"] = numpy_helper.from_array(np.concatenate(self._members))
        return told | {"tree_roots": self._roots}

    def _keep(self, name: str, values: NDArray[Any]) -> None:
        self._parts.setdefault(name, []).append(values)


def _with_a_split(tree: Tree) -> Tree:
    """A tree that is one leaf as a node both of whose branches end in it: the operator has no other."""
    if not tree.leaf[0]:
        return tree
    zeros = np.zeros(2, dtype=np.int64)
    return Tree(
        leaf=np.array([False, True]),
        feature=zeros,
        threshold=np.zeros(2, dtype=tree.threshold.dtype),
        yes=np.ones(2, dtype=np.int64),
        no=np.ones(2, dtype=np.int64),
        missing_yes=np.array([False, False]),
        value=np.array([0, tree.value[0]], dtype=tree.value.dtype),
        target=tree.target,
    )


def _check_depth(tree: Tree) -> None:
    level, depth = np.array([0]), 0
    while len(level):
        inner = np.unique(level[~tree.leaf[level]])
        level = np.concatenate([tree.yes[inner], tree.no[inner]])
        depth += 1
        if depth > DEEPEST:
            raise Unconvertible(f"a tree has more than {DEEPEST} levels")


def thresholds_of(trees: Sequence[Tree]) -> dict[int, NDArray[np.float64]]:
    """Every number that a feature is compared with, once, by feature; and the categories it is looked for in."""
    found: dict[int, list[NDArray[np.float64]]] = {}
    for tree in trees:
        numeric = ~tree.leaf
        for node, members in tree.members.items():
            numeric[node] = False
            found.setdefault(int(tree.feature[node]), []).append(members.astype(np.float64))
        for feature in np.unique(tree.feature[numeric]):
            chosen = numeric & (tree.feature == feature)
            found.setdefault(int(feature), []).append(tree.threshold[chosen].astype(np.float64))
    return {feature: np.unique(np.concatenate(parts)) for feature, parts in sorted(found.items())}
