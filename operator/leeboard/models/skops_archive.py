"""What is in a model.skops before anything of it is loaded: an archive may unpack to far more than it has."""

import io
import json
import math
import tokenize
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import ZipFile, ZipInfo

import numpy as np

from leeboard.api.reasons import Reason
from leeboard.models.failures import ModelError

SCHEMA = "schema.json"
MOST_UNPACKED = 4 << 30
"""Bytes of all parts together."""
MOST_TIMES = 200
"""How many times its own size an archive may unpack to; what is below MODEST may be any number of times."""
MODEST = 64 << 20
LARGEST_SCHEMA = 128 << 20
"""Bytes of schema.json, which takes some ten times as much once it is parsed."""
MOST_PARTS = 200_000
_LEVELS = 2
"""A sparse matrix is an archive within the archive; nothing is one level deeper."""


@dataclass
class _Budget:
    unpacked: int
    parts: int = MOST_PARTS


def check_archive(path: Path) -> dict[str, Any]:
    """The parsed schema.json of an archive that may be loaded.

    Raises ModelError: UnsafeFormat where it is too large or no archive, ModelLoadFailed where an array lies.
    """
    size = path.stat().st_size
    budget = _Budget(min(MOST_UNPACKED, max(MODEST, MOST_TIMES * size)))
    allowed = budget.unpacked
    try:
        with path.open("rb") as file, ZipFile(file) as archive:
            _check(archive, path.name, budget, _LEVELS)
            sizes = {part.filename: part.file_size for part in archive.infolist()}
            if SCHEMA not in sizes:
                text = f"{path.name} was not written by skops: it holds no {SCHEMA}"
                raise ModelError(Reason.UNSAFE_FORMAT, text)
            if sizes[SCHEMA] > LARGEST_SCHEMA:
                text = f"{SCHEMA} has {sizes[SCHEMA]} bytes, and at most {LARGEST_SCHEMA} are parsed"
                raise ModelError(Reason.UNSAFE_FORMAT, text)
            schema = json.loads(archive.read(SCHEMA))
    except ModelError:
        raise
    except Exception as error:
        # the file is a user's: encrypted, cut off, of a wrong checksum, nested without end, and what nobody thought of
        raise ModelError(Reason.UNSAFE_FORMAT, f"{path.name} cannot be parsed: {type(error).__name__}") from error
    if not isinstance(schema, dict) or _read(schema, sizes) > allowed:
        # every node of the schema that is not the same object reads its part anew
        raise ModelError(Reason.UNSAFE_FORMAT, f"{path.name} unpacks to more than is loaded")
    return schema


def _read(schema: Any, sizes: dict[str, int]) -> int:
    """Bytes of all parts that the nodes of a schema name, one that several objects name as often as they do."""
    named, nodes = set(), [schema]
    while nodes:
        node = nodes.pop()
        if isinstance(node, dict):
            if isinstance(node.get("file"), str):
                named.add((node["file"], repr(node.get("__id__"))))
            nodes.extend(node.values())
        elif isinstance(node, list):
            nodes.extend(node)
    return sum(sizes.get(file, 0) for file, _ in named)


def _check(archive: ZipFile, name: str, budget: _Budget, levels: int) -> None:
    if levels == 0:
        raise ModelError(Reason.UNSAFE_FORMAT, f"{name} is an archive within an archive within an archive")
    parts = archive.infolist()
    budget.parts -= len(parts)
    budget.unpacked -= sum(part.file_size for part in parts)
    if budget.parts < 0 or budget.unpacked < 0:
        raise ModelError(Reason.UNSAFE_FORMAT, f"{name} unpacks to more than is loaded")
    if len({part.filename for part in parts}) < len(parts):
        raise ModelError(Reason.UNSAFE_FORMAT, f"{name} holds two parts of one name")
    for part in parts:
        # by what it is, and not by its name: the schema chooses which part is read as what
        with archive.open(part) as stream:
            begins = stream.read(len(np.lib.format.MAGIC_PREFIX))
        if begins == np.lib.format.MAGIC_PREFIX:
            _check_array(archive, part)
        elif begins.startswith(b"PK"):
            # its whole size is in the budget already: no read brings more than the archive says
            with ZipFile(io.BytesIO(archive.read(part))) as inner:
                _check(inner, part.filename, budget, levels - 1)


def _check_array(archive: ZipFile, part: ZipInfo) -> None:
    """An array is made as large as its header says, before it turns out that there are no such values."""
    with archive.open(part) as stream:
        try:
            version = np.lib.format.read_magic(stream)
            read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
            shape, _, dtype = read(stream)
        except (ValueError, SyntaxError, TypeError, OverflowError, MemoryError, tokenize.TokenError) as error:
            raise ModelError(Reason.MODEL_LOAD_FAILED, f"{part.filename} is no array") from error
        rest = part.file_size - stream.tell()
    if dtype.hasobject:
        raise ModelError(Reason.UNSAFE_FORMAT, f"{part.filename} would have to be unpickled")
    if any(length < 0 for length in shape) or math.prod(shape) * max(dtype.itemsize, 1) != rest:
        # of an empty type there may be any number of values in no bytes
        raise ModelError(
            Reason.MODEL_LOAD_FAILED, f"{part.filename} of shape {list(shape)[:8]} does not have its {rest} bytes"
        )
