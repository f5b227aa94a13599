"""Whether the nodes of a tree form one: libraries follow the indices of a file without looking."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leeboard.api.reasons import Reason
from leeboard.models.failures import ModelError


@dataclass(frozen=True, eq=False)
class Nodes:
    """Arrays of one entry a node, of which the first is the root; `features` are those that nodes split on."""

    left: NDArray[Any]
    right: NDArray[Any]
    is_leaf: NDArray[np.bool_]
    features: NDArray[Any]

    def check(self, width: int, tree: str) -> None:
        """Children have to be nodes, none may have two parents or be above itself, and every feature one of `width`.

        Raises ModelError (ModelLoadFailed) that names the tree.
        """
        count = len(self.left)
        if count == 0 or not len(self.right) == len(self.is_leaf) == len(self.features) == count:
            raise malformed(tree, "lists of different lengths, or no node")
        inner = np.flatnonzero(~self.is_leaf)
        left, right = self.left[inner].astype(np.int64), self.right[inner].astype(np.int64)
        children = np.concatenate([left, right])
        if ((children < 1) | (children >= count)).any():
            raise malformed(tree, f"a child that is none of its {count} nodes")
        if len(np.unique(children)) != len(children):
            raise malformed(tree, "a node with two parents")
        parents = np.zeros(count, dtype=np.int64)
        parents[left] = parents[right] = inner
        if not _reach_root(parents):
            raise malformed(tree, "nodes in a circle")
        split_on = self.features[inner]
        if ((split_on < 0) | (split_on >= width)).any():
            raise malformed(tree, f"a split on a feature that is none of {width}")


def malformed(part: str, text: str) -> ModelError:
    """A part of a model that its library would read beyond its end, or never finish with."""
    return ModelError(Reason.MODEL_LOAD_FAILED, f"{part} has {text}")


def _reach_root(parents: NDArray[np.int64]) -> bool:
    """Whether every node comes to node 0: after as many doublings as a path has bits all have arrived."""
    for _ in range(len(parents).bit_length()):
        parents = parents[parents]
    return not parents.any()
