"""Inputs of every kind in memory, and the encoders and networks for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch

import builders_models
from audit.config import Input, Train
from audit.data.dataset import Dataset, TableInput
from audit.data.inputs.batches import ImageBatch, SeriesBatch, TextBatch
from audit.models.architectures import build, initialise
from audit.models.blueprints import blueprint_for
from audit.models.fitting import fit_encoder_of
from audit.models.model import TorchModel

ROWS = 24
PLACES = 100  # row i of these inputs is row 100 + i of the source
WORDS = ["the", "service", "was", "good", "bad", "slow", "don't", "ask", "why", "3", "!", "?"]
SETTINGS = {
    "camera": Input(kind="image", array="camera.npy"),
    "grey": Input(kind="image", array="grey.npy"),
    "radar": Input(kind="series", array="radar.npy"),
    "review": Input(kind="text", column="review", length=8, vocabulary=12),
    "facts": Input(kind="table"),
}
ARCHITECTURES = {
    "linear": ("facts",),
    "mlp": ("facts",),
    "cnn": ("camera",),
    "cnn of grey": ("grey",),
    "cnn of series": ("radar",),
    "text_cnn": ("review",),
    "transformer": ("review",),
    "fusion": ("camera", "radar", "review", "facts"),
    "fusion of one": ("radar",),
}


@dataclass(frozen=True, kw_only=True, eq=False)
class Images:
    pixels: Any

    def __len__(self):
        return len(self.pixels)

    def take(self, rows):
        return ImageBatch(pixels=self.pixels[rows], rows=rows + PLACES)


@dataclass(frozen=True, kw_only=True, eq=False)
class Texts:
    texts: list[str]

    def __len__(self):
        return len(self.texts)

    def take(self, rows):
        return TextBatch(texts=[self.texts[row] for row in rows], rows=rows + PLACES)


@dataclass(frozen=True, kw_only=True, eq=False)
class Series:
    values: Any
    channels: tuple[str, ...] = ("range", "speed")

    def __len__(self):
        return len(self.values)

    def take(self, rows):
        return SeriesBatch(values=self.values[rows], rows=rows + PLACES, channels=self.channels)


def sources(rows: int = ROWS, seed: int = 0) -> dict[str, Any]:
    """A colour and a grey image, a series whose second channel has gaps, a text and a table."""
    draw = np.random.default_rng(seed)
    values = draw.normal(5, 3, (rows, 11, 2)).astype(np.float32)
    values[::3, 2:4, 1] = np.nan
    texts = [" ".join(draw.choice(WORDS, draw.integers(1, 12))) for _ in range(rows)]
    frame = pd.DataFrame(
        {"age": draw.integers(20, 60, rows), "city": draw.choice(["Rome", "Oslo"], rows)},
        index=np.arange(rows) + PLACES,
    )
    return {
        "camera": Images(pixels=draw.integers(0, 256, (rows, 9, 10, 3), dtype=np.uint8)),
        "grey": Images(pixels=draw.random((rows, 8, 8, 1), dtype=np.float32)),
        "radar": Series(values=values),
        "review": Texts(texts=texts),
        "facts": TableInput(frame=frame),
    }


def dataset(names=tuple(SETTINGS), **given) -> Dataset:
    found = sources() | given
    table = builders_models.dataset(pd.DataFrame({"none": np.zeros(ROWS)}))
    everyone = np.arange(ROWS, dtype=np.int64)
    return Dataset(
        inputs={name: found[name] for name in names},
        target=table.target,
        sensitive=(),
        splits={"train": everyone[:16], "test": everyone},
        row_ids=everyone,
        record=table.record,
    )


def encoder(names=tuple(SETTINGS), data=None):
    data = data or dataset(names)
    return fit_encoder_of(data, data.splits["train"], {name: SETTINGS[name] for name in names})


def inputs(data: Dataset, rows=None):
    rows = data.splits["test"] if rows is None else np.asarray(rows, dtype=np.int64)
    return {name: source.take(rows) for name, source in data.inputs.items()}


def settings(name: str = "mlp", **more) -> Train:
    small: dict[str, Any] = {"hidden": (6,), "channels": (3, 4), "embedding": 8}
    return Train(architecture=name.partition(" ")[0], **(small | more))


def network(name: str, *, seed: int = 0, outputs: int = 1, **more):
    """Return a fresh network for the inputs that go with an architecture."""
    chosen = settings(name, **more)
    blueprint = blueprint_for(chosen, encoder(ARCHITECTURES[name]), outputs)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        found = build(blueprint)
        initialise(found, chosen.init, chosen.activation)
    return found


def model(name: str, *, output="logit", outputs: int = 1, seed: int = 0, **more) -> TorchModel:
    names = ARCHITECTURES[name]
    own = encoder(names)
    return TorchModel(
        network=network(name, seed=seed, outputs=outputs, **more).eval(),
        encoder=own,
        output=output,
        kind="trained",
        device=torch.device("cpu"),
        blueprint=blueprint_for(settings(name, **more), own, outputs),
    )
