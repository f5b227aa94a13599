"""The text of a LightGBM model: read, looked at, and written anew, so that the library gets what was looked at.

LightGBM follows the indices of a file without looking.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from leeboard.api.reasons import Reason
from leeboard.models.failures import ModelError
from leeboard.models.tree_nodes import Nodes, malformed

LARGEST = 512 << 20
"""Bytes of a file; while it is looked at it takes some five times as much."""
VERSIONS = ("v3", "v4")
"""Of the format, not of the library; older ones lack what is looked at."""
_HEADER = (
    "version",
    "num_class",
    "num_tree_per_iteration",
    "label_index",
    "max_feature_idx",
    "objective",
    "average_output",
    "feature_names",
    "monotone_constraints",
    "feature_infos",
)
_OF_NODES = ("split_feature", "split_gain", "threshold", "decision_type", "left_child", "right_child")
_MORE_OF_NODES = ("internal_value", "internal_weight", "internal_count")
_OF_LEAVES = ("leaf_value", "leaf_weight", "leaf_count")
_OF_CATEGORIES = ("cat_boundaries", "cat_threshold")
_BY_CATEGORY = 1
"""The bit of decision_type that says so."""
_END = "end of trees"
_OBJECTIVE = re.compile(r"[A-Za-z0-9_]{1,40}( [A-Za-z_]{1,40}(:[-+.0-9eE]{1,40})?){0,8}")


@dataclass(frozen=True)
class LightGBMText:
    """A model that may be loaded: `text` is what LightGBM gets, `categories` those of pandas' categorical columns."""

    text: str
    header: dict[str, str]
    categories: tuple[tuple[str, ...], ...]

    @property
    def width(self) -> int:
        """How many inputs it takes."""
        return int(self.header["max_feature_idx"]) + 1


def model_text(path: Path) -> LightGBMText:
    """The model in model.txt.

    Raises ModelError: UnsafeFormat where it is too large, LibraryMismatch for another version of the format,
    ModelLoadFailed where it is no model, of a kind that is not served, or its trees are none.
    """
    size = path.stat().st_size
    if size > LARGEST:
        raise ModelError(Reason.UNSAFE_FORMAT, f"{path.name} has {size} bytes, and at most {LARGEST} are loaded")
    try:
        whole = path.read_text(encoding="utf-8")
    except ValueError as error:
        raise ModelError(Reason.MODEL_LOAD_FAILED, f"{path.name} is no text") from error
    body, end, rest = whole.partition(f"\n{_END}\n")
    head, *trees = re.split(r"\nTree=\d{1,9}\n", body)
    if not head.startswith("tree\n") or not end:
        raise ModelError(Reason.MODEL_LOAD_FAILED, f"{path.name} is no model of LightGBM, or not all of it")
    header = {name: value for name, value in _entries(head).items() if name in _HEADER}
    try:
        width = _check_header(header, len(trees))
        written = [_tree(_entries(tree), width, number) for number, tree in enumerate(trees)]
        categories = _categories(rest)
    except (KeyError, ValueError, TypeError, OverflowError, RecursionError) as error:
        raise ModelError(
            Reason.MODEL_LOAD_FAILED, f"{path.name} is no model of LightGBM: {type(error).__name__}"
        ) from error
    lines = ["tree", *(name if name == "average_output" else f"{name}={value}" for name, value in header.items()), ""]
    return LightGBMText("\n".join([*lines, *written, _END, ""]), header, categories)


def _entries(text: str) -> dict[str, str]:
    entries = {}
    for line in text.split("\n"):
        name, _, value = line.partition("=")
        entries[name.strip()] = value.strip()
    return entries


def _check_header(header: dict[str, str], trees: int) -> int:
    if header["version"] not in VERSIONS:
        text = f"the model is of LightGBM's format {header['version'][:20]!r}; {' and '.join(VERSIONS)} are known here"
        raise ModelError(Reason.LIBRARY_MISMATCH, text)
    width, each, classes = (int(header[part]) for part in ("max_feature_idx", "num_tree_per_iteration", "num_class"))
    width += 1
    if not 0 < width < 1 << 24 or not 0 < each == classes < 1 << 20 or trees % each:
        raise malformed("the model", f"{width} inputs, {classes} outputs and {trees} trees")
    if len(header["feature_names"].split()) != width or len(header["feature_infos"].split()) != width:
        raise malformed("the model", f"names of another number of inputs than {width}")
    objective = header.get("objective", "")
    if objective and not _OBJECTIVE.fullmatch(objective):
        raise malformed("the model", "an objective that is none")
    sizes = [int(one) for one in re.findall(r"num_class:(\d{1,9})", objective)]
    if any(one != classes for one in sizes):
        raise malformed("the model", f"an objective of another number of classes than {classes}")
    if "monotone_constraints" in header and _numbers(header, "monotone_constraints", width).size != width:
        raise malformed("the model", "constraints of other inputs")
    return width


def _tree(entries: dict[str, str], width: int, number: int) -> str:
    """A tree that is one, as LightGBM writes it: what only tells how it was grown is left out."""
    name, leaves, by_category = f"tree {number}", int(entries["num_leaves"]), int(entries["num_cat"])
    if int(entries.get("is_linear", "0")):
        raise ModelError(Reason.MODEL_LOAD_FAILED, "trees with linear models in their leaves are not served")
    if leaves < 1 or not 0 <= by_category < leaves:
        raise malformed(name, f"{leaves} leaves, and {by_category} splits by category")
    inner = leaves - 1
    kept = {"num_leaves": str(leaves), "num_cat": str(by_category)}
    for part in _OF_NODES if inner else ():
        _numbers(entries, part, inner)
        kept[part] = entries[part]
    for part in (*(_MORE_OF_NODES if inner else ()), *_OF_LEAVES):
        if entries.get(part):
            _numbers(entries, part, leaves if part in _OF_LEAVES else inner)
            kept[part] = entries[part]
    _numbers(entries, "leaf_value", leaves)
    if inner:
        _check_children(entries, width, inner, name)
        _check_categories(entries, by_category, inner, name)
        kept |= {part: entries[part] for part in (_OF_CATEGORIES if by_category else ())}
    kept |= {"is_linear": "0", "shrinkage": str(float(entries.get("shrinkage", "1")))}
    return "\n".join([f"Tree={number}", *(f"{part}={value}" for part, value in kept.items()), "", ""])


def _check_children(entries: dict[str, str], width: int, inner: int, name: str) -> None:
    """A child below zero is the leaf of the number that it is the complement of."""
    left, right = (_whole(entries, part, inner) for part in ("left_child", "right_child"))
    leaves = inner + 1
    if (left >= inner).any() or (right >= inner).any():
        raise malformed(name, "a child that is none")
    as_nodes = [np.where(child < 0, inner + ~child, child) for child in (left, right)]
    none = np.zeros(leaves, dtype=np.int64)
    is_leaf = np.concatenate([np.zeros(inner, dtype=np.bool_), np.ones(leaves, dtype=np.bool_)])
    children = [np.concatenate([child, none]) for child in as_nodes]
    features = np.concatenate([_whole(entries, "split_feature", inner), none])
    Nodes(children[0], children[1], is_leaf, features).check(width, name)


def _check_categories(entries: dict[str, str], by_category: int, inner: int, name: str) -> None:
    kinds = _whole(entries, "decision_type", inner)
    if ((kinds < 0) | (kinds > 15)).any():
        raise malformed(name, "splits of no known kind")
    chosen = (kinds & _BY_CATEGORY).astype(np.bool_)
    places = _numbers(entries, "threshold", inner)[chosen]
    if not np.array_equal(np.sort(places), np.arange(by_category)):
        raise malformed(name, f"splits by category that are not its {by_category}")
    if by_category:
        bounds = _whole(entries, "cat_boundaries", by_category + 1)
        words = _whole(entries, "cat_threshold", len(entries["cat_threshold"].split()))
        if bounds[0] != 0 or (np.diff(bounds) < 1).any() or bounds[-1] != len(words):
            raise malformed(name, "categories of other lengths than it says")
        if ((words < 0) | (words >= 1 << 32)).any():
            raise malformed(name, "categories that are none")


def _categories(rest: str) -> tuple[tuple[str, ...], ...]:
    """The last line holds the categories of every categorical column of the table that it was fitted on, as JSON."""
    found = re.findall(r"^pandas_categorical:(.*)$", rest, flags=re.MULTILINE)
    listed = json.loads(found[-1]) if found else None
    if listed is None:
        return ()
    if not isinstance(listed, list) or not all(isinstance(one, list) for one in listed):
        raise TypeError("not a list of lists")
    return tuple(tuple(str(category) for category in one) for one in listed)


def _numbers(entries: dict[str, str], part: str, count: int) -> NDArray[np.float64]:
    values = np.array(entries[part].split(), dtype=np.float64)
    if len(values) != count:
        raise ValueError(f"{part} of another length")
    return values


def _whole(entries: dict[str, str], part: str, count: int) -> NDArray[np.int64]:
    values = np.array([int(one) for one in entries[part].split()], dtype=np.int64)
    if len(values) != count:
        raise ValueError(f"{part} of another length")
    return values
