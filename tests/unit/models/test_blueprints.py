"""Which network fits which inputs, and one line where they do not fit."""

import pytest

import builders_models
import builders_networks as build
from audit.errors import ModelError
from audit.models.architectures import ARCHITECTURES, Blueprint
from audit.models.blueprints import FITTING, blueprint_for, require_matching, shapes_of
from audit.models.encoders import NumericEncoder
from audit.models.fitting import fit_encoder
from audit.models.tabular import NumberCode, TabularEncoder

TABLE = TabularEncoder(codes=(NumberCode(name="a", mean=0.0, scale=1.0, indicator=True),))


def test_every_architecture_says_what_it_takes():
    assert set(FITTING) == set(ARCHITECTURES)


def test_a_plain_table_is_described_as_ever():
    found = blueprint_for(build.settings(hidden=(6, 4), dropout=0.2), TABLE, 1)
    assert found == Blueprint(
        name="mlp",
        arguments={
            "inputs": 2, "hidden": [6, 4], "activation": "relu", "dropout": 0.2, "outputs": 1,
        },
    )  # fmt: skip


def test_arguments_are_plain_values():
    found = blueprint_for(
        build.settings("cnn", normalisation="batch"), build.encoder(("camera",)), 3
    )
    assert found.arguments == {
        "inputs": [{"name": "camera", "kind": "image", "size": [3, 9, 10]}],
        "channels": [3, 4], "kernel": 3, "hidden": [6], "activation": "relu", "dropout": 0.0,
        "normalisation": "batch", "outputs": 3,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("architecture", "inputs", "message"),
    [
        ("mlp", ("camera",), "mlp takes one table, came the image 'camera'; .*architecture: cnn}"),
        ("linear", ("review",), "came the text 'review'; .* text_cnn or transformer}"),
        ("cnn", ("facts",), "cnn takes one image or series, came the table 'facts'; .* mlp}"),
        ("cnn", ("review",), "cnn takes one image or series, came the text"),
        ("text_cnn", ("radar",), "text_cnn takes one text, came the series 'radar'; .* cnn}"),
        ("transformer", ("grey",), "transformer takes one text, came the image"),
        (
            "cnn",
            ("camera", "radar"),
            r"takes one image or series, data.inputs has camera \(image\), radar \(series\); .*fus",
        ),
        ("mlp", ("facts", "review"), "architecture: fusion"),
    ],
)
def test_inputs_that_do_not_fit_are_told_with_what_does(architecture, inputs, message):
    with pytest.raises(ModelError, match=message):
        blueprint_for(build.settings(architecture), build.encoder(inputs), 1)


def test_images_and_a_plain_table_do_not_fit():
    with pytest.raises(ModelError, match="cnn takes one image or series, came the table 'table'"):
        blueprint_for(build.settings("cnn"), TABLE, 1)


def test_an_unknown_architecture_is_named():
    settings = build.settings().model_copy(update={"architecture": "mlq"})
    with pytest.raises(ModelError, match="unknown architecture 'mlq'; did you mean 'mlp'"):
        blueprint_for(settings, TABLE, 1)


def test_an_encoder_of_ones_own_has_no_shapes():
    with pytest.raises(ModelError, match="only the built-in encoders"):
        shapes_of(NumericEncoder())


@pytest.mark.parametrize("name", build.ARCHITECTURES)
def test_a_network_matches_the_encoder_that_it_was_made_for_and_no_other(name):
    own = build.encoder(build.ARCHITECTURES[name])
    blueprint = blueprint_for(build.settings(name), own, 1)
    require_matching(blueprint, own)
    frame = builders_models.numbers(9, 5)
    for other in (fit_encoder(frame), build.encoder(("camera", "review"))):
        with pytest.raises(ModelError, match="the network takes .*, preprocessing gives"):
            require_matching(blueprint, other)
