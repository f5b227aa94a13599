"""ONNX graphs of several makers answer as the models that they were made of, and lead nowhere else."""

import json

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from skl2onnx import to_onnx
from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType, Int64TensorType, StringTensorType
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from leeboard.models import ModelError, Rows, load, score
from tests.unit.models.fitted import NAMES, labels, numbers, rows_of, table, values

CLASSIFICATION = "BinaryClassification"


def saved(folder, model):
    (folder / "model.onnx").write_bytes(model if isinstance(model, bytes) else model.SerializeToString())
    return folder


def graph(nodes, inputs, outputs, initializers=(), metadata=None):
    made = helper.make_graph(nodes, "graph", inputs, outputs, list(initializers))
    opsets = [helper.make_opsetid("", 21), helper.make_opsetid("ai.onnx.ml", 3)]
    model = helper.make_model(made, opset_imports=opsets, ir_version=10)
    helper.set_model_props(model, {f"leeboard.{name}": json.dumps(value) for name, value in (metadata or {}).items()})
    return model


def tensor(name, kind=TensorProto.FLOAT, shape=(None, 4)):
    return helper.make_tensor_value_info(name, kind, shape)


WEIGHTS = numpy_helper.from_array(np.array([[1.0], [2.0], [0.0], [-1.0]], dtype=np.float32), "weights")
TIMES = helper.make_node("MatMul", ["x", "weights"], ["sum"])
SIGMOID = helper.make_node("Sigmoid", ["sum"], ["p"])


def sigmoid(shape=(None, 1)):
    return graph([TIMES, SIGMOID], [tensor("x")], [tensor("p", shape=shape)], [WEIGHTS])


@pytest.mark.parametrize("zipmap", [True, False])
@pytest.mark.parametrize("words", [False, True], ids=["classes 0 and 1", "classes by name"])
def test_classifiers_of_skl2onnx_with_and_without_zipmap(tmp_path, zipmap, words) -> None:
    matrix = numbers().astype(np.float32)
    target = np.array(["in time", "late"])[labels(matrix)] if words else labels(matrix)
    estimator = make_pipeline(StandardScaler(), LogisticRegression()).fit(matrix, target)
    model = load(saved(tmp_path, to_onnx(estimator, matrix[:1], options={"zipmap": zipmap})), "onnx")
    assert model.width == 4
    assert model.names is None
    assert model.classes == (("in time", "late") if words else ("0", "1"))
    assert len(model.outputs) == 2
    answers = model.run(rows_of(matrix), model.outputs)
    assert answers[model.outputs[1]].shape == (len(matrix), 2)
    found = score(model, rows_of(matrix), CLASSIFICATION, model.classes[1])
    assert found == pytest.approx(estimator.predict_proba(matrix)[:, 1], abs=1e-5)
    assert model.run(rows_of(matrix), ("predict",))["predict"].tolist() == estimator.predict(matrix).tolist()


@pytest.mark.parametrize("kind", [FloatTensorType, DoubleTensorType])
def test_float_and_double_inputs_of_a_regression(tmp_path, kind) -> None:
    matrix = numbers().astype(np.float32).astype(np.float64)
    estimator = make_pipeline(StandardScaler(), LinearRegression()).fit(matrix, values(matrix))
    made = to_onnx(estimator, initial_types=[("x", kind([None, 4]))])
    model = load(saved(tmp_path, made), "onnx")
    assert score(model, rows_of(matrix), "Regression", "") == pytest.approx(estimator.predict(matrix), abs=1e-4)


def test_a_column_for_each_input_with_texts_and_missing_ones(tmp_path) -> None:
    frame = table()[["n", "colour"]].assign(colour=lambda rows: rows["colour"].fillna(""))
    columns = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore", sparse_output=False), ["colour"]), (StandardScaler(), ["n"])
    )
    estimator = make_pipeline(columns, LogisticRegression()).fit(frame, frame["n"] > 50)
    types = [("n", Int64TensorType([None, 1])), ("colour", StringTensorType([None, 1]))]
    model = load(saved(tmp_path, to_onnx(estimator, initial_types=types)), "onnx")
    assert (model.names, model.width) == (("n", "colour"), 2)
    asked = Rows.of_frame(table()[["colour", "n"]])
    assert None in asked.column("colour")
    assert score(model, asked, CLASSIFICATION, "1") == pytest.approx(estimator.predict_proba(frame)[:, 1], abs=1e-5)
    wrong = {
        "takes texts, and colour holds numbers": frame.assign(colour=1.0),
        "takes numbers, and n holds what is none": frame.assign(n="many"),
        "columns that the data has not: colour": frame[["n"]],
    }
    for text, rows in wrong.items():
        with pytest.raises(ModelError, match=text) as told:
            model.run(Rows.of_frame(rows), ("predict",))
        assert told.value.reason == "BadData"


@pytest.mark.parametrize("shape", [(None, 1), ("rows", 1)])
def test_one_column_is_the_probability_of_class_1_or_the_value(tmp_path, shape) -> None:
    model = load(saved(tmp_path, sigmoid(shape)), "onnx")
    matrix = numbers(50)
    expected = 1 / (1 + np.exp(-(matrix @ [1.0, 2.0, 0.0, -1.0])))
    assert model.outputs == ("p",)
    assert score(model, rows_of(matrix), CLASSIFICATION, "1") == pytest.approx(expected, abs=1e-6)
    assert score(model, rows_of(matrix), CLASSIFICATION, "false") == pytest.approx(1 - expected, abs=1e-6)
    assert score(model, rows_of(matrix), "Regression", "") == pytest.approx(expected, abs=1e-6)
    with pytest.raises(ModelError, match="'late' is none of the model's classes 0, 1"):
        score(model, rows_of(matrix), CLASSIFICATION, "late")


def test_values_are_not_taken_for_probabilities(tmp_path) -> None:
    made = graph([TIMES], [tensor("x")], [tensor("sum", shape=(None, 1))], [WEIGHTS])
    model = load(saved(tmp_path, made), "onnx")
    with pytest.raises(ModelError, match="outside 0 to 1: they are no probabilities"):
        score(model, rows_of(numbers(50)), CLASSIFICATION, "1")


def test_metadata_names_inputs_and_classes(tmp_path) -> None:
    both = helper.make_node("Concat", ["q", "p"], ["predict_proba"], axis=1)
    one = numpy_helper.from_array(np.ones(1, np.float32), "one")
    nodes = [TIMES, SIGMOID, helper.make_node("Sub", ["one", "p"], ["q"]), both]
    made = graph(
        nodes,
        [tensor("inputs")],
        [tensor("predict_proba", shape=(None, 2))],
        [WEIGHTS, one],
        {"inputs": ["d", "c", "b", "a"], "classes": ["in time", "late"]},
    )
    made.graph.node[0].input[0] = "inputs"
    model = load(saved(tmp_path, made), "onnx")
    assert model.names == ("d", "c", "b", "a")
    matrix = numbers(50)
    expected = 1 / (1 + np.exp(-(matrix[:, ::-1] @ [1.0, 2.0, 0.0, -1.0])))
    assert score(model, rows_of(matrix), CLASSIFICATION, "late") == pytest.approx(expected, abs=1e-6)
    assert model.outputs == ("predict_proba",)


def test_another_number_of_inputs_is_the_datas_fault(tmp_path) -> None:
    model = load(saved(tmp_path, sigmoid()), "onnx")
    with pytest.raises(ModelError, match="takes 4 inputs, and 3 came") as told:
        model.run(rows_of(numbers(5)[:, :3]), ("p",))
    assert told.value.reason == "BadData"
    with pytest.raises(ModelError, match="no output q; it has p"):
        model.run(rows_of(numbers(5)), ("q",))


def test_a_matrix_of_the_right_type_reaches_the_runtime_as_it_is(tmp_path) -> None:
    model = load(saved(tmp_path, sigmoid()), "onnx")
    matrix = numbers(5).astype(np.float32)
    rows = Rows(NAMES, matrix)
    assert model._given(rows)["x"] is matrix
    assert model.run(rows, ("p",))["p"].shape == (5, 1)


def external():
    made = sigmoid()
    weights = made.graph.initializer[0]
    weights.ClearField("raw_data")
    weights.data_location = TensorProto.EXTERNAL
    weights.external_data.add(key="location", value="../../etc/passwd")
    return made


def within_a_node():
    constant = helper.make_node("Constant", [], ["weights"], value=external().graph.initializer[0])
    return graph([constant, TIMES], [tensor("x")], [tensor("sum", shape=(None, 1))])


def within_a_branch():
    branch = helper.make_graph(
        [TIMES], "branch", [], [tensor("sum", shape=(None, 1))], list(external().graph.initializer)
    )
    chosen = helper.make_node("If", ["yes"], ["sum2"], then_branch=branch, else_branch=branch)
    yes = numpy_helper.from_array(np.array(True), "yes")
    return graph([chosen], [tensor("x")], [tensor("sum2", shape=(None, 1))], [yes])


def absurd(*dims):
    made = sigmoid()
    made.graph.initializer[0].dims[:] = dims
    return made


def generated(*dims):
    shape = numpy_helper.from_array(np.array(dims, np.int64), "shape")
    nodes = [helper.make_node("ConstantOfShape", ["shape"], ["ones"]), helper.make_node("ReduceSum", ["ones"], ["s"])]
    nodes.append(helper.make_node("Add", ["x", "s"], ["y"]))
    return graph(nodes, [tensor("x")], [tensor("y")], [shape])


def of_domain(domain):
    return graph([helper.make_node("Anything", ["x"], ["y"], domain=domain)], [tensor("x")], [tensor("y")])


def newer(part):
    made = sigmoid()
    if part == "ir":
        made.ir_version = 99
    else:
        next(one for one in made.opset_import if one.domain == part).version = 99
    return made


def shaped(*shape):
    return graph([helper.make_node("Identity", ["x"], ["y"])], [tensor("x", shape=shape)], [tensor("y", shape=shape)])


def classless(text):
    made = sigmoid()
    made.metadata_props.add(key="leeboard.classes", value=text)
    return made


REFUSED = {
    "values in another file": (external(), "UnsafeFormat", "'weights' lie in another file"),
    "values of a node in another file": (within_a_node(), "UnsafeFormat", "lie in another file"),
    "values of a branch in another file": (within_a_branch(), "UnsafeFormat", "lie in another file"),
    "operators of others": (of_domain("ai.onnx.contrib"), "UnsafeFormat", "operators of ai.onnx.contrib"),
    "an unknown operator": (of_domain(""), "ModelLoadFailed", "cannot be loaded"),
    "an absurd shape": (absurd(1 << 40, 1 << 20), "ModelLoadFailed", "cannot be in a file of"),
    "a negative length": (absurd(-1, 4), "ModelLoadFailed", "cannot be in a file of"),
    "a shape of fewer values": (absurd(2, 1), "ModelLoadFailed", "cannot be loaded"),
    "an absurd constant": (generated(1 << 20, 1 << 20), "ModelLoadFailed", "a node makes a tensor of shape"),
    "a newer format": (newer("ir"), "LibraryMismatch", "ONNX's format 99"),
    "newer operators": (newer(""), "LibraryMismatch", "version 99 of the operators of ai.onnx;"),
    "newer operators of ml": (newer("ai.onnx.ml"), "LibraryMismatch", "operators of ai.onnx.ml;"),
    "an image": (shaped(None, 3, 8, 8), "ModelLoadFailed", "one matrix or columns"),
    "one row at a time": (shaped(1, 4), "ModelLoadFailed", "takes 1 rows at a time"),
    "classes that are no list": (classless("{}"), "ModelLoadFailed", "no JSON array"),
    "classes that nest": (classless("[" * 100000), "ModelLoadFailed", "no JSON array"),
    "nothing": (b"", "ModelLoadFailed", "no graph"),
    "something else": (b"not a model at all, but longer than a few bytes", "ModelLoadFailed", "no ONNX model"),
}


@pytest.mark.parametrize(("model", "reason", "text"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_refused_and_why(tmp_path, model, reason, text) -> None:
    with pytest.raises(ModelError, match=text) as told:
        load(saved(tmp_path, model), "onnx")
    assert told.value.reason == reason


def test_a_constant_of_a_usual_shape_is_none_of_them(tmp_path) -> None:
    model = load(saved(tmp_path, generated(8, 8)), "onnx")
    assert model.run(rows_of(numbers(3)), ("y",))["y"].shape == (3, 4)


def test_a_forest_keeps_its_classes(tmp_path) -> None:
    matrix = numbers().astype(np.float32)
    target = labels(matrix) + (matrix[:, 3] > 1)
    estimator = RandomForestClassifier(5, random_state=1).fit(matrix, target)
    model = load(saved(tmp_path, to_onnx(estimator, matrix[:1])), "onnx", threads=2)
    assert model.classes == ("0", "1", "2")
    assert model.run(rows_of(matrix), ("predict_proba",))["predict_proba"] == pytest.approx(
        estimator.predict_proba(matrix), abs=1e-5
    )
    assert onnx.load(tmp_path / "model.onnx").graph.output[1].name == model.outputs[1]
