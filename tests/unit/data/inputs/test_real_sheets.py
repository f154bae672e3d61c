"""Sheets of real pictures, from the folder that AUDIT_DATA names, cut as its README says."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from audit.data.loading import build_dataset, feature_names, read_table
from tables import data_config

AUDIT_DATA = os.environ.get("AUDIT_DATA")
pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif(not AUDIT_DATA, reason="AUDIT_DATA names no folder of data sets"),
]
SHEETS = {
    "faces": {
        "path": "images/fairface_48x48_index.csv.gz",
        "target": {"column": "gender", "positive": "Female"},
        "sensitive": ["race"],
        "inputs": {"image": {"sheet": "images/fairface_48x48.jpg", "size": [48, 48]}},
    },
    "skin": {
        "path": "health/ham10000_metadata.csv.gz",
        "target": {"column": "dx", "positive": "mel"},
        "sensitive": ["sex"],
        "inputs": {"image": {"sheet": "health/ham10000_32x24.jpg", "size": [24, 32]}},
    },
}


def tiles(path: Path, height: int, width: int, count: int):
    sheet = np.asarray(Image.open(path))
    lines, line = sheet.shape[0] // height, sheet.shape[1] // width
    cut = sheet.reshape(lines, height, line, width, -1).swapaxes(1, 2)
    return cut.reshape(lines * line, height, width, -1)[:count]


@pytest.mark.parametrize("column", [{}, {"column": "tile"}], ids=["row by row", "by tile"])
@pytest.mark.parametrize("name", SHEETS)
def test_a_sheet_gives_the_tiles_of_its_rows(tmp_path, name, column):
    values = SHEETS[name]
    asked = {"kind": "image", **values["inputs"]["image"], **column}
    config = data_config(**{**values, "inputs": {"image": asked}})
    table = read_table(config, tmp_path)
    data = build_dataset(config, table, feature_names(config, table), base=tmp_path)
    expected = tiles(Path(str(AUDIT_DATA)) / asked["sheet"], *asked["size"], len(data))
    rows = np.random.default_rng(0).permutation(len(data))[:500]
    assert np.array_equal(data.inputs["image"].take(rows).pixels, expected[rows])
    assert len(data) == len(table.frame) == {"faces": 7000, "skin": 10015}[name]
