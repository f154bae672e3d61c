"""Index tables with images, texts and series on disk, for tests of inputs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image

from audit.data.dataset import Dataset
from audit.data.loading import build_dataset, feature_names
from tables import data_config, table

SIDE = 8


def index(count: int = 20, **columns: Any) -> pd.DataFrame:
    """An index table of people, both sexes and both labels among them."""
    places = np.arange(count)
    return pd.DataFrame(
        {
            "sex": np.where(places % 2, "Female", "Male"),
            "hired": places // 2 % 2,
            "skill": places / 10,
            **columns,
        }
    )


def pixels(count: int = 20, *, channels: int = 3, seed: int = 0) -> NDArray[np.uint8]:
    draw = np.random.default_rng(seed)
    return draw.integers(0, 256, (count, SIDE, SIDE, channels), dtype=np.uint8)


def write_pictures(folder: Path, images: NDArray[np.uint8], suffix: str = ".png") -> list[str]:
    """Write each image to a file of its own and return their names."""
    folder.mkdir(exist_ok=True)
    names = [f"{place}{suffix}" for place in range(len(images))]
    for name, image in zip(names, images, strict=True):
        picture(image).save(folder / name)
    return names


def picture(image: NDArray[np.uint8]) -> Image.Image:
    return Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image)


def build(frame: pd.DataFrame, base: Path, inputs: Mapping[str, Any], **changes: Any) -> Dataset:
    config = data_config(inputs=inputs, **changes)
    found = table(frame)
    return build_dataset(config, found, feature_names(config, found), base=base)


def every(data: Dataset) -> NDArray[np.int64]:
    return np.arange(len(data))
