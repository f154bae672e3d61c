"""Planted data sets of every task: a column that tells the group adds to what is predicted."""

from dataclasses import replace

import numpy as np
import pandas as pd

from audit.config import Input
from audit.data.dataset import Dataset
from audit.data.inputs.batches import ImageBatch, TextBatch
from builders_models import dataset

CLASSES = ("basic", "middle", "top")
PHOTO = {"photo": Input(kind="image", array="photos.npy")}
LETTER = {"letter": Input(kind="text", column="letter", length=8)}


class Pictures:
    """An input of images in memory that keeps count of how many rows were ever taken at once."""

    def __init__(self, pixels: np.ndarray) -> None:
        self.pixels, self.most = pixels, 0

    def __len__(self) -> int:
        return len(self.pixels)

    def take(self, rows: np.ndarray) -> ImageBatch:
        self.most = max(self.most, len(rows))
        return ImageBatch(pixels=self.pixels[rows], rows=rows)


class Letters:
    """An input of texts in memory."""

    def __init__(self, texts: list[str]) -> None:
        self.texts = texts

    def __len__(self) -> int:
        return len(self.texts)

    def take(self, rows: np.ndarray) -> TextBatch:
        return TextBatch(texts=[self.texts[row] for row in rows], rows=rows)


def splits(rows: int, *, validation: bool = True) -> dict[str, np.ndarray]:
    order = np.arange(rows, dtype=np.int64)
    a, b = rows // 2, rows * 3 // 4
    if not validation:
        return {"train": order[:b], "test": order[b:]}
    return {"train": order[:a], "validation": order[a:b], "test": order[b:]}


def _people(rows: int, seed: int) -> tuple[np.random.Generator, np.ndarray, pd.DataFrame]:
    draw = np.random.default_rng(seed)
    group = draw.choice(["f", "m"], rows)
    zone = (group == "m") + draw.normal(scale=0.3, size=rows)
    return draw, group, pd.DataFrame({"skill": draw.normal(size=rows), "zone": zone})


def priced(rows: int = 1600, seed: int = 0, *, validation: bool = True) -> Dataset:
    """A regression: 30,000 and 5,000 a point of skill; group m has 6,000 more."""
    draw, group, frame = _people(rows, seed)
    noise = draw.normal(scale=1000, size=rows)
    target = 30_000 + 5_000 * frame["skill"] + 6_000 * (group == "m") + noise
    made = dataset(frame, groups={"group": group}, splits=splits(rows, validation=validation))
    return replace(made, target=target.to_numpy(), task="regression")


def graded(rows: int = 1600, seed: int = 0, *, noise: float = 0.3, moved: float = 1.5) -> Dataset:
    """Three classes by skill; group m reaches the top class, which is in focus, more often."""
    draw, group, frame = _people(rows, seed)
    level = frame["skill"] + moved * (group == "m") + draw.normal(scale=noise, size=rows)
    codes = np.digitize(level, [-0.2, 0.9]).astype(np.int64)
    made = dataset(frame, groups={"group": group}, splits=splits(rows))
    return replace(
        made,
        target=(codes == len(CLASSES) - 1).astype(np.int8),
        task="multiclass",
        classes=CLASSES,
        codes=codes,
        focus=len(CLASSES) - 1,
    )


def pictured(rows: int = 600, seed: int = 0, side: int = 8) -> Dataset:
    """Grey pictures: a bright left half is positive, more often so in group m, a bright corner."""
    draw, group, frame = _people(rows, seed)
    level = frame["skill"] + 1.2 * (group == "m") - 0.6
    positive = (level + draw.normal(scale=0.5, size=rows) > 0).to_numpy()
    pixels = draw.integers(0, 120, (rows, side, side, 1))
    pixels[..., : side // 2, 0] += (40 * level.clip(-1.5, 1.5) + 60).to_numpy(int)[:, None, None]
    pixels[group == "m", -2:, -2:] += 100
    made = dataset(frame, target=positive, groups={"group": group}, splits=splits(rows))
    return replace(made, inputs={"photo": Pictures(pixels.clip(0, 255).astype(np.uint8))})


def lettered(rows: int = 600, seed: int = 0) -> Dataset:
    """Short texts: "gladly" is positive, "never" is not; the other words say nothing."""
    draw, group, frame = _people(rows, seed)
    positive = (frame["skill"] > 0).to_numpy()
    filler = draw.choice(["dear", "sir", "we", "write", "about", "work"], (rows, 4))
    texts = []
    for words, glad in zip(filler, positive, strict=True):
        told = [*words[: draw.integers(1, 5)], "gladly" if glad else "never"]
        texts.append(" ".join(draw.permutation(told)))
    made = dataset(frame, target=positive, groups={"group": group}, splits=splits(rows))
    return replace(made, inputs={"letter": Letters(texts)})
