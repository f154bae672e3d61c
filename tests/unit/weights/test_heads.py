"""Which Linear layers a larger network ends in, where they begin, and how units are called."""

import numpy as np
import pytest
import torch
from torch import nn

from audit.models.class_order import Followed, Permuted
from audit.weights.population import encode_few, encode_rows
from builders_heads import (
    Fused,
    Patches,
    Recurrent,
    Stepped,
    drawn,
    found_head,
    people,
    scattered,
    wrapped,
)

stack = nn.Sequential


class Pooled(nn.Module):
    """Two ways of looking at the same channels."""

    def __init__(self):
        super().__init__()
        self.conv, self.out = nn.Conv2d(1, 2, 3), nn.Linear(4, 1)

    def forward(self, photo):
        seen = self.conv(photo).relu()
        return self.out(torch.cat([seen.mean(dim=(2, 3)), seen.amax(dim=(2, 3))], 1))


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.one, self.two, self.out = nn.Linear(3, 4), nn.Linear(4, 4), nn.Linear(4, 1)

    def forward(self, table):
        seen = torch.relu(self.one(table))
        return self.out(seen + torch.relu(self.two(seen)))


class Sized(nn.Module):
    """A picture is made flat by its size, as is often done."""

    def __init__(self):
        super().__init__()
        self.conv, self.fc, self.out = (
            nn.Conv2d(1, 2, 4, stride=4),
            nn.Linear(8, 3),
            nn.Linear(3, 1),
        )

    def forward(self, photo):
        seen = torch.relu(self.conv(photo))
        return self.out(torch.tanh(self.fc(seen.view(seen.size(0), -1))))


def convolved(*norm):
    return stack(
        nn.Conv1d(2, 3, 2),
        *norm,
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(12, 4),
        nn.ReLU(),
        nn.Linear(4, 1),
    )


# network, its inputs, the first cut, the layers, some units by place, what lies before
CASES = {
    "picture": (
        Patches(),
        ("photo",),
        ("conv", ["fc1", "out"]),
        {0: "conv[0] at row 1, column 1", 5: "conv[1] at row 1, column 2"},
        "1 convolution before it is not",
    ),
    "series": (
        convolved(),
        ("radar",),
        ("0", ["3", "5"]),
        {0: "0[0] at step 1", 11: "0[2] at step 4"},
        "1 convolution before it is not",
    ),
    "normalised": (
        convolved(nn.BatchNorm1d(3)),
        ("radar",),
        ("0", ["4", "6"]),
        {11: "0[2] at step 4"},
        "1 convolution and 1 normalisation before it are not",
    ),
    "words": (
        Recurrent(),
        ("note",),
        ("lstm", ["out"]),
        {4: "lstm[4]"},
        "1 embedding, 1 recurrent layer and 1 Linear layer before it are not",
    ),
    "several": (
        Fused(),
        ("photo", "note", "table"),
        ("conv + words + wide", ["head.0", "head.2"]),
        {0: "conv[0] at row 1, column 1", 8: "words[0]", 14: "wide[3]"},
        "1 convolution, 1 embedding and 1 Linear layer before it are not",
    ),
    "control flow": (
        Stepped(),
        ("photo",),
        ("conv", ["head.1", "head.3"]),
        {2: "conv[2]"},
        "1 convolution before it is not",
    ),
    "two pools": (
        Pooled(),
        ("photo",),
        ("conv", ["out"]),
        {0: "mean of conv[0]", 3: "amax of conv[1]"},
        "",
    ),
    "residual": (Residual(), ("table",), ("two", ["out"]), {0: "two[0]"}, "2 Linear layers before"),
    "sized": (Sized(), ("photo",), ("conv", ["fc", "out"]), {7: "conv[1] at row 2, column 2"}, ""),
    "layer norm": (
        stack(
            nn.Linear(3, 4), nn.LayerNorm(4), nn.ReLU(), nn.Linear(4, 2), nn.ReLU(), nn.Linear(2, 1)
        ),
        ("table",),
        ("0", ["3", "5"]),
        {3: "0[3]"},
        "1 Linear layer and 1 normalisation before it are not",
    ),
    "flat picture": (
        stack(nn.Flatten(), nn.Linear(64, 3), nn.ReLU(), nn.Linear(3, 1)),
        ("photo",),
        ("input", ["1", "3"]),
        {0: "photo grey at row 1, column 1", 9: "photo grey at row 2, column 2"},
        "",
    ),
    "flat series": (
        stack(nn.Flatten(), nn.Linear(10, 1)),
        ("radar",),
        ("input", ["1"]),
        {0: "radar near at step 1", 9: "radar far at step 5"},
        "",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_network_ends_in_a_chain(name):
    built, inputs, (start, layers), units, before = CASES[name]
    given = {key: value for key, value in drawn().items() if key in inputs}
    head = found_head(scattered(built) if name != "picture" else built, given)
    assert head.chain.start == start
    assert [layer.name for layer in head.chain.layers] == layers
    assert len(head.chain.columns) == head.chain.layers[0].weight.shape[1]
    assert {place: head.chain.columns[place] for place in units} == units
    assert head.before.startswith(before)


@pytest.mark.parametrize("name", CASES)
def test_the_chain_answers_as_the_network_does_for_all_rows(name):
    built, inputs, *_ = CASES[name]
    given = {key: value for key, value in drawn().items() if key in inputs}
    data = people(given, np.arange(400) % 2 == 0)
    model = wrapped(built)
    rows = np.arange(400)
    head = found_head(built, given)
    population = encode_rows(model, data, rows, head)
    assert population.x.dtype == torch.float64
    assert population.x.shape == (400, len(head.chain.columns))
    with torch.no_grad():
        said = model.score({key: torch.from_numpy(value) for key, value in given.items()})
    torch.testing.assert_close(head.chain.scores(population.x), said.double(), atol=1e-5, rtol=0)


def test_a_head_that_is_called_for_a_part_of_the_rows_at_a_time_is_one_head():
    class Parts(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = Stepped()

        def forward(self, photo):
            return torch.cat([self.inner(part) for part in torch.split(photo, 7)])

    photo, built = drawn()["photo"], scattered(Parts())
    head = found_head(built, {"photo": photo})
    assert [layer.name for layer in head.chain.layers] == ["inner.head.1", "inner.head.3"]
    data = people({"photo": photo}, np.arange(400) % 2 == 0)
    assert len(encode_rows(wrapped(built), data, np.arange(100), head).x) == 100


def test_columns_that_feed_the_chain_side_by_side_with_a_picture_keep_their_names():
    class Beside(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.out = nn.Conv2d(1, 2, 8), nn.Linear(5, 1)

        def forward(self, photo, table):
            return self.out(torch.cat((self.conv(photo).flatten(1), table), dim=-1))

    given = {name: drawn()[name] for name in ("photo", "table")}
    head = found_head(scattered(Beside()), given)
    assert head.chain.columns == ("conv[0]", "conv[1]", "c0", "c1", "c2")
    assert head.chain.start == "conv + table"


def test_answers_in_another_order_of_classes_are_followed():
    class Several(Fused):
        def __init__(self):
            super().__init__()
            self.head[2] = nn.Linear(5, 3)

    given = {name: drawn()[name] for name in ("photo", "note", "table")}
    ordered = Followed(scattered(Several()), Permuted([2, 0, 1]))
    head = found_head(ordered, given, "logits", classes=("x", "y", "z"), focus=0, outputs=3)
    assert [layer.name for layer in head.chain.layers] == ["network.head.0", "network.head.2"]


def test_few_rows_are_taken_of_large_inputs():
    first = np.arange(400) % 2 == 0
    large = np.zeros((400, 3, 224, 224), dtype=np.float32)
    model = wrapped(Patches())
    assert (
        len(encode_few(model, people({"photo": large}, first), np.arange(400)).tensors["photo"])
        == 8
    )
    small = people({"table": drawn()["table"]}, first)
    assert len(encode_few(model, small, np.arange(400)).tensors["table"]) == 256


def test_the_network_is_left_as_it_was():
    built = scattered(Fused())
    given = {name: drawn()[name] for name in ("photo", "note", "table")}
    model = wrapped(built)
    built.train()
    head = found_head(built, given)
    built.train()
    encode_rows(model, people(given, np.arange(400) % 2 == 0), np.arange(20), head)
    assert all(module.training for module in built.modules())
    assert not any(part._forward_hooks or part._forward_pre_hooks for part in built.modules())
    assert set(vars(built)["_modules"]) == {"conv", "words", "wide", "head"}
