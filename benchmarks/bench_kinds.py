"""Whole audits of images, series, texts and tables: does memory stay flat as rows grow tenfold?

For each kind a network is trained on 2,000 rows; the bundle then audits 10,000 rows and 100,000,
each in a process of its own. The last column is the ratio of the two peaks; 1.2 is the aim.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

SIZES = (10_000, 100_000)
TRAINED = 2_000
SIDE, STEPS, CHANNELS = 32, 32, 4
WORDS = np.array([f"word{number}" for number in range(200)], dtype=object)
AUDIT = """
import json, resource, sys, time
import audit
start = time.perf_counter()
result = audit.run(json.loads(sys.argv[1]), base=sys.argv[2], date="2026-01-01")
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"mib": peak, "seconds": time.perf_counter() - start}))
"""
TRAIN = """
import json, sys
from pathlib import Path
from audit.config import config_from
from audit.pipeline import train_to_folder
from audit.progress import Silent
base = Path(sys.argv[2])
train_to_folder(config_from(json.loads(sys.argv[1])), base / "model", base=base, progress=Silent())
"""
Draw = Callable[[np.random.Generator, int, Path], pd.DataFrame]


def people(draw: np.random.Generator, rows: int) -> pd.DataFrame:
    group = draw.random(rows) < 0.5
    return pd.DataFrame(
        {
            "group": np.where(group, "a", "b"),
            "y": (draw.random(rows) < np.where(group, 0.6, 0.4)).astype(int),
            "part": np.where(np.arange(rows) < rows // 5, "train", "test"),
        }
    )


def images(draw: np.random.Generator, rows: int, folder: Path) -> pd.DataFrame:
    found = people(draw, rows)
    stored = np.lib.format.open_memmap(
        folder / "images.npy", mode="w+", dtype=np.uint8, shape=(rows, SIDE, SIDE)
    )
    for start in range(0, rows, 10_000):
        stop = min(start + 10_000, rows)
        part = draw.integers(0, 200, (stop - start, SIDE, SIDE), dtype=np.uint8)
        part[:, :4, :4] += (50 * found["y"].to_numpy()[start:stop, None, None]).astype(np.uint8)
        stored[start:stop] = part
    stored.flush()
    return found


def series(draw: np.random.Generator, rows: int, folder: Path) -> pd.DataFrame:
    found = people(draw, rows)
    values = draw.normal(size=(rows, STEPS, CHANNELS)).astype(np.float32)
    values[:, :, 0] += found["y"].to_numpy()[:, None]
    np.save(folder / "series.npy", values)
    return found


def texts(draw: np.random.Generator, rows: int, folder: Path) -> pd.DataFrame:
    found = people(draw, rows)
    said = draw.choice(WORDS, size=(rows, 12))
    said[:, 0] = np.where(found["y"] == 1, "fine", "poor")
    return found.assign(text=[" ".join(row) for row in said])


def table(draw: np.random.Generator, rows: int, folder: Path) -> pd.DataFrame:
    found = people(draw, rows)
    numbers = draw.normal(size=(rows, 10)) + 0.5 * found["y"].to_numpy()[:, None]
    return found.assign(**{f"x{place}": numbers[:, place] for place in range(10)})


KINDS: Mapping[str, tuple[Draw, dict[str, Any], dict[str, Any]]] = {
    "images": (
        images,
        {"image": {"kind": "image", "array": "images.npy"}},
        {"architecture": "cnn", "channels": [4, 8]},
    ),
    "series": (
        series,
        {"series": {"kind": "series", "array": "series.npy"}},
        {"architecture": "cnn", "channels": [4, 8]},
    ),
    "texts": (
        texts,
        {"text": {"kind": "text", "column": "text", "length": 16}},
        {"architecture": "text_cnn", "channels": [8], "embedding": 8},
    ),
    "table": (table, {}, {"architecture": "mlp"}),
}


def called(code: str, config: dict[str, Any], folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code, json.dumps(config), str(folder)],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    return done.stdout


def configured(inputs: dict[str, Any], model: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": "bench",
        "data": {
            "path": "index.csv",
            "target": "y",
            "sensitive": ["group"],
            "split": {"column": "part", "train": "train", "test": "test"},
            "inputs": inputs,
        },
        "model": model,
    }


def measured(kind: str, sizes: tuple[int, ...]) -> dict[int, dict[str, float]]:
    make, inputs, train = KINDS[kind]
    settings = train | {"hidden": [8], "epochs": 2}
    found = {}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        for rows in (TRAINED, *sizes):
            make(np.random.default_rng(0), rows, folder).to_csv(folder / "index.csv", index=False)
            if rows == TRAINED:
                called(TRAIN, configured(inputs, {"train": settings}), folder)
                continue
            found[rows] = json.loads(called(AUDIT, configured(inputs, {"bundle": "model"}), folder))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kinds", nargs="*", choices=KINDS, default=list(KINDS))
    parser.add_argument("--rows", nargs="*", type=int, default=list(SIZES))
    asked = parser.parse_args()
    print(f"{'kind':8} {'rows':>9} {'MiB':>7} {'seconds':>8} {'peak, times the first':>22}")
    for kind in asked.kinds:
        found = measured(kind, tuple(asked.rows))
        first = found[asked.rows[0]]["mib"]
        for rows, cost in found.items():
            print(
                f"{kind:8} {rows:9,} {cost['mib']:7.0f} {cost['seconds']:8.1f} "
                f"{cost['mib'] / first:22.2f}"
            )


if __name__ == "__main__":
    main()
