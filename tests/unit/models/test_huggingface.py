"""Sequence classifiers from a folder: their answers, labels and tokens."""

import socket

import numpy as np
import pandas as pd
import pytest
import torch

from audit.errors import DataError, ModelError
from builders_huggingface import changed, classifier, load, saved, tokenizer, transformers

torch.set_num_threads(1)
TEXTS = ["good worker", "bad slow driver", "fast fast good driver worker unknown", "bad"]


def frame(texts=TEXTS):
    return {"table": pd.DataFrame({"letter": texts})}


def logits(network, texts=TEXTS):
    tokens = tokenizer()(texts, padding=True, return_tensors="pt")
    with torch.no_grad():
        return network(**tokens).logits


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    def refuse(*_):
        raise AssertionError("the loader wanted the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.mark.parametrize("kind", ["bert", "roberta", "electra"])
def test_answers_are_those_of_transformers(tmp_path, kind):
    network = classifier(kind, pad_token_id=0)
    model = load(saved(tmp_path / "model", network))
    with torch.no_grad():
        found = model.answer(model.encode(frame()).tensors)
    assert torch.allclose(found, logits(network), atol=1e-5)
    assert (model.kind, model.output, model.width) == ("huggingface", "logits", 1)
    assert np.ptp(found.numpy()) > 0


def test_distilbert_names_its_sizes_otherwise(tmp_path):
    config = transformers.DistilBertConfig(
        vocab_size=10, dim=16, n_layers=1, n_heads=2, hidden_dim=32, max_position_embeddings=12
    )
    network = transformers.DistilBertForSequenceClassification(config).eval()
    model = load(saved(tmp_path / "model", network))
    with torch.no_grad():
        found = model.answer(model.encode(frame()).tensors)
    assert torch.allclose(found, logits(network), atol=1e-5)


def test_tokens_come_from_the_column_of_texts(tmp_path):
    model = load(saved(tmp_path / "model"))
    encoded = model.encode(frame())
    assert set(encoded.tensors) >= {"input_ids", "attention_mask"}
    assert not any(tensor.is_floating_point() for tensor in encoded.tensors.values())
    assert encoded.tensors["input_ids"][0].tolist() == [2, 4, 8, 3, *[0] * 8]
    assert set(encoded.columns["input_ids"]) == {"letter"}
    assert {len(names) for names in encoded.columns.values()} == {12}


def test_long_texts_are_cut_and_the_report_says_so(tmp_path):
    model = load(saved(tmp_path / "model"))
    assert model.encode(frame(["good " * 50])).tensors["input_ids"].shape == (1, 12)
    assert model.notes == ("BertForSequenceClassification; texts are cut after 12 tokens",)


def test_many_rows_go_through_in_parts(tmp_path, monkeypatch):
    from audit.models import huggingface_network

    model = load(saved(tmp_path / "model"))
    tensors = model.encode(frame()).tensors
    with torch.no_grad():
        whole = model.answer(tensors)
        monkeypatch.setattr(huggingface_network, "TOKENS", 1)
        assert torch.allclose(model.answer(tensors), whole, atol=1e-6)


def test_labels_are_classes_in_their_order(tmp_path):
    folder = saved(tmp_path / "model", id2label={"0": "hire", "1": "reject"})
    changed(folder, "config.json", label2id={"hire": 0, "reject": 1})
    assert load(folder).classes == ("hire", "reject")
    assert load(saved(tmp_path / "plain")).classes is None


def test_one_label_needs_to_be_told(tmp_path):
    network = classifier(num_labels=1)
    folder = saved(tmp_path / "model", network)
    with pytest.raises(ModelError, match="one label, which does not say what kind of score"):
        load(folder)
    with pytest.raises(ModelError, match="declare output: logit, probability, or value"):
        load(folder, output="logits")
    model = load(folder, output="logit")
    with torch.no_grad():
        found = model.answer(model.encode(frame()).tensors)
    assert torch.allclose(found, logits(network)[:, 0], atol=1e-5)


def test_sharded_weights_are_read(tmp_path):
    network = classifier()
    folder = saved(tmp_path / "model", network)
    (folder / "model.safetensors").unlink()
    network.save_pretrained(folder, max_shard_size="5KB")
    assert len(list(folder.glob("*.safetensors"))) > 1
    model = load(folder)
    with torch.no_grad():
        found = model.answer(model.encode(frame()).tensors)
    assert torch.allclose(found, logits(network), atol=1e-5)


REFUSED = {
    "labels without order": ({"id2label": {"a": "x", "b": "y"}}, "expected id2label from '0'"),
    "several at once": ({"problem_type": "multi_label_classification"}, "by itself"),
    "another task": ({"architectures": ["BertForMaskedLM"]}, "came BertForMaskedLM"),
    "no task": ({"architectures": None}, "came no architecture"),
    "quantised": ({"quantization_config": {"bits": 4}}, "quantised weights"),
    "unknown": ({"model_type": "own_kind"}, "own_kind"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_folder_that_does_not_fit_is_refused_in_a_line(tmp_path, name):
    config, words = REFUSED[name]
    folder = saved(tmp_path / "model", **config)
    with pytest.raises(ModelError) as caught:
        load(folder)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("tokenizer.json", "has no tokenizer.json"),
        ("model.safetensors", "has no model.safetensors"),
        ("config.json", "config.json: expected JSON"),
    ],
)
def test_a_missing_file_is_named(tmp_path, name, words):
    folder = saved(tmp_path / "model")
    (folder / name).unlink()
    with pytest.raises(ModelError, match=words):
        load(folder)


def test_a_head_that_was_never_trained_is_refused(tmp_path):
    network = classifier()
    folder = saved(tmp_path / "model")
    network.bert.save_pretrained(folder)
    changed(folder, "config.json", architectures=["BertForSequenceClassification"])
    with pytest.raises(ModelError, match="lack 2 weights .* such as 'classifier.bias'"):
        load(folder)


def test_what_was_declared_must_fit(tmp_path):
    folder = saved(tmp_path / "model")
    with pytest.raises(ModelError, match="output: probability was declared, .* with logits"):
        load(folder, output="probability")
    with pytest.raises(ModelError, match="brings its own tokenizer"):
        load(folder, encode="own.py:encode")
    assert load(folder, output="logits").output == "logits"


def test_texts_must_be_texts(tmp_path):
    encoder = load(saved(tmp_path / "model")).encoder
    with pytest.raises(ModelError, match="one column of texts, data.features has 2: a, b"):
        encoder.encode({"table": pd.DataFrame({"a": ["x"], "b": ["y"]})})
    with pytest.raises(DataError, match="'letter': expected texts, came numbers"):
        encoder.encode(frame([1.0, 2.0]))
    with pytest.raises(DataError, match="'letter', row 2: the text is missing"):
        encoder.encode(frame(["good", None]))


def test_the_library_is_left_as_it_was(tmp_path, monkeypatch):
    import os

    monkeypatch.delenv("HF_HUB_OFFLINE")
    before = transformers.utils.logging.get_verbosity()
    load(saved(tmp_path / "model"))
    assert "HF_HUB_OFFLINE" not in os.environ
    assert transformers.utils.logging.get_verbosity() == before


def test_without_the_extra_the_message_names_it(tmp_path, monkeypatch):
    folder = saved(tmp_path / "model")
    monkeypatch.setitem(__import__("sys").modules, "transformers", None)
    with pytest.raises(ModelError, match=r'pip install "weight-audit\[huggingface\]"'):
        load(folder)
