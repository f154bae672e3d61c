"""Networks with more than Linear layers, and rows of images, words and tables that they take."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch
from torch import nn

from audit.config import WeightsConfig
from audit.models.model import Encoded, Layout, TorchModel
from audit.predictions import predict
from audit.weights.account import account
from audit.weights.heads import head_of
from builders_models import dataset, numbers
from builders_weights import PAIR

SIDE, WORDS = 8, 12
LAYOUTS = {
    "photo": Layout(kind="image", names=("grey",), source="photo"),
    "note": Layout(kind="words", names=tuple(f"w{n}" for n in range(WORDS)), source="note"),
    "radar": Layout(kind="series", names=("near", "far"), source="radar"),
}


@dataclass(frozen=True)
class Arrays:
    """An input that is an array in memory."""

    values: np.ndarray

    def __len__(self):
        return len(self.values)

    def take(self, rows):
        return self.values[rows]


class AsTheyAre:
    """Tensors of arrays, under their own names."""

    def encode(self, inputs):
        tensors = {name: torch.from_numpy(array) for name, array in inputs.items()}
        columns = {
            name: tuple(f"c{n}" for n in range(array.shape[1])) if name == "table" else (name,)
            for name, array in inputs.items()
        }
        layouts = {name: LAYOUTS[name] for name in inputs if name in LAYOUTS}
        return Encoded(tensors=tensors, columns=columns, layouts=layouts)


def drawn(seed=0, *, rows=400, first=None):
    """Arrays of every kind."""
    draw = np.random.default_rng(seed)
    found = {
        "photo": draw.normal(size=(rows, 1, SIDE, SIDE)).astype(np.float32),
        "note": draw.integers(1, WORDS, (rows, 6)),
        "radar": draw.normal(size=(rows, 2, 5)).astype(np.float32),
        "table": draw.normal(size=(rows, 3)).astype(np.float32),
    }
    if first is not None:
        found["photo"][first, 0, :4, 4:] += 1.5  # a patch, at row 1, column 2 of a grid of 2 by 2
        found["table"][first, 0] += 1
    return found


def people(inputs, first, *, target=None, task="binary", **fields):
    """A data set of arrays; `first` are group a."""
    made = dataset(
        numbers(len(first)),
        groups={"sex": np.where(first, "a", "b")},
        target=fields.pop("binary", None),
    )
    own = {} if target is None else {"target": target}
    sources = {name: Arrays(values) for name, values in inputs.items()}
    return replace(made, inputs=sources, task=task, **own, **fields)


def wrapped(built, output="logit", **fields):
    return TorchModel(
        network=built.eval(),
        encoder=AsTheyAre(),
        output=output,
        kind="module",
        device=torch.device("cpu"),
        **fields,
    )


def found_head(built, inputs, output="logit", **fields):
    return head_of(wrapped(built, output, **fields), AsTheyAre().encode(inputs))


def accounted(model, data, **choices):
    settings = choices.pop("config", None) or WeightsConfig(
        gaps=("demographic_parity",), permutations=200
    )
    predictions = predict(model, data, data.splits["test"], 0.5)
    return account(
        model,
        data,
        predictions,
        settings,
        {gap: [PAIR] for gap in settings.gaps},
        **{"seed": 0, "minimum_group": 10, "confidence": 0.95, "threshold": 0.5} | choices,
    )


def scattered(built, seed=0, scale=1.0):
    """Draw every parameter anew, sizeable."""
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(seed)
        for parameter in built.parameters():
            width = parameter[0].numel() if parameter.ndim > 1 else 1
            parameter.copy_(torch.randn_like(parameter) * scale / width**0.5)
    return built.eval()


def complete(ledger):
    """Whether the entries sum to the gap, to the residual that is stated."""
    listed = sum(entry.value for entry in ledger.entries) + ledger.rest
    left = ledger.total - listed - (ledger.weight_induced or 0)
    assert left == pytest.approx(ledger.residual, abs=1e-9 * max(1, abs(ledger.total)))
    assert abs(ledger.residual) <= ledger.allowed
    assert ledger.status == "ok"


class Patches(nn.Module):
    """A picture in four patches, their means, and a head that reads one of them strongly.

    Channel 1 of ``conv`` gives the mean of each patch; that at row 1, column 2 alone leads on
    strongly. Channels 0 and 2 look at edges, and lead on weakly; one of them has the largest
    weights, and little to say.
    """

    def __init__(self, weight=1.0):
        super().__init__()
        self.conv = nn.Conv2d(1, 3, 4, stride=4)
        self.fc1, self.out = nn.Linear(12, 6), nn.Linear(6, 1)
        scattered(self, scale=0.3)
        with torch.no_grad():
            self.conv.weight[1] = 1 / 16
            self.conv.bias[1] = 0.0
            self.conv.weight[2] /= 20
            self.fc1.weight[:, 5] = weight * torch.tensor([1.0, -0.6, 0.8, 1.2, 0.5, -0.9])
            self.fc1.weight[:, 11] = 2 * weight
            self.out.weight[0] = torch.tensor([1.0, -0.6, 0.8, 1.2, 0.5, -0.9])

    def forward(self, photo):
        return self.out(torch.tanh(self.fc1(self.conv(photo).flatten(1)))).squeeze(1)


class Fused(nn.Module):
    """Three branches side by side, and a head."""

    def __init__(self):
        super().__init__()
        self.conv, self.words = nn.Conv2d(1, 2, 4, stride=4), nn.Embedding(WORDS, 3)
        self.wide = nn.Linear(3, 4)
        self.head = nn.Sequential(nn.Linear(15, 5), nn.ReLU(), nn.Linear(5, 1))

    def forward(self, **given):
        parts = [
            torch.relu(self.conv(given["photo"])).flatten(1),
            self.words(given["note"]).mean(dim=1),
            torch.relu(self.wide(given["table"])),
        ]
        return self.head(torch.cat(parts, dim=1))


class Stepped(nn.Module):
    """A forward that cannot be followed: it looks at its values."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 3, 4, stride=4)
        self.head = nn.Sequential(nn.Dropout(), nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))

    def forward(self, photo):
        if photo.abs().max() > 1e6:
            photo = photo.clamp(-1, 1)
        return self.head(torch.relu(self.conv(photo)).mean(dim=(2, 3))).squeeze(1)


class Recurrent(nn.Module):
    """Words, a recurrent layer and attention over its steps, and one Linear layer."""

    def __init__(self):
        super().__init__()
        self.words, self.lstm = nn.Embedding(WORDS, 4), nn.LSTM(4, 5, batch_first=True)
        self.look, self.out = nn.Linear(5, 1), nn.Linear(5, 1)

    def forward(self, note):
        steps, _ = self.lstm(self.words(note))
        return self.out((self.look(steps).softmax(dim=1) * steps).sum(dim=1))
