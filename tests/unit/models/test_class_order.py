"""Which output is the positive class: from the file, the configuration and the target."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

import builders_models as build
from audit.config import ModelConfig, Target
from audit.errors import ModelError
from audit.models.answering import AnswerModel
from audit.models.class_order import in_class_order
from audit.models.factory import from_module
from audit.models.loading import load
from audit.models.model import Encoded
from audit.predictions import predict
from audit.weights.tracing import trace


def target(positive=None):
    return Target(column="y", positive=positive)


def score(model):
    data = build.dataset(build.numbers(30))
    return predict(model, data, data.splits["test"], 0.5).score


SIZES = {"logit": 1, "logits": 2, "probability": 1, "probabilities": 2}


def network(output):
    made = build.network(outputs=SIZES[output])
    ending = {"probability": nn.Sigmoid(), "probabilities": nn.Softmax(-1)}.get(output)
    return nn.Sequential(*made, *([ending] if ending else []))


@pytest.mark.parametrize("output", SIZES)
def test_the_positive_class_comes_last(output):
    model = replace(from_module(network(output), output), classes=("bad", "good"))
    good, bad = (score(in_class_order(model, target([name]))) for name in ("good", "bad"))
    np.testing.assert_allclose(good, score(model), atol=1e-7)
    np.testing.assert_allclose(bad, 1 - good, atol=1e-6)


@pytest.mark.parametrize("output", ["logit", "logits"])
def test_a_turned_network_can_still_be_traced(output):
    model = replace(from_module(network(output), output), classes=(1, 0))
    turned = in_class_order(model, target())
    rows = torch.randn(20, 3)
    chain = trace(turned, Encoded(tensors={"x": rows}, columns={"x": ("a", "b", "c")}))
    assert [layer.name for layer in chain.layers] == ["0", "2"]
    with torch.no_grad():
        expected = turned.score({"x": rows}).double()
    torch.testing.assert_close(chain.scores(rows.double()), expected, atol=1e-6, rtol=0)


def test_weights_and_notes_of_a_turned_network():
    model = replace(from_module(network("logit"), "logit"), classes=(True, False))
    plain, turned = (
        item.record(threshold=0.5, threshold_source="")
        for item in (model, in_class_order(model, target()))
    )
    assert plain.sha256 == turned.sha256
    assert "the other order" in turned.notes[0]


def test_a_black_box_is_turned_too():
    model = AnswerModel(
        ask=lambda inputs: np.full(len(inputs["table"]), 0.25),
        output="probability",
        format="onnx",
        architecture="a graph",
        sha256=None,
        reason="told",
        classes=("yes", "no"),
    )
    assert set(score(in_class_order(model, target("yes")))) == {0.75}
    assert set(score(in_class_order(model, target("no")))) == {0.25}


@pytest.mark.parametrize("positive", [None, [1], ["1"], [1.0]], ids=str)
def test_one_and_its_spellings_are_the_same_class(positive):
    model = replace(from_module(network("logit"), "logit"), classes=(0, 1))
    assert in_class_order(model, target(positive)) is model


WRONG = {
    "no such class": (("no", "yes"), "ja", r"classes are \['no', 'yes'\].*'ja' is positive"),
    "not said": (("no", "yes"), None, "says that 1 is positive"),
    "both": (("no", "yes"), ["no", "yes"], "exactly one class that is"),
    "three": (("a", "b", "c"), "a", "expected a network of two classes, came 3"),
}


@pytest.mark.parametrize(("classes", "positive", "said"), WRONG.values(), ids=WRONG.keys())
def test_contradictions_are_refused(classes, positive, said):
    model = replace(from_module(network("logit"), "logit"), classes=classes)
    with pytest.raises(ModelError, match=said):
        in_class_order(model, target(positive))


CODE = "from torch import nn\n\ndef build():\n    return nn.Linear(3, 1)\n"


def test_the_configuration_says_the_order(tmp_path):
    (tmp_path / "network.py").write_text(CODE)
    config = ModelConfig(factory="network.py:build", output="logit", classes=["good", "bad"])
    assert load(config, tmp_path).classes == ("good", "bad")
