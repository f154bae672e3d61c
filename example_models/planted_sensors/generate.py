"""4,000 simulated moments of a drive: a camera picture, a radar, a lidar and the state of the car.

Nobody drove. Assumptions
-------------------------
- An obstacle is ahead in half of the moments, in every weather alike.
- The camera (12 × 12, grey) shows it as a dark box in the middle; the lidar (one channel, 16 steps)
  and the radar's echo show it as well. Fog does not change any of the three.
- Fog (one moment in four) makes the radar's second channel, clutter, rise. Drives in fog with an
  obstacle are rare among the training rows, so a network can learn that clutter speaks against one.
- The radar has gaps in one moment in ten, whatever the weather. Speed and rain say nothing.

Run it to write data/camera.npy, data/radar.npy, data/lidar.npy and data/index.csv.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

ROWS = 4_000
SEED = 20260106
SIDE, STEPS = 12, 16
ECHO, CLUTTER = range(2)


def write(folder: Path, rows: int = ROWS, seed: int = SEED) -> None:
    """Write the sensors and ``index.csv`` into a folder."""
    draw = np.random.default_rng(seed)
    part = draw.choice(["train", "validation", "test"], size=rows, p=[0.5, 0.1, 0.4])
    fog = draw.random(rows) < 0.25
    rare = fog & (part != "test")
    obstacle = draw.random(rows) < np.where(rare, 0.1, 0.5)
    folder.mkdir(parents=True, exist_ok=True)
    np.save(folder / "camera.npy", _camera(draw, obstacle))
    np.save(folder / "radar.npy", _radar(draw, obstacle, fog))
    np.save(folder / "lidar.npy", _waves(draw, obstacle, 0.5)[:, :, None].astype(np.float32))
    index = pd.DataFrame(
        {
            "speed": np.round(draw.uniform(10, 60, size=rows), 1),
            "rain": np.round(draw.gamma(1.0, size=rows), 2),
            "weather": np.where(fog, "fog", "clear"),
            "night": np.where(draw.random(rows) < 0.4, "night", "day"),
            "obstacle": obstacle.astype(int),
            "split": part,
        }
    )
    index.to_csv(folder / "index.csv", index=False)


def _camera(draw: np.random.Generator, obstacle: np.ndarray) -> np.ndarray:
    images = draw.normal(130, 40, size=(len(obstacle), SIDE, SIDE))
    images[obstacle, 4:8, 4:8] -= 22
    return images.clip(0, 255).astype(np.uint8)


def _waves(draw: np.random.Generator, obstacle: np.ndarray, height: float) -> np.ndarray:
    """Return series in which an obstacle is a bump in the middle."""
    steps = np.arange(STEPS)
    bump = height * np.exp(-((steps - STEPS / 2) ** 2) / 8)
    return draw.normal(scale=0.9, size=(len(obstacle), STEPS)) + obstacle[:, None] * bump


def _radar(draw: np.random.Generator, obstacle: np.ndarray, fog: np.ndarray) -> np.ndarray:
    radar = np.empty((len(obstacle), STEPS, 2), dtype=np.float32)
    radar[:, :, ECHO] = _waves(draw, obstacle, 0.7)
    radar[:, :, CLUTTER] = draw.normal(1.5 * fog[:, None], 1.0, size=(len(obstacle), STEPS))
    gaps = np.flatnonzero(draw.random(len(obstacle)) < 0.1)
    start = draw.integers(0, STEPS - 3, size=len(gaps))
    for row, first in zip(gaps, start, strict=True):
        radar[row, first : first + 3] = np.nan
    return radar


if __name__ == "__main__":
    write(Path(__file__).parent / "data")
