"""Models that only answer: the same checks as for networks, and their record."""

import numpy as np
import pytest

import builders_models as build
from audit.errors import ModelError
from audit.models.answering import AnswerModel
from audit.predictions import predict


def model(ask, output="probability", **options):
    return AnswerModel(
        ask=ask,
        output=output,
        format="sklearn",
        architecture="a forest of 10 trees",
        sha256="0" * 64,
        reason="trees have no weights",
        **options,
    )


def asked(ask, output="probability", rows=40, **options):
    data = build.dataset(build.numbers(rows))
    return predict(model(ask, output, **options), data, data.splits["test"], 0.5)


def half(inputs):
    return 1 / (1 + np.exp(-inputs["table"]["c0"].to_numpy()))


def test_scores_are_its_answers():
    found = asked(half)
    expected = half({"table": build.numbers(40)})
    np.testing.assert_allclose(found.score, expected)
    np.testing.assert_array_equal(found.label, expected >= 0.5)


def test_batches_do_not_matter():
    data = build.dataset(build.numbers(50))
    one, many = (
        predict(model(half), data, data.splits["test"], 0.5, batch_size=size) for size in (7, 1000)
    )
    np.testing.assert_array_equal(one.score, many.score)


@pytest.mark.parametrize("output", ["logit", "logits", "probability", "probabilities"])
def test_backwards_is_the_other_class(output):
    def ask(inputs):
        p = half(inputs)
        z = np.log(p / (1 - p))
        return {
            "probability": p,
            "probabilities": np.stack([1 - p, p], axis=1),
            "logit": z,
            "logits": np.stack([np.zeros_like(z), z], axis=1),
        }[output]

    ahead, behind = asked(ask, output), asked(ask, output, backwards=True)
    np.testing.assert_allclose(behind.score, 1 - ahead.score, atol=1e-12)


def raises(inputs):
    raise ZeroDivisionError("boom")


WRONG = {
    "raises": (raises, "probability", r"the model \(sklearn\) failed.*boom"),
    "too many rows": (lambda i: np.zeros(3), "probability", "expects shape"),
    "two columns": (lambda i: np.zeros((len(i["table"]), 2)), "logit", "declare output: logits"),
    "three classes": (lambda i: np.zeros((len(i["table"]), 3)), "logits", "say task: multiclass"),
    "texts": (lambda i: ["a"] * len(i["table"]), "probability", "expected numbers"),
    "above one": (lambda i: 2 * half(i) + 1, "probability", r"outside \[0, 1\]"),
    "no sum": (
        lambda i: np.full((len(i["table"]), 2), 0.4),
        "probabilities",
        "do not sum to 1",
    ),
    "not a number": (lambda i: np.full(len(i["table"]), np.nan), "logit", "not finite"),
    "row by row": (
        lambda i: i["table"]["c0"].to_numpy() - i["table"]["c0"].mean(),
        "logit",
        "asked alone",
    ),
}


@pytest.mark.parametrize(("ask", "output", "said"), WRONG.values(), ids=WRONG.keys())
def test_wrong_answers_are_refused(ask, output, said):
    with pytest.raises(ModelError, match=said):
        asked(ask, output)


def test_chance_is_refused():
    draw = np.random.default_rng(0)
    with pytest.raises(ModelError, match="asked twice"):
        asked(lambda inputs: draw.random(len(inputs["table"])))


def test_the_record_says_black_box_and_why():
    record = model(half, notes=("a note",)).record(
        threshold=0.5, threshold_source="stated", notes=("another",)
    )
    assert record.kind == "black box"
    assert record.architecture == "a forest of 10 trees (sklearn), asked for its answers only"
    assert record.opaque == "trees have no weights"
    assert record.notes == ("a note", "another")
