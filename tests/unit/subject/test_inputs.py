"""What a network is given is held against the inputs that the configuration names."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

import builders_networks
from audit.config import AuditConfig
from audit.data.records import InputRecord
from audit.errors import ConfigError
from audit.models.encoders import NumericEncoder
from audit.models.model import TorchModel
from audit.subject.inputs import features_of, require_inputs, with_text_notes
from tables import people, table

CAMERA = {"kind": "image", "array": "camera.npy"}
RADAR = {"kind": "series", "array": "radar.npy"}
REVIEW = {"kind": "text", "column": "review"}
FACTS = {"kind": "table"}


def config(**inputs) -> AuditConfig:
    return AuditConfig.model_validate(
        {
            "name": "test",
            "data": {"path": "a.csv", "target": "hired", "sensitive": ["sex"], "inputs": inputs},
            "model": {"bundle": "b"},
        }
    )


def of_table() -> TorchModel:
    return TorchModel(
        network=nn.Linear(2, 1),
        encoder=NumericEncoder(),
        output="logit",
        kind="module",
        device=torch.device("cpu"),
    )


def test_inputs_that_are_those_of_the_network_pass():
    fusion = builders_networks.model("fusion")
    require_inputs(config(camera=CAMERA, facts=FACTS, radar=RADAR, review=REVIEW), fusion)
    require_inputs(config(), of_table())
    require_inputs(config(table=FACTS), of_table())


@pytest.mark.parametrize(
    ("name", "inputs", "line"),
    [
        ("cnn", {}, "the network takes 'camera' of kind image, came none; there are 'table'"),
        ("cnn", {"camra": CAMERA}, "'camera' of kind image, came none; did you mean 'camra'"),
        ("cnn", {"camera": RADAR}, "'camera' of kind image, came one of kind series"),
        ("cnn", {"camera": CAMERA, "radar": RADAR}, "'radar' is no input of the network"),
    ],
)
def test_other_inputs_are_told(name, inputs, line):
    model = builders_networks.model(name)
    with pytest.raises(ConfigError) as caught:
        require_inputs(config(**inputs), model)
    assert line in str(caught.value)


def test_a_network_of_one_s_own_takes_what_its_forward_is_written_for():
    for inputs in ({"camera": CAMERA}, {"table": FACTS, "radar": RADAR}):
        require_inputs(config(**inputs), of_table())


def test_the_columns_are_those_of_the_table_among_the_inputs():
    found = table(people().assign(age=30, city="Rome"))
    asked = config(camera=CAMERA, facts=FACTS, radar=RADAR, review=REVIEW)
    assert features_of(asked, found, builders_networks.model("fusion")) == ("age", "city")
    assert features_of(config(camera=CAMERA), found, builders_networks.model("cnn")) == ()


def test_what_was_cut_off_of_texts_is_recorded():
    data = builders_networks.dataset(("review",))
    record = InputRecord(
        name="review", kind="text", source="column review", shape="a text", sha256="0" * 64
    )
    data = replace(data, record=replace(data.record, inputs=(record,)))
    model = builders_networks.model("text_cnn")
    (noted,) = with_text_notes(data, model).record.inputs
    long = [
        len(words)
        for words in (text.split() for text in data.inputs["review"].take(np.arange(24)).texts)
    ]
    assert noted.notes
    assert f"{sum(n > 8 for n in long)} of 24 texts are longer than 8 tokens" in noted.notes[0]
    unread = replace(data, record=replace(data.record, inputs=()))
    assert with_text_notes(unread, model) is unread
