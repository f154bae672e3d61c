"""Words of a Hugging Face classifier: through its embedding, padding cut off on the way."""

import numpy as np
import pandas as pd
import pytest
import torch
from captum.attr import LayerIntegratedGradients

import builders_models as build
from audit.explainers.baselines import find_baselines
from audit.explainers.entrance import open_entrance
from audit.explainers.integrated_gradients import IntegratedGradients
from builders_explained import A, as_dict, explained
from builders_huggingface import load, saved

torch.set_num_threads(1)
ROWS = 24


@pytest.fixture
def letters():
    draw = np.random.default_rng(0)
    words = ["good", "bad", "slow", "fast", "worker", "driver"]
    texts = [" ".join(draw.choice(words, size)) for size in draw.integers(1, 9, ROWS)]
    sex = ["f" if row % 2 else "m" for row in range(ROWS)]
    return build.dataset(pd.DataFrame({"letter": texts}), groups={"sex": sex})


@pytest.fixture
def model(tmp_path):
    return load(saved(tmp_path / "model"))


def test_words_and_length_sum_to_the_gap(model, letters):
    found = explained(model, letters)
    assert [e.status for e in found.explanations] == ["ok"] * 4
    gap = found.explanations[-1]
    assert {"good", "driver", "(length of the text)"} <= set(as_dict(gap))
    assert "[PAD]" not in as_dict(gap)
    assert sum(as_dict(gap).values()) == pytest.approx(gap.total, abs=1e-3)
    assert [p.kind for p in found.pictures if p.group == A] == ["text"]
    assert not any(
        m._forward_hooks or m._forward_hooks_with_kwargs for m in model.network.modules()
    )


def test_tokens_agree_with_captums_layer_method(model, letters):
    everyone = np.arange(ROWS)
    encoded = model.encode({"table": letters.inputs["table"].take(everyone)})
    entrance = open_entrance(model, encoded)
    (entry,) = entrance.entries
    assert (entry.tensor, entrance.held) == (
        "input_ids", tuple(name for name in encoded.tensors if name != "input_ids"),
    )  # fmt: skip
    baselines = find_baselines(entrance, letters, everyone, "zero", np.ones(ROWS))
    tensors = entrance.enter(encoded)
    ours = IntegratedGradients(tolerance=1e-4).attribute(
        entrance.model, tensors, baselines.of(entrance, tensors)
    )
    inner = model.network.inner
    tokens = {name: tensor[:3] for name, tensor in encoded.tensors.items()}

    def score(numbers, mask):
        return inner(input_ids=numbers, attention_mask=mask).logits.softmax(dim=1)[:, 1]

    theirs = LayerIntegratedGradients(score, inner.get_input_embeddings()).attribute(
        tokens["input_ids"],
        baselines=torch.full_like(tokens["input_ids"], entrance.padding_token("input_ids")),
        additional_forward_args=(tokens["attention_mask"],),
        n_steps=200,
    )
    torch.testing.assert_close(ours.values[entry.key][:3], theirs.detach(), rtol=1e-3, atol=1e-5)
    padding = entrance.padding(encoded.tensors, "input_ids")
    assert float(ours.values[entry.key][padding].abs().max()) == 0
