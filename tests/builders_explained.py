"""Small images, texts and series in memory, and networks that look at them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

import builders_models as build
from audit.config import ExplainConfig
from audit.data.dataset import Dataset
from audit.data.inputs.batches import ImageBatch, SeriesBatch, TextBatch
from audit.explainers.explain import Explained, explain
from audit.models.image_encoder import ImageEncoder
from audit.models.inputs_encoder import InputsEncoder
from audit.models.model import TorchModel
from audit.models.series_encoder import SeriesEncoder
from audit.models.text_encoder import TextEncoder
from audit.models.word_tokenizer import WordTokenizer
from audit.predictions import predict

ROWS, SIDE, STEPS, LENGTH = 60, 16, 10, 8
WORDS = ("[pad]", "[unk]", *(f"w{number}" for number in range(60)))
CHANNELS = ("speed", "heat")
A, B = {"sex": "f"}, {"sex": "m"}


@dataclass(frozen=True, kw_only=True)
class Source:
    """Rows of an array, or a list of texts, as batches of a kind."""

    kind: str
    values: Any

    def __len__(self):
        return len(self.values)

    def take(self, rows):
        if self.kind == "image":
            return ImageBatch(pixels=self.values[rows], rows=rows)
        if self.kind == "series":
            return SeriesBatch(values=self.values[rows], rows=rows, channels=CHANNELS)
        return TextBatch(texts=[self.values[row] for row in rows], rows=rows)


def images(channels=3, rows=ROWS, side=SIDE, seed=0):
    draw = np.random.default_rng(seed)
    return Source(
        kind="image", values=draw.integers(0, 256, (rows, side, side, channels), dtype=np.uint8)
    )


def series(rows=ROWS, gaps=True, seed=0):
    draw = np.random.default_rng(seed)
    values = draw.normal(20, 5, (rows, STEPS, len(CHANNELS))).astype(np.float32)
    if gaps:
        values[draw.random((rows, STEPS)) < 0.2, 0] = np.nan
    return Source(kind="series", values=values)


def texts(rows=ROWS, longest=LENGTH, seed=0):
    draw = np.random.default_rng(seed)
    return Source(
        kind="text",
        values=[" ".join(draw.choice(WORDS[2:], draw.integers(1, longest + 1)))
                for _ in range(rows)],
    )  # fmt: skip


def dataset(inputs, *, rows=ROWS, weights=None, groups=None) -> Dataset:
    plain = build.dataset(
        build.numbers(rows),
        groups=groups or {"sex": ["f" if row % 3 else "m" for row in range(rows)]},
        weights=weights,
    )
    return type(plain)(**vars(plain) | {"inputs": inputs})


def encoder(inputs) -> InputsEncoder:
    return InputsEncoder(parts=tuple(part(name, source) for name, source in inputs.items()))


def part(name, source):
    if source.kind == "image":
        _, height, width, channels = source.values.shape
        names = ("grey",) if channels == 1 else ("red", "green", "blue")
        mean, scale = (100.0,) * channels, (70.0,) * channels
        return ImageEncoder(
            name=name, channels=names, height=height, width=width, mean=mean, scale=scale
        )
    if source.kind == "series":
        gaps = tuple(bool(np.isnan(source.values[..., c]).any()) for c in range(2))
        return SeriesEncoder(
            name=name, channels=CHANNELS, steps=STEPS, mean=(20.0, 20.0), scale=(5.0, 5.0),
            gaps=gaps,
        )  # fmt: skip
    return TextEncoder(name=name, tokenizer=WordTokenizer(vocabulary=WORDS), length=LENGTH)


def model(network, inputs, output="logit", **more) -> TorchModel:
    return TorchModel(
        network=network.eval(), encoder=encoder(inputs), output=output, kind="module",
        device=torch.device("cpu"), **more,
    )  # fmt: skip


def seeded(make, seed=0):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return make()


def explained(subject, data, *, gaps=((A, B),), rows=1000, baseline="mean", **choices) -> Explained:
    found = predict(subject, data, data.splits["test"], 0.5)
    settings = {"seed": 0, "minimum_group": 3, "confidence": 0.95} | choices
    config = ExplainConfig(rows=rows, baseline=baseline, **settings.pop("config", {}))
    return explain(subject, data, found, config, gaps, **settings)


def as_dict(explanation):
    return {value.feature: value.value for value in explanation.values}


class Convolutions(nn.Sequential):
    def __init__(self, channels=3, activation=nn.Tanh, outputs=1):
        super().__init__(
            nn.Conv2d(channels, 4, 3), activation(), nn.AvgPool2d(2), nn.Flatten(),
            nn.LazyLinear(8), activation(), nn.LazyLinear(outputs),
        )  # fmt: skip
        self(torch.zeros(1, channels, SIDE, SIDE))


class MeanOfWords(nn.Module):
    """The mean embedding of the words that are no padding, and a hidden layer."""

    def __init__(self, width=5, activation=nn.Tanh):
        super().__init__()
        self.embedding = nn.Embedding(len(WORDS), width, padding_idx=0)
        self.fc1, self.act1, self.out = nn.Linear(width, 6), activation(), nn.Linear(6, 1)

    def forward(self, text):
        kept = (text != 0).unsqueeze(-1)
        mean = (self.embedding(text) * kept).sum(dim=1) / kept.sum(dim=1).clamp(min=1)
        return self.out(self.act1(self.fc1(mean))) * (1 + 0.1 * kept.sum(dim=1))


class Attending(nn.Module):
    """One transformer layer that does not look at padding."""

    def __init__(self, width=8):
        super().__init__()
        self.embedding = nn.Embedding(len(WORDS), width, padding_idx=0)
        self.places = nn.Embedding(LENGTH, width)
        layer = nn.TransformerEncoderLayer(width, 2, 16, dropout=0.1, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 1, enable_nested_tensor=False)
        self.out = nn.Linear(width, 1)

    def forward(self, text):
        padding = text == 0
        places = torch.arange(text.shape[1], device=text.device)
        hidden = self.embedding(text) + self.places(places)
        hidden = self.encoder(hidden, src_key_padding_mask=padding)
        kept = (~padding).unsqueeze(-1)
        return self.out((hidden * kept).sum(dim=1) / kept.sum(dim=1))
