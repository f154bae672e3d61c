"""Several named inputs: tensors by name, the table among them, and what does not fit."""

import numpy as np
import pytest
import torch

import builders_networks as build
from audit.errors import DataError
from audit.models.fitting import fit_encoder, fit_encoder_of
from audit.models.inputs_encoder import InputsEncoder, text_notes
from audit.models.tabular import TabularEncoder


def test_each_input_becomes_a_tensor_of_its_name():
    data, encoder = build.dataset(), build.encoder()
    found = encoder.encode(build.inputs(data))
    assert list(found.tensors) == list(build.SETTINGS)
    assert set(found.layouts) == set(build.SETTINGS) - {"facts"}
    assert [shape.name for shape in encoder.shapes] == list(build.SETTINGS)
    for shape in encoder.shapes[:3]:
        assert tuple(found.tensors[shape.name].shape[1:]) == shape.size


def test_the_table_is_encoded_as_a_table_alone():
    data, encoder = build.dataset(), build.encoder()
    alone = fit_encoder(data.inputs["facts"].take(data.splits["train"]))
    assert encoder.table == alone
    assert encoder.names == ("age", "city")
    found = encoder.encode(build.inputs(data))
    expected = alone.encode({"table": data.inputs["facts"].frame})
    assert torch.equal(found.tensors["facts"], expected.tensors["x"])
    assert found.columns["facts"] == ("age", "city", "city")


def test_without_named_inputs_it_is_the_encoder_of_the_table():
    import builders_models

    data = builders_models.separable(50)
    found = fit_encoder_of(data, data.splits["train"], {})
    assert isinstance(found, TabularEncoder)
    assert found == fit_encoder(data.inputs["table"].take(data.splits["train"]))


def test_only_training_rows_teach():
    names = ("camera", "radar", "review", "facts")
    data = build.dataset(names)
    changed = build.sources()
    changed["camera"].pixels[16:] = 0
    changed["radar"].values[16:] = 1e6
    changed["review"].texts[16:] = ["new words"] * 8
    changed["facts"].frame.iloc[16:, 0] = 99
    assert build.encoder(names) == build.encoder(names, build.dataset(names, **changed))
    assert build.encoder(names).names == ("age", "city")
    assert build.encoder(("camera",), data).names == ()


def test_the_size_of_the_steps_makes_no_difference_to_what_is_learnt(monkeypatch):
    whole = build.encoder()
    monkeypatch.setattr("audit.models.input_fitting.NUMBERS", 1)
    monkeypatch.setattr("audit.models.input_fitting.TEXTS", 3)
    apart = build.encoder()
    for one, other in zip(whole.parts, apart.parts, strict=True):
        assert one.shape == other.shape
        if one.kind in {"image", "series"}:
            np.testing.assert_allclose(one.mean, other.mean, rtol=1e-12)
            np.testing.assert_allclose(one.scale, other.scale, rtol=1e-12)
        else:
            assert one == other


def test_a_missing_input_is_named():
    with pytest.raises(DataError, match="expects input 'camera', which .* did you mean 'kamera'"):
        build.encoder(("camera",)).encode({"kamera": 1})


@pytest.mark.parametrize(
    ("name", "other", "message"),
    [
        ("camera", "review", "input 'camera': the network expects images, came texts"),
        ("review", "facts", "input 'review': the network expects texts, came a table"),
        ("radar", "camera", "input 'radar': the network expects series, came images"),
        ("facts", "radar", "input 'facts': the network expects a table, came series"),
    ],
)
def test_an_input_of_another_kind_is_named(name, other, message):
    data = build.dataset()
    with pytest.raises(DataError, match=message):
        build.encoder((name,)).encode({name: build.inputs(data)[other]})


def test_inputs_of_different_rows_are_refused():
    data = build.dataset()
    given = build.inputs(data) | {"radar": data.inputs["radar"].take(np.arange(5))}
    with pytest.raises(DataError, match="same rows, came camera 24, grey 24, radar 5"):
        build.encoder().encode(given)


def test_notes_of_texts_are_those_of_the_rows_asked_about():
    data = build.dataset(("review", "facts"), review=build.Texts(texts=["good"] * 23 + ["x " * 9]))
    encoder = build.encoder(("review", "facts"), data)
    assert isinstance(encoder, InputsEncoder)
    assert text_notes(encoder, data, np.arange(20)) == {"review": ()}
    assert text_notes(encoder, data, np.arange(24)) == {
        "review": (
            "1 of 24 texts are longer than 8 tokens: 1 of 32 tokens were cut off",
            "8 of 31 tokens (25.8%) are outside the vocabulary",
            "1 of 24 texts hold no token of the vocabulary",
        )
    }
    assert text_notes(build.encoder(("facts",)), data, np.arange(24)) == {}
