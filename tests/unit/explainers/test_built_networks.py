"""Every network that the audit builds is explained, and its parts sum to the gap."""

import pytest
import torch

import builders_explained as small
import builders_models as build
from audit.data.dataset import TableInput
from audit.models.architectures import ARCHITECTURES
from audit.models.fitting import fit_encoder
from audit.models.inputs_encoder import InputsEncoder, TableEncoder
from builders_explained import as_dict, encoder, explained, model

HEAD = {"hidden": (6,), "activation": "relu", "dropout": 0.2, "outputs": 1}
NETWORKS = [
    ("cnn", "image", {"channels": (4, 6), "kernel": 3, "normalisation": "batch"}),
    ("cnn", "series", {"channels": (4,), "kernel": 3, "normalisation": "layer"}),
    ("text_cnn", "text", {"channels": (6,), "kernel": 3, "embedding": 8}),
    ("transformer", "text", {"embedding": 8, "heads": 2, "blocks": 2}),
]
SOURCES = {"image": small.images(), "series": small.series(), "text": small.texts()}
FUSED = {"channels": (5,), "kernel": 3, "embedding": 6}


def sums_hold(found):
    for explanation in found.explanations:
        assert explanation.status == "ok", explanation.reason
        if explanation.level != "global":
            assert sum(as_dict(explanation).values()) == pytest.approx(explanation.total, abs=1e-3)


def built(name, parts, arguments):
    shapes = [part.shape.plain() for part in parts]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return ARCHITECTURES[name](inputs=shapes, **arguments, **HEAD)


@pytest.mark.parametrize(("name", "kind", "arguments"), NETWORKS)
def test_a_network_over_one_input(name, kind, arguments):
    inputs = {kind: SOURCES[kind]}
    subject = model(built(name, encoder(inputs).parts, arguments), inputs)
    found = explained(subject, small.dataset(inputs))
    sums_hold(found)
    assert [picture.kind for picture in found.pictures] == [kind] * 3


def test_a_network_over_all_of_them_and_a_table():
    frame = build.numbers(small.ROWS, 2)
    table = TableEncoder(name="person", table=fit_encoder(frame))
    inputs = {**SOURCES, "person": TableInput(frame=frame)}
    parts = (*encoder(SOURCES).parts, table)
    subject = model(built("fusion", parts, FUSED), SOURCES)
    subject = type(subject)(**vars(subject) | {"encoder": InputsEncoder(parts=parts)})
    found = explained(subject, small.dataset(inputs))
    sums_hold(found)
    gap = as_dict(found.explanations[-1])
    before = {name.split(":")[0] for name in gap}
    assert before == {"image", "series", "text", "person", "(length of the text)"}
    assert {"person: c0", "person: c1", "series: speed"} <= set(gap)
    assert len(found.pictures) == 9
