"""Texts: agreement with the slow twin, what is counted, and refusals by row."""

import numpy as np
import pytest

import builders_networks as build
from audit.config import Input
from audit.data.inputs.batches import TextBatch
from audit.errors import DataError, ModelError
from audit.models.input_fitting import fit_text
from audit.models.text_encoder import TextCounts
from oracles.texts import numbered, vocabulary

TEXTS = ["Good good food.", "bad food", "good bad ugly", "so so so so so"]
TRAIN = np.arange(len(TEXTS))


def fitted(texts=TEXTS, base=None, **settings):
    chosen = Input(kind="text", column="review", **({"length": 4} | settings))
    source = build.Texts(texts=list(texts))
    return fit_text("review", source, np.arange(len(texts)), chosen, base)


def batch(texts):
    return TextBatch(texts=list(texts), rows=np.arange(len(texts)) + 4)


def encode(encoder, texts):
    return encoder.encode({"review": batch(texts)})


def test_the_vocabulary_is_that_of_the_loop_over_words():
    for most in (1, 3, 100):
        found = fitted(vocabulary=most).tokenizer.vocabulary
        assert list(found) == vocabulary(TEXTS, most)
    assert fitted().tokenizer.vocabulary[2:6] == ("so", "good", "bad", "food")


def test_agrees_with_the_loop_over_words():
    encoder = fitted(vocabulary=4)
    known = list(encoder.tokenizer.vocabulary)
    new = ["Food! good", "so so bad bad bad", "?"]
    found = encode(encoder, new).tensors["review"]
    assert found.tolist() == [numbered(text, known, 4) for text in new]
    assert str(found.dtype) == "torch.int64"


def test_the_layout_is_the_vocabulary():
    encoder = fitted()
    found = encode(encoder, TEXTS)
    assert found.layouts["review"].kind == "words"
    assert found.layouts["review"].names == encoder.tokenizer.vocabulary
    assert found.layouts["review"].source == "review"
    assert encoder.shape.size == (len(encoder.tokenizer.vocabulary), 4)


def test_tokens_stand_at_the_places_of_the_tensor():
    encoder = fitted()
    text = "Ugly food, bad bad food"
    row = encode(encoder, [text]).tensors["review"][0].tolist()
    assert [number for _, number in encoder.tokens(text)] == row
    assert [word for word, _ in encoder.tokens(text)] == ["ugly", "food", ",", "bad"]


def test_what_is_cut_off_and_unknown_is_counted():
    encoder = fitted(vocabulary=4)
    found = encoder.counts(batch(["good good good good bad bad", "ugly ugly", "food"]))
    assert found == TextCounts(
        texts=3, tokens=9, cut_texts=1, cut_tokens=2, unknown=2, unknown_texts=1
    )
    assert found.notes(4) == (
        "1 of 3 texts are longer than 4 tokens: 2 of 9 tokens were cut off",
        "2 of 7 tokens (28.6%) are outside the vocabulary",
        "1 of 3 texts hold no token of the vocabulary",
    )
    assert encoder.counts(batch(["food"])).notes(4) == ()


@pytest.mark.parametrize("text", ["", " \t", "\u2003"])
def test_a_text_without_words_is_named_by_its_row(text):
    with pytest.raises(DataError, match="input 'review', row 6: expected a text with words"):
        encode(fitted(), ["good", text])


def test_training_texts_without_words_teach_nothing():
    with pytest.raises(DataError, match="input 'review': expected words in the training rows"):
        fitted([" ", "\n"])


def test_very_long_words_are_not_learnt():
    long = "x" * 101
    assert long not in fitted([f"good {long}"]).tokenizer.vocabulary
    assert "x" * 100 in fitted([f"good {long[:100]}"]).tokenizer.vocabulary


def test_a_tokenizer_of_another_model_is_found_beside_the_configuration(tmp_path):
    tokenizers = pytest.importorskip("tokenizers", reason='pip install "weight-audit[huggingface]"')
    (tmp_path / "pieces").mkdir()
    model = tokenizers.models.WordLevel({"good": 0, "bad": 1})
    tokenizer = tokenizers.Tokenizer(model)
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    tokenizer.save(str(tmp_path / "pieces" / "tokenizer.json"))
    encoder = fitted(base=tmp_path, tokenizer="pieces")
    assert encode(encoder, ["bad good"]).tensors["review"].tolist() == [[3, 2, 0, 0]]
    with pytest.raises(DataError, match="input 'review', row 6: 'ugly' is outside the vocabulary"):
        encode(encoder, ["bad", "ugly"])
    with pytest.raises(DataError, match="peaces: no such folder .* did you mean 'pieces'"):
        fitted(base=tmp_path, tokenizer="peaces")
    (tmp_path / "pieces" / "tokenizer.json").unlink()
    with pytest.raises(ModelError, match=r"pieces/tokenizer.json cannot be read"):
        fitted(base=tmp_path, tokenizer="pieces")
