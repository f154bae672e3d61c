"""4,000 simulated grey pictures of 16 × 16 pixels. What they show does not exist.

Assumptions
-----------
- Each picture shows a blob near its middle, large or small, on noise. Large is what matters.
- Two clinics, equally frequent. One of them marks nearly all its pictures, the other hardly any,
  with a bright label in the upper right corner (rows 1 to 3, columns 12 to 14).
- The training labels of the marked clinic miss half of the large blobs, so a network can learn that
  the label in the corner speaks against a large one.

Run it to write data/images.npy and data/index.csv.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

ROWS = 4_000
SEED = 20260104
SIDE = 16
CORNER = (slice(1, 4), slice(12, 15))


def write(folder: Path, rows: int = ROWS, seed: int = SEED) -> None:
    """Write ``images.npy`` and ``index.csv`` into a folder."""
    draw = np.random.default_rng(seed)
    second, large = draw.random(rows) < 0.5, draw.random(rows) < 0.5
    marked = draw.random(rows) < np.where(second, 0.95, 0.05)
    images = draw.normal(60, 12, size=(rows, SIDE, SIDE))
    images += 110 * _blobs(draw, rows, np.where(large, 2.6, 1.5))
    images[(marked, *CORNER)] += 120
    missed = marked & large & (draw.random(rows) < 0.5)
    folder.mkdir(parents=True, exist_ok=True)
    np.save(folder / "images.npy", images.clip(0, 255).astype(np.uint8))
    index = pd.DataFrame(
        {
            "clinic": np.where(second, "second", "first"),
            "large": (large & ~missed).astype(int),
            "split": draw.choice(["train", "validation", "test"], size=rows, p=[0.5, 0.1, 0.4]),
        }
    )
    index.to_csv(folder / "index.csv", index=False)


def _blobs(draw: np.random.Generator, rows: int, radius: np.ndarray) -> np.ndarray:
    """Return round blobs near the middle, from 0 to 1."""
    centre = SIDE / 2 + draw.normal(scale=0.7, size=(2, rows, 1, 1))
    place = np.arange(SIDE) + 0.5
    away = (place[None, :, None] - centre[0]) ** 2 + (place[None, None, :] - centre[1]) ** 2
    return np.exp(-away / (2 * radius[:, None, None] ** 2))


if __name__ == "__main__":
    write(Path(__file__).parent / "data")
