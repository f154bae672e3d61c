"""Explanations of images, texts, series and several inputs: planted causes, sums and names."""

import numpy as np
import pytest
import torch
from captum.attr import IntegratedGradients as Captum
from torch import nn

import builders_explained as small
from audit.explainers.integrated_gradients import IntegratedGradients
from audit.models.answering import AnswerModel
from builders_explained import A, B, as_dict, explained, model, seeded

LENGTH = "(length of the text)"


def levels(found):
    return {explanation.level: explanation for explanation in found.explanations}


def sums_hold(found):
    for explanation in found.explanations:
        assert explanation.status == "ok", explanation.reason
        if explanation.level != "global":
            total = sum(as_dict(explanation).values())
            assert total + explanation.residual == pytest.approx(explanation.total, abs=1e-12)
            assert abs(explanation.residual) <= 1e-3


class OnePatch(nn.Module):
    """Looks at the pixels of one patch only: rows 4 to 5, columns 10 to 11 of 16."""

    def forward(self, image):
        return image[:, :, 4:6, 10:12].mean(dim=(1, 2, 3)) * 2


class OneChannel(nn.Module):
    """Looks at the mean of the first channel, and at its gaps."""

    def forward(self, radar):
        return (radar[:, 0].mean(dim=1) * 3 - radar[:, 2].mean(dim=1)).tanh()


class OneWord(nn.Module):
    """Counts one word, w5."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(len(small.WORDS), 2, padding_idx=0)
        with torch.no_grad():
            self.embedding.weight.zero_()
            self.embedding.weight[small.WORDS.index("w5"), 1] = 1.5

    def forward(self, text):
        return self.embedding(text).sum(dim=(1, 2))


@pytest.mark.parametrize("channels", [1, 3])
def test_a_network_that_looks_at_one_patch_has_all_of_it_there(channels):
    data = small.dataset({"face": small.images(channels)})
    found = explained(model(OnePatch(), data.inputs), data)
    sums_hold(found)
    for explanation in found.explanations:
        values = as_dict(explanation)
        assert explanation.values[0].feature == "image rows 4–5, columns 10–11"
        assert len(values) == 64
        assert [v for k, v in values.items() if "rows 4–5, columns 10–11" not in k] == [0.0] * 63
        assert explanation.values[0].value != 0


def test_a_network_that_looks_at_one_channel_has_all_of_it_there():
    data = small.dataset({"radar": small.series()})
    found = explained(model(OneChannel(), data.inputs), data)
    sums_hold(found)
    for explanation in found.explanations:
        assert set(as_dict(explanation)) == {"speed", "heat"}
        assert as_dict(explanation)["heat"] == 0
        assert as_dict(explanation)["speed"] != 0


def test_a_network_that_looks_at_one_word_has_all_of_it_there():
    data = small.dataset({"letter": small.texts()})
    found = explained(model(OneWord(), data.inputs), data, baseline="zero")
    sums_hold(found)
    gap = levels(found)["gap"]
    assert gap.values[0].feature == "w5"
    assert {name for name, value in as_dict(gap).items() if value} == {"w5"}
    assert gap.total == pytest.approx(gap.values[0].value, abs=1e-6)


@pytest.mark.parametrize("make", [small.MeanOfWords, small.Attending])
@pytest.mark.parametrize("baseline", ["mean", "zero"])
def test_texts_sum_to_the_gap_with_the_length_of_the_text(make, baseline):
    weights = np.random.default_rng(1).uniform(0.5, 2, small.ROWS)
    data = small.dataset({"letter": small.texts()}, weights=weights)
    found = explained(model(seeded(make), data.inputs), data, baseline=baseline)
    sums_hold(found)
    for explanation in found.explanations:
        assert LENGTH in as_dict(explanation)
    by_group = {e.group["sex"]: as_dict(e) for e in found.explanations if e.level == "group"}
    gap = as_dict(levels(found)["gap"])
    assert gap[LENGTH] == pytest.approx(by_group["f"][LENGTH] - by_group["m"][LENGTH], abs=1e-12)
    assert levels(found)["gap"].baseline.endswith("in place of each word")


def test_the_length_is_what_scores_at_the_baseline_differ_by():
    data = small.dataset({"letter": small.texts()})
    network = seeded(small.MeanOfWords).eval()
    subject = model(network, data.inputs)
    gap = as_dict(levels(explained(subject, data, baseline="zero"))["gap"])
    tokens = subject.encode({"letter": data.inputs["letter"].take(np.arange(small.ROWS))})
    lengths = (tokens.tensors["letter"] != 0).sum(dim=1)
    empty = torch.sigmoid(network.out(network.act1(network.fc1.bias)) * (1 + 0.1 * lengths))
    women = data.sensitive[0].codes == 0
    expected = empty.detach().numpy()[women].mean() - empty.detach().numpy()[~women].mean()
    assert gap[LENGTH] == pytest.approx(expected, abs=1e-6)
    assert abs(expected) > 1e-4


def test_padding_never_gets_anything_and_is_never_named():
    class LooksAtPadding(nn.Module):
        def __init__(self):
            super().__init__()
            self.embedding = nn.Embedding(len(small.WORDS), 3)  # padding has an embedding here

        def forward(self, text):
            return self.embedding(text).sum(dim=(1, 2)).tanh()

    data = small.dataset({"letter": small.texts()})
    found = explained(model(seeded(LooksAtPadding), data.inputs), data)
    sums_hold(found)
    assert all("[pad]" not in as_dict(e) for e in found.explanations)


def test_rare_words_are_not_named_but_counted():
    common = "w1 w2"
    rows = [f"{common} w{10 + row}" for row in range(40)]
    source = small.Source(kind="text", values=rows)
    data = small.dataset({"letter": source}, rows=40, groups={"sex": ["f", "m"] * 20})
    found = explained(model(seeded(small.MeanOfWords), data.inputs), data, minimum_group=5)
    sums_hold(found)
    for explanation in found.explanations:
        others = 20 if explanation.level == "group" else 40
        assert set(as_dict(explanation)) == {"w1", "w2", f"({others} other words)", LENGTH}
    assert {word.word for p in found.pictures for word in p.words} == {"w1", "w2"}


def test_forty_words_are_named_and_the_rest_is_one_entry():
    data = small.dataset({"letter": small.texts(rows=300)}, rows=300)
    found = explained(model(seeded(small.MeanOfWords), data.inputs), data)
    sums_hold(found)
    gap = as_dict(levels(found)["gap"])
    assert len(gap) == 42
    assert "(20 other words)" in gap


class Everything(nn.Module):
    def __init__(self):
        super().__init__()
        self.face, self.letter = nn.LazyLinear(3), nn.EmbeddingBag(1, 1)
        self.words = nn.Embedding(len(small.WORDS), 3, padding_idx=0)
        self.radar = nn.Linear(3, 3)
        self.face(torch.zeros(1, 3 * small.SIDE**2))

    def forward(self, *, face, letter, radar):
        hidden = self.face(face.flatten(1)) + self.words(letter).sum(dim=1)
        return (hidden + self.radar(radar.mean(dim=2))).tanh().sum(dim=1)


def test_several_inputs_are_named_and_sum_together():
    inputs = {"face": small.images(), "letter": small.texts(), "radar": small.series()}
    data = small.dataset(inputs)
    found = explained(model(seeded(Everything), inputs), data)
    sums_hold(found)
    gap = as_dict(levels(found)["gap"])
    assert {name.split(":")[0] for name in gap} == {"face", "letter", "radar", LENGTH}
    assert {"face: rows 0–1, columns 0–1", "radar: speed", "radar: heat"} <= set(gap)
    kinds = [(p.kind, p.input, p.level) for p in found.pictures if p.level == "gap"]
    assert sorted(kinds) == [
        ("image", "face", "gap"), ("series", "radar", "gap"), ("text", "letter", "gap"),
    ]  # fmt: skip


def test_agrees_with_captum_on_a_small_convolutional_network():
    network = seeded(small.Convolutions).eval().double()
    draw = torch.Generator().manual_seed(3)
    x, zero = (torch.randn(n, 3, 16, 16, generator=draw, dtype=torch.float64) for n in (4, 1))
    data = small.dataset({"face": small.images()})
    ours = IntegratedGradients(tolerance=1e-9).attribute(
        model(network, data.inputs), {"face": x}, {"face": zero}
    )
    theirs = Captum(lambda t: torch.sigmoid(network(t)[:, 0])).attribute(
        x, baselines=zero, n_steps=200
    )
    torch.testing.assert_close(ours.values["face"], theirs.detach(), rtol=1e-5, atol=1e-8)


def test_batches_do_not_matter(monkeypatch):
    data = small.dataset({"letter": small.texts(), "face": small.images(), "radar": small.series()})
    subject = model(seeded(Everything), data.inputs)
    together = explained(subject, data)
    monkeypatch.setattr("audit.explainers.entrance.NUMBERS", 7 * 1000)
    apart = explained(subject, data)
    for one, other in zip(together.explanations, apart.explanations, strict=True):
        assert as_dict(one) == pytest.approx(as_dict(other), abs=1e-6)
    assert explained(subject, data) == apart


def test_no_trace_is_left_on_a_network_of_words():
    network = seeded(small.Attending)
    data = small.dataset({"letter": small.texts()})
    subject = model(network, data.inputs)
    network.train()
    state, before = torch.get_rng_state(), {k: v.clone() for k, v in network.state_dict().items()}
    explained(subject, data)
    assert all(module.training for module in network.modules())
    assert all(parameter.grad is None for parameter in network.parameters())
    assert not any(module._forward_hooks for module in network.modules())
    assert torch.equal(state, torch.get_rng_state())
    assert all(torch.equal(v, before[k]) for k, v in network.state_dict().items())


def test_words_without_an_embedding_are_undefined():
    class OneHot(nn.Module):
        def forward(self, text):
            return nn.functional.one_hot(text, len(small.WORDS)).float().sum(dim=1)[:, 5]

    data = small.dataset({"letter": small.texts()})
    (only,) = explained(model(OneHot(), data.inputs), data).explanations
    assert (only.level, only.status) == ("global", "undefined")
    assert "tensor 'letter' holds int64 numbers" in only.reason
    assert "no nn.Embedding of the network" in only.reason


def test_a_black_box_over_images_is_undefined():
    data = small.dataset({"face": small.images()})
    box = AnswerModel(
        ask=lambda inputs: np.full(len(inputs["face"].pixels), 0.3), output="probability",
        format="made", architecture="constant", sha256=None, reason="asked only",
    )  # fmt: skip
    (only,) = explained(box, data).explanations
    assert only.status == "undefined"
    assert only.reason.startswith("expected one table to explain, came face")


def test_the_target_says_what_is_explained():
    data = small.dataset({"face": small.images()})
    several = type(data)(
        **vars(data) | {
            "task": "multiclass", "classes": ("cat", "dog", "owl"), "focus": 2,
            "codes": np.arange(small.ROWS) % 3,
        }
    )  # fmt: skip
    network = seeded(lambda: small.Convolutions(outputs=3))
    subject = model(network, data.inputs, output="logits", outputs=3, focus=2)
    found = explained(subject, several)
    sums_hold(found)
    assert {e.target for e in found.explanations} == {"probability of class owl"}
    binary = explained(model(seeded(small.Convolutions), data.inputs), data)
    assert {e.target for e in binary.explanations} == {"probability of the positive class"}
    assert not {e.id for e in binary.explanations} & {e.id for e in found.explanations}


@pytest.mark.parametrize("unit", [1.0, 1e-4, 1e4])
def test_the_tolerance_of_a_regression_goes_with_its_unit(unit):
    class Value(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = seeded(lambda: small.Convolutions(activation=nn.ReLU))

        def forward(self, face):
            return (self.inner(face) * 3 + 1) * unit

    data = small.dataset({"face": small.images()})
    data = type(data)(**vars(data) | {"task": "regression", "target": np.arange(60.0)})
    found = explained(model(Value(), data.inputs, output="value"), data)
    for explanation in found.explanations:
        assert explanation.status == "ok", explanation.reason
        assert explanation.target == "predicted y is 1"
    gap = levels(found)["gap"]
    assert gap.total == pytest.approx(sum(as_dict(gap).values()), abs=2e-3 * unit)
    assert abs(gap.total) > 1e-3 * unit


def test_small_groups_have_no_picture():
    data = small.dataset({"face": small.images()})
    found = explained(model(seeded(small.Convolutions), data.inputs), data, minimum_group=25)
    assert [p.group for p in found.pictures] == [A]
    assert [e.status for e in found.explanations] == ["ok", "ok", "suppressed", "suppressed"]
    assert found.explanations[2].group == B
