"""Memory does not grow with the number of rows: inputs are read in batches."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pandas as pd
import pytest

from audit.data.inputs import checking
from audit.data.inputs.building import open_inputs
from builders_inputs import build, index, write_pictures
from tables import data_config, table

FEW, MANY = 3_000, 12_000
SHAPES = {"image": (32, 32, 3), "series": (200, 4)}


def peak(frame, base, inputs) -> int:
    """Return the most bytes in use while the data set is built and every row taken once."""
    tracemalloc.start()
    try:
        data = build(frame, base, inputs)
        for start in range(0, len(data), 256):
            data.inputs["x"].take(np.arange(start, min(start + 256, len(data))))
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("order", ["row by row", "shuffled"])
@pytest.mark.parametrize("suffix", [".npy", ".npz"])
@pytest.mark.parametrize("kind", SHAPES)
def test_arrays_are_read_in_batches(tmp_path, kind, suffix, order):
    peaks = []
    for rows in (FEW, MANY):
        values = np.ones((rows, *SHAPES[kind]), np.uint8 if kind == "image" else np.float32)
        (np.save if suffix == ".npy" else np.savez_compressed)(tmp_path / f"a{suffix}", values)
        asked = {"kind": kind, "array": f"a{suffix}"}
        frame = index(rows)
        if order == "shuffled":
            frame["place"] = np.random.default_rng(0).permutation(rows)
            asked["column"] = "place"
        peaks.append(peak(frame, tmp_path, {"x": asked}))
        whole = values.nbytes
        del values
    assert peaks[1] < peaks[0] * 1.2
    assert peaks[1] < whole / 2


@pytest.mark.parametrize("column", ["file", "essay"])
def test_pictures_and_texts_are_read_in_batches(tmp_path, monkeypatch, column):
    monkeypatch.setattr(checking, "MOST", 100)
    names = write_pictures(tmp_path / "pictures", np.zeros((10, 16, 16, 3), np.uint8))
    asked = {
        "file": {"kind": "image", "folder": "pictures", "column": "file"},
        "essay": {"kind": "text", "column": "essay"},
    }[column]
    config, peaks = data_config(inputs={"x": asked}), []
    for rows in (500, 2_000):
        essays = pd.Series([f"essay {place} " + "word " * 20 for place in range(rows)], dtype="str")
        found = table(index(rows, file=names * (rows // 10), essay=essays))
        tracemalloc.start()
        open_inputs(config, found, tmp_path, lambda done, steps, note="": None)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] - peaks[0] < 20 * (2_000 - 500)  # the place of each row, 8 bytes
