"""What an ONNX file may lack or contradict: one line that says what was expected and what to do."""

import sys

import numpy as np
import pandas as pd
import pytest

from audit.errors import AuditError, DataError, ModelError
from audit.models.model import TorchModel
from builders_onnx import FLOAT, INT64, STRING, loaded, ml, model, node, weights

FRAME = pd.DataFrame({"a": [1.0, 2.0], "b": [0.5, -1.0], "c": [0.0, 3.0]})


def product(outputs=1, ending=None, **settings):
    nodes = [node("MatMul", ["x", "w"], ["m" if ending else "y"])]
    if ending:
        nodes.append(node(ending, ["m"], ["y"]))
    return model(nodes, weights={"w": weights(3, outputs)}, **settings)


def error(made, folder, frame=None, **settings):
    with pytest.raises(AuditError) as caught:  # noqa: PT012 - in whichever step it comes
        found = loaded(made, folder, **settings)
        found.encode({"table": frame})
    assert "\n" not in str(caught.value)
    return caught.value


@pytest.mark.parametrize(
    ("ending", "columns", "output"),
    [
        ("Sigmoid", 1, "probability"),
        ("Softmax", 2, "probabilities"),
        ("LogSoftmax", 2, "logits"),
        ("Softmax", 3, "probabilities"),
    ],
)
def test_the_last_operator_says_what_kind_of_score_it_is(tmp_path, ending, columns, output):
    assert loaded(product(columns, ending), tmp_path).output == output
    assert loaded(product(columns, ending), tmp_path, output=output).output == output


def test_a_kind_of_score_that_the_file_does_not_say_is_asked_for(tmp_path):
    said = str(error(product(), tmp_path))
    assert "ends in MatMul" in said
    assert "output: logit, or value for a regression}" in said
    assert "output: logits}" in str(error(product(2), tmp_path))


@pytest.mark.parametrize(
    ("ending", "columns", "declared", "words"),
    [
        ("Sigmoid", 1, "logit", "ends in Sigmoid; declare output: probability"),
        ("Softmax", 2, "logits", "ends in Softmax; declare output: probabilities"),
        ("Relu", 2, "logit", "expects one column, network.onnx has 2"),
        ("Relu", 1, "logits", "expects one column for each class, network.onnx has 1"),
        ("Softmax", 1, None, "the same for every row"),
        ("Relu", 5, "logit", "expects one column, network.onnx has 5"),
        ("Sigmoid", 2, None, "which does not say what kind of score it is"),
    ],
)
def test_a_kind_of_score_that_contradicts_the_file_is_refused(
    tmp_path, ending, columns, declared, words
):
    assert words in str(error(product(columns, ending), tmp_path, output=declared))


def two_outputs(first, second):
    nodes = [
        node("MatMul", ["x", "w"], ["m"]),
        node("Sigmoid", ["m"], [first]),
        node("Exp", ["m"], [second]),
    ]
    outputs = {first: (FLOAT, ["n", 1]), second: (FLOAT, ["n", 1])}
    return model(nodes, outputs=outputs, weights={"w": weights(3, 1)})


def test_of_several_outputs_the_probabilities_are_taken(tmp_path):
    assert loaded(two_outputs("probability", "other"), tmp_path).output == "probability"
    said = str(error(two_outputs("one", "other"), tmp_path))
    assert "expected one output of scores, came one (float32), other (float32)" in said


def test_a_file_of_labels_alone_is_refused(tmp_path):
    nodes = [node("ArgMax", ["x"], ["label"], axis=1)]
    made = model(nodes, outputs={"label": (INT64, ["n", 1])})
    assert "came label (int64)" in str(error(made, tmp_path))


CLASSES = {"classlabels_strings": ["no", "yes"], "coefficients": [1.0] * 6, "intercepts": [0.0] * 2}


def classifier():
    nodes = [ml("LinearClassifier", ["x"], ["label", "y"], post_transform="SOFTMAX", **CLASSES)]
    outputs = {"label": (STRING, ["n"]), "y": (FLOAT, ["n", 2])}
    return model(nodes, outputs=outputs)


def test_classes_of_the_file_may_be_said_again_but_not_otherwise(tmp_path):
    assert loaded(classifier(), tmp_path, classes=["no", "yes"]).classes == ("no", "yes")
    said = str(error(classifier(), tmp_path, classes=["yes", "no"]))
    assert "['yes', 'no'] were declared, but network.onnx names them ['no', 'yes']" in said


def test_classes_that_the_file_does_not_name_are_taken_from_the_configuration(tmp_path):
    assert loaded(product(2, "Softmax"), tmp_path, classes=[1, 2]).classes == (1, 2)


def test_a_wrong_number_of_features_is_told_with_both_numbers(tmp_path):
    found = loaded(product(), tmp_path, output="logit")
    assert found.width == 3
    with pytest.raises(ModelError, match="takes 3 inputs, data.features has 2: a, b"):
        found.encode({"table": FRAME[["a", "b"]]})


def test_the_width_follows_from_the_weights_where_the_file_leaves_it_open(tmp_path):
    made = product(inputs={"x": (FLOAT, ["n", "k"])})
    found = loaded(made, tmp_path, output="logit")
    assert found.width == 3
    assert "onnxruntime" in found.notes[-1]


def by_name(kind=FLOAT, shape=("n", 1)):
    nodes = [
        node("Cast", ["a"], ["one"], to=1),
        node("Cast", ["bb"], ["two"], to=1),
        node("Concat", ["one", "two"], ["both"], axis=1),
        node("MatMul", ["both", "w"], ["y"]),
    ]
    inputs = {"a": (kind, list(shape)), "bb": (kind, list(shape))}
    return model(nodes, inputs=inputs, weights={"w": weights(2 * (shape[-1]), 1)})


def test_an_input_that_is_no_feature_is_named(tmp_path):
    said = str(error(by_name(), tmp_path, FRAME, output="logit"))
    assert "takes an input 'bb', which is not among the features; did you mean 'b'?" in said


def test_several_inputs_of_several_numbers_ask_for_an_encoder(tmp_path):
    said = str(error(by_name(shape=("n", 2)), tmp_path, FRAME, output="logit"))
    assert "model.encode" in said


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (np.nan, "column 'a', row 2: the value is missing (1 rows)"),
        ("many", "column 'a', row 2"),
        (np.inf, "column 'a', row 2"),
    ],
)
def test_a_value_that_is_no_number_is_named_by_column_and_row(tmp_path, value, words):
    frame = FRAME.assign(a=pd.Series([1.0, value], dtype=object if value == "many" else float))
    found = error(product(), tmp_path, frame, output="logit")
    assert isinstance(found, DataError)
    assert words in str(found)


def test_a_fraction_where_whole_numbers_belong_is_refused(tmp_path):
    frame = FRAME.rename(columns={"b": "bb"})
    said = str(error(by_name(INT64), tmp_path, frame, output="logit"))
    assert "column 'bb', row 1: the network takes whole numbers (int64), came 0.5" in said


def test_a_category_that_was_never_seen_is_refused_where_the_file_refuses_it(tmp_path):
    nodes = [
        ml("OneHotEncoder", ["job"], ["hot"], cats_strings=["clerk", "cook"], zeros=0),
        node("Flatten", ["hot"], ["codes"]),
        node("MatMul", ["codes", "w"], ["y"]),
    ]
    made = model(nodes, inputs={"job": (STRING, ["n", 1])}, weights={"w": weights(2, 1)})
    frame = pd.DataFrame({"job": ["cook", "judge"]})
    said = str(error(made, tmp_path, frame, output="logit"))
    assert "column 'job': the network never saw category 'judge' (1 rows)" in said


def test_an_open_shape_of_rows_asks_to_be_fixed(tmp_path):
    nodes = [node("GlobalAveragePool", ["x"], ["p"]), node("Flatten", ["p"], ["y"])]
    made = model(nodes, inputs={"x": (FLOAT, ["n", 1, "h", "w"])})
    assert "leaves open" in str(error(made, tmp_path, FRAME, output="logit"))


@pytest.mark.parametrize(
    ("opset", "words"),
    [
        (99, "update onnx, or export with opset_version=17"),
        (6, "onnx.version_converter.convert_version(model, 17)"),
        (1, "older than the oldest read (7)"),
    ],
)
def test_an_opset_that_is_not_read_is_named_with_the_way_out(tmp_path, opset, words):
    said = str(error(product(opset=opset), tmp_path, output="logit"))
    assert f"opset {opset}" in said
    assert words in said


def test_a_file_of_a_newer_ir_is_named_with_the_way_out(tmp_path):
    made = product()
    made.ir_version = 99
    assert "update onnx" in str(error(made, tmp_path, output="logit"))


def test_a_graph_that_does_not_hold_together_is_refused(tmp_path):
    made = product()
    made.graph.node[0].input[0] = "nothing"
    assert "is not valid ONNX" in str(error(made, tmp_path, output="logit"))
    made = model([node("MatMul", ["x", "w"], ["y"])], weights={"w": weights(4, 1)})
    assert "the network failed on its input" in str(error(made, tmp_path, output="logit"))


def test_a_graph_that_ignores_its_input_is_refused(tmp_path):
    made = model([node("Sigmoid", ["w"], ["y"])], weights={"w": weights(1, 1)})
    assert "does not depend on an input" in str(error(made, tmp_path))


def test_a_missing_file_is_named_with_the_nearest(tmp_path):
    loaded(product(), tmp_path, output="logit")
    said = str(error(tmp_path / "netwrok.onnx", tmp_path))
    assert "netwrok.onnx does not exist; did you mean 'network.onnx'?" in said


@pytest.fixture
def without(monkeypatch):
    def hide(*names):
        for name in list(sys.modules):
            if name.partition(".")[0] in names:
                monkeypatch.delitem(sys.modules, name)
        for name in names:
            monkeypatch.setitem(sys.modules, name, None)

    return hide


def test_without_onnx_the_extra_is_named(tmp_path, without):
    made = product()
    path = tmp_path / "network.onnx"
    path.write_bytes(made.SerializeToString())
    without("onnx")
    assert 'pip install "weight-audit[onnx]"' in str(error(path, tmp_path, output="logit"))


def test_without_onnxruntime_it_is_converted_and_said_not_to_be_compared(tmp_path, without):
    without("onnxruntime")
    found = loaded(product(), tmp_path, output="logit")
    assert isinstance(found, TorchModel)
    assert found.notes[-1].startswith("not compared with onnxruntime, which is not installed")


def test_without_onnxruntime_what_has_no_twin_names_the_extra(tmp_path, without):
    without("onnxruntime")
    nodes = [node("CumSum", ["x", "one"], ["s"]), node("MatMul", ["s", "w"], ["y"])]
    made = model(nodes, weights={"one": np.int64(1), "w": weights(3, 1)})
    said = str(error(made, tmp_path, output="logit"))
    assert "operator CumSum has no torch twin" in said
    assert "weight-audit[onnx]" in said


def test_a_twin_that_answers_otherwise_becomes_a_black_box(tmp_path, monkeypatch):
    from torch import nn

    from audit.models import onnx_operators

    wrong = {**onnx_operators.OPERATORS, "Tanh": lambda step: nn.Sigmoid()}
    monkeypatch.setattr(onnx_operators, "OPERATORS", wrong)
    found = loaded(product(ending="Tanh"), tmp_path, output="logit")
    assert "its torch twin answers differently from onnxruntime" in found.reason
    assert found.ask({"table": FRAME}).shape == (2,)
