"""Files that were damaged or made to hurt: each ends with a typed reason, and never with the process.

The libraries follow the indices of a file without looking, and end with a signal where those lead nowhere; a test that
fails here may therefore end the whole run.
"""

import io
import json
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import skops.io
import xgboost
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lightgbm import LGBMClassifier
from skl2onnx import to_onnx
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import SVC

from leeboard.models import ModelError, load, skops_archive
from leeboard.models.sklearn_structure import check_structure
from tests.unit.models.fitted import labels, numbers, rows_of

MATRIX = numbers(120)
TARGET = labels(MATRIX)
REASONS = {"UnsafeFormat", "ModelLoadFailed", "LibraryMismatch", "EvaluationFailed", "BadData"}
"""BadData: a model whose inputs have other names now."""
FILES = {"skops": "model.skops", "onnx": "model.onnx", "json": "model.json", "ubj": "model.ubj", "txt": "model.txt"}
FORMATS = {"skops": "sklearn-skops", "onnx": "onnx", "json": "xgboost", "ubj": "xgboost", "txt": "lightgbm"}


@pytest.fixture(scope="module")
def seeds(tmp_path_factory) -> dict[str, bytes]:
    """A whole file of every format."""
    folder = tmp_path_factory.mktemp("seeds")
    forest = RandomForestClassifier(3, max_depth=3, random_state=1).fit(MATRIX, TARGET)
    boosted = xgboost.XGBClassifier(n_estimators=2, max_depth=2, n_jobs=1).fit(MATRIX, TARGET)
    boosted.save_model(folder / "model.json")
    boosted.save_model(folder / "model.ubj")
    light = LGBMClassifier(n_estimators=2, num_leaves=4, n_jobs=1, verbose=-1).fit(MATRIX, TARGET)
    light.booster_.save_model(folder / "model.txt")
    graph = to_onnx(forest, MATRIX[:1].astype(np.float32), options={"zipmap": False})
    (folder / "model.onnx").write_bytes(graph.SerializeToString())
    skops.io.dump(HistGradientBoostingClassifier(max_iter=3, max_depth=3).fit(MATRIX, TARGET), folder / "model.skops")
    return {kind: (folder / name).read_bytes() for kind, name in FILES.items()}


def answer(folder, kind: str, data: bytes) -> str:
    """Load and ask; returns the reason where that failed, or the empty text."""
    (folder / FILES[kind]).write_bytes(data)
    try:
        model = load(folder, FORMATS[kind])
        model.run(rows_of(MATRIX.astype(np.float32)), model.outputs)
    except ModelError as error:
        assert error.reason in REASONS
        return str(error.reason)
    finally:
        (folder / FILES[kind]).unlink()
    return ""


def changed(seed: bytes, draw) -> bytes:
    """A copy with some bytes changed, cut off, or doubled."""
    data = bytearray(seed)
    match draw(st.sampled_from(["flip", "cut", "fill", "double"])):
        case "flip":
            for _ in range(draw(st.integers(1, 4))):
                data[draw(st.integers(0, len(data) - 1))] = draw(st.integers(0, 255))
        case "cut":
            del data[draw(st.integers(0, len(data) - 1)) :]
        case "fill":
            begin = draw(st.integers(0, len(data) - 8))
            data[begin : begin + 8] = draw(st.sampled_from([b"\xff" * 8, b"\x7f" * 8, bytes(8), b"99999999"]))
        case "double":
            begin = draw(st.integers(0, len(data) - 1))
            data[begin:begin] = data[begin : begin + draw(st.integers(1, 64))]
    return bytes(data)


@pytest.mark.parametrize("kind", FILES)
@settings(max_examples=60, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damaged_files_are_refused_or_answer(seeds, tmp_path, kind, data) -> None:
    assert answer(tmp_path, kind, changed(seeds[kind], data.draw)) in REASONS | {""}


NUMBERS = [b"-1", b"0", b"3", b"99999", b"2147483646", b"2147483647", b"-2147483648", b"9" * 25, b"1e400", b"1_0"]


@pytest.mark.parametrize("kind", ["json", "txt"])
@pytest.mark.filterwarnings("ignore:invalid value encountered in cast")
def test_another_number_anywhere_is_refused_or_answers_and_takes_no_memory(seeds, tmp_path, kind) -> None:
    seed = seeds[kind]
    for spot in re.finditer(rb"-?\d+", seed):
        for number in NUMBERS:
            with bounded_memory(f"{number.decode()} after {seed[max(spot.start() - 60, 0) : spot.start()]!r}"):
                answer(tmp_path, kind, seed[: spot.start()] + number + seed[spot.end() :])


@contextmanager
def bounded_memory(what: str) -> Iterator[None]:
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak from here on
    before = peak()
    yield
    assert peak() - before < 100 << 20, what


def peak() -> int:
    found = re.search(r"^VmHWM:\s+(\d+) kB$", Path("/proc/self/status").read_text(encoding="ascii"), re.MULTILINE)
    assert found
    return int(found[1]) << 10


NESTED = {
    "json that nests": ("json", b"[" * 2_000_000),
    "objects that nest": ("json", b'{"a":' * 500_000),
    "binary json that nests": ("ubj", b"[" * 1_000_000),
    "a count of billions": ("ubj", b"[$l#L" + (1 << 40).to_bytes(8, "big")),
    "billions of values": ("ubj", b"[#L" + (1 << 40).to_bytes(8, "big")),
    "a text of billions": ("ubj", b"SL" + (1 << 40).to_bytes(8, "big")),
    "a count below zero": ("ubj", b"[$l#l" + (-1).to_bytes(4, "big", signed=True)),
    "no text": ("txt", b"\xff\xfe" * 100),
    "another text": ("txt", b"tree\n" * 100),
    "half a model": ("json", b'{"learner": {}, "version": [3, 0, 0]}'),
    "a list": ("json", b"[]"),
}


@pytest.mark.parametrize(("kind", "data"), NESTED.values(), ids=NESTED.keys())
def test_nesting_and_counts_without_end(tmp_path, kind, data) -> None:
    assert answer(tmp_path, kind, data) == "ModelLoadFailed"


def test_a_file_beyond_the_largest_is_not_read(tmp_path) -> None:
    for kind, name in FILES.items():
        with (tmp_path / name).open("wb") as file:
            file.truncate(2 << 30)  # a hole: it takes no place
        with pytest.raises(ModelError) as told:
            load(tmp_path, FORMATS[kind])
        assert told.value.reason == "UnsafeFormat"
        (tmp_path / name).unlink()


def archive(parts: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as file:
        for name, data in parts.items():
            file.writestr(name, data)
    return buffer.getvalue()


def array(header: str, values: bytes = b"") -> bytes:
    text = header.ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode() + values


HUGE = "{'descr': '<f8', 'fortran_order': False, 'shape': (1099511627776, 8)}"
NEGATIVE = "{'descr': '<f8', 'fortran_order': False, 'shape': (-8,)}"
EMPTY_TYPE = "{'descr': '|S0', 'fortran_order': False, 'shape': (1099511627776,)}"
OBJECTS = "{'descr': '|O', 'fortran_order': False, 'shape': (1,)}"
ONE = array("{'descr': '<f8', 'fortran_order': False, 'shape': (1,)}", bytes(8))
THE_SAME_MANY_TIMES = json.dumps([{"file": "x", "__id__": number} for number in range(100)])
ARCHIVES = {
    "a bomb": ({"schema.json": b"{}", "x": bytes(70 << 20)}, "UnsafeFormat", "unpacks to more"),
    "a bomb within": ({"schema.json": b"{}", "x.npz": archive({"y": bytes(70 << 20)})}, "UnsafeFormat", "unpacks"),
    "archives without end": (
        {"schema.json": b"{}", "x": archive({"y": archive({"z": b""})})},
        "UnsafeFormat",
        "within an archive within",
    ),
    "no schema": ({"x": b""}, "UnsafeFormat", "no schema.json"),
    "a schema that nests": ({"schema.json": b"[" * 100_000}, "UnsafeFormat", "cannot be parsed: RecursionError"),
    "a schema that is a list": ({"schema.json": b"[]"}, "UnsafeFormat", "unpacks"),
    "a huge array": ({"schema.json": b"{}", "x": array(HUGE)}, "ModelLoadFailed", "does not have its 0 bytes"),
    "an array of less than nothing": ({"schema.json": b"{}", "x": array(NEGATIVE)}, "ModelLoadFailed", "does not have"),
    "an array of nothings": ({"schema.json": b"{}", "x": array(EMPTY_TYPE)}, "ModelLoadFailed", "does not have"),
    "a pickle in an array": ({"schema.json": b"{}", "x": array(OBJECTS, b"cos\n")}, "UnsafeFormat", "unpickled"),
    "no array": ({"schema.json": b"{}", "x": array("{'descr': __import__('os')}")}, "ModelLoadFailed", "is no array"),
    "an array that many nodes read": (
        {"schema.json": b'{"a":' + THE_SAME_MANY_TIMES.encode() + b"}", "x": bytes(1 << 20)},
        "UnsafeFormat",
        "unpacks",
    ),
    "a type of another's": (
        {"schema.json": b'{"__class__": "system", "__module__": "os", "__loader__": "FunctionNode", "content": 1}'},
        "UnsafeFormat",
        "cannot be parsed|not known",
    ),
}


@pytest.mark.parametrize(("parts", "reason", "text"), ARCHIVES.values(), ids=ARCHIVES.keys())
def test_archives_that_unpack_to_too_much_or_lie(tmp_path, parts, reason, text) -> None:
    (tmp_path / "model.skops").write_bytes(archive(parts))
    with pytest.raises(ModelError, match=text) as told:
        load(tmp_path, "sklearn-skops")
    assert told.value.reason == reason


def test_an_array_of_its_size_is_none_of_them(tmp_path) -> None:
    path = tmp_path / "model.skops"
    path.write_bytes(archive({"schema.json": b'{"file": "x"}', "x": ONE, "inner.npz": archive({"y.npy": ONE})}))
    assert skops_archive.check_archive(path) == {"file": "x"}


def test_two_parts_of_one_name_are_not_looked_at_and_loaded_as_another(tmp_path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file, pytest.warns(UserWarning, match="Duplicate name"):
        file.writestr("schema.json", b"{}")
        file.writestr("schema.json", b"{}")
    (tmp_path / "model.skops").write_bytes(buffer.getvalue())
    with pytest.raises(ModelError, match="two parts of one name"):
        load(tmp_path, "sklearn-skops")


def forest():
    return RandomForestClassifier(2, max_depth=3, random_state=1).fit(MATRIX, TARGET)


def tree_with(field: str, value: int):
    """A forest, one of whose nodes says something else."""
    model = forest()
    state = model.estimators_[0].tree_.__getstate__()
    state["nodes"][field][0] = value
    model.estimators_[0].tree_.__setstate__(state)
    return model


def hist_with(field: str, value: int):
    model = HistGradientBoostingClassifier(max_iter=2, max_depth=3).fit(MATRIX, TARGET)
    model._predictors[0][0].nodes[field][0] = value
    return model


def neighbours_with(part: int, field: str | None, value: int):
    model = KNeighborsClassifier(algorithm="kd_tree", leaf_size=5).fit(MATRIX, TARGET)
    state = list(model._tree.__getstate__())
    changed_part = np.array(state[part])
    (changed_part[field] if field else changed_part)[0] = value
    state[part] = changed_part
    model._tree.__setstate__(tuple(state))
    return model


def machine_with(**parts):
    model = SVC().fit(MATRIX, TARGET)
    vars(model).update(parts)
    return model


def other_width():
    model = forest()
    model.n_features_in_ = 9
    return model


WRONG = {
    "a child beyond the end": (lambda: tree_with("left_child", 1 << 40), "a child that is none"),
    "a child below zero": (lambda: tree_with("right_child", -7), "a child that is none"),
    "a child that is itself": (lambda: tree_with("left_child", 0), "a child that is none"),
    "two parents": (lambda: tree_with("left_child", 2), "two parents"),
    "a feature beyond": (lambda: tree_with("feature", 4), "a feature that is none of 4"),
    "a boosted child beyond": (lambda: hist_with("left", 1 << 30), "a child that is none"),
    "a boosted feature beyond": (lambda: hist_with("feature_idx", 99), "a feature that is none of 4"),
    "a boosted category": (lambda: hist_with("is_categorical", 1), "categories that are none of its 0"),
    "a forest of other inputs": (other_width, "9 inputs, and trees of 4"),
    "a neighbour beyond": (lambda: neighbours_with(1, None, 1 << 40), "rows that are none"),
    "a node of rows beyond": (lambda: neighbours_with(2, "idx_end", 1 << 40), "nodes of rows that are none"),
    "a node of rows below": (lambda: neighbours_with(2, "idx_start", -4), "nodes of rows that are none"),
    "more vectors than there are": (
        lambda: machine_with(_n_support=np.array([1 << 20, 4], dtype=np.int32)),
        "support vectors that are none",
    ),
    "fewer coefficients": (lambda: machine_with(_dual_coef_=np.ones((1, 2))), "coefficients of another shape"),
    "no intercept": (lambda: machine_with(_intercept_=np.ones(0)), "coefficients of another shape"),
    "other inputs": (lambda: machine_with(shape_fit_=(120, 40)), "support vectors of other inputs"),
}


@pytest.mark.parametrize(("made", "text"), WRONG.values(), ids=WRONG.keys())
def test_parts_that_lead_beyond_their_end(made, text) -> None:
    with pytest.raises(ModelError, match=text) as told:
        check_structure(made())
    assert told.value.reason == "ModelLoadFailed"


def test_nodes_in_a_circle() -> None:
    model = RandomForestClassifier(1, random_state=1).fit(MATRIX, TARGET)
    state = model.estimators_[0].tree_.__getstate__()
    nodes = state["nodes"]
    inner = np.flatnonzero(nodes["left_child"] > 0)
    below, above = inner[-1], next(one for one in inner[1:] if one < inner[-1])
    nodes["left_child"][0], nodes["left_child"][below] = nodes["left_child"][below], above
    nodes["left_child"][above] = below
    model.estimators_[0].tree_.__setstate__(state)
    with pytest.raises(ModelError, match=r"circle|two parents"):
        check_structure(model)


@pytest.mark.parametrize(
    "model",
    [
        RandomForestClassifier(3, max_leaf_nodes=9, random_state=1),
        HistGradientBoostingClassifier(max_iter=3, categorical_features=[3]),
        KNeighborsClassifier(algorithm="ball_tree"),
        SVC(probability=False),
    ],
    ids=lambda one: type(one).__name__,
)
def test_models_as_they_were_fitted_are_whole(model) -> None:
    matrix = MATRIX.copy()
    matrix[:, 3] = np.random.default_rng(1).integers(0, 9, len(matrix))
    check_structure(model.fit(matrix, TARGET ^ (matrix[:, 3] > 4)))
