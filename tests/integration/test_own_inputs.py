"""Networks of one's own that take images, series, text and a table by name."""

from __future__ import annotations

import runpy
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import audit
from audit.errors import AuditError

EXAMPLES = Path(__file__).parents[2] / "example_models"
CODE = """
import torch
from torch import nn


class Pictures(nn.Module):
    def __init__(self):
        super().__init__()
        self.look = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.AvgPool2d(7), nn.Flatten())
        self.head = nn.Sequential(nn.Linear(16, 6), nn.ReLU(), nn.Linear(6, 1))

    def forward(self, image):
        return self.head(self.look(image))


class Drive(nn.Module):
    def __init__(self):
        super().__init__()
        self.camera = nn.Sequential(nn.Flatten(), nn.Linear(144, 4), nn.ReLU())
        self.lidar = nn.Sequential(nn.Flatten(), nn.Linear(16, 4), nn.ReLU())
        self.head = nn.Sequential(nn.Linear(10, 6), nn.Tanh(), nn.Linear(6, 1))

    def forward(self, camera, lidar, car):
        parts = self.camera(camera), self.lidar(lidar), car / 30
        return self.head(torch.cat(parts, dim=1))


class Reader(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(50, 6)
        self.head = nn.Linear(6, 1)

    def forward(self, text):
        return self.head(self.embedding(text).mean(dim=1))


def read(inputs):
    rows = [[sum(map(ord, word)) % 50 for word in text.split()][:8] for text in inputs["text"]]
    return {"text": torch.tensor([row + [0] * (8 - len(row)) for row in rows])}
"""
QUICK = {
    "explain": {"rows": 40},
    "weights": {"permutations": 100, "rows": 200},
    "report": {"date": "2026-11-24"},
}


def generated(name: str, folder: Path, rows: int) -> None:
    runpy.run_path(str(EXAMPLES / f"planted_{name}" / "generate.py"))["write"](folder, rows)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "own.py").write_text(CODE)
    return tmp_path


def audited(folder: Path, data: dict, model: dict):
    base = {"path": "index.csv"}
    return audit.run({"name": "own", "data": base | data, "model": model} | QUICK, base=folder)


def top_gap(result):
    return next(item for item in result.explanations if item.level == "gap")


def test_an_own_network_sees_images_without_an_encoder(folder):
    generated("images", folder, 400)
    result = audited(
        folder,
        {
            "target": "large",
            "sensitive": ["clinic"],
            "inputs": {"image": {"kind": "image", "array": "images.npy"}},
        },
        {"factory": "own.py:Pictures", "output": "logit"},
    )
    gap = top_gap(result)
    assert gap.status == "ok"
    assert all(value.feature.startswith("image rows") for value in gap.values)
    assert abs(gap.residual) < 1e-3
    assert {item.input for item in result.evidence.pictures} == {"image"}
    assert any(item.kind == "carrier" and item.status == "ok" for item in result.ledgers)
    assert b"image" in result.report()


def test_several_inputs_come_by_name(folder):
    generated("sensors", folder, 400)
    result = audited(
        folder,
        {
            "target": "obstacle",
            "sensitive": ["weather"],
            "features": {"include": ["speed", "rain"]},
            "inputs": {
                "camera": {"kind": "image", "array": "camera.npy"},
                "lidar": {"kind": "series", "array": "lidar.npy", "channels": ["distance"]},
                "car": {"kind": "table"},
            },
        },
        {"factory": "own.py:Drive", "output": "logit"},
    )
    named = {value.feature for value in top_gap(result).values}
    assert {"lidar: distance", "car: speed", "car: rain"} <= named
    assert any(name.startswith("camera: ") for name in named)


def test_text_goes_through_an_encoder_of_one_s_own(folder):
    frame = runpy.run_path(str(EXAMPLES / "planted_text" / "generate.py"))["reviews"](300)
    frame.to_csv(folder / "index.csv", index=False)
    data = {
        "target": "liked",
        "sensitive": ["speech"],
        "inputs": {"text": {"kind": "text", "column": "text"}},
    }
    own = {"factory": "own.py:Reader", "output": "logit"}
    result = audited(folder, data, own | {"encode": "own.py:read"})
    assert top_gap(result).status == "ok"
    with pytest.raises(AuditError, match=r"'text' is text.*model\.encode"):
        audited(folder, data, own)


def test_a_gap_in_a_series_is_named(folder):
    values = np.zeros((60, 16, 1), dtype=np.float32)
    values[7, 3] = np.nan
    np.save(folder / "lidar.npy", values)
    pd.DataFrame({"y": [0, 1] * 30, "g": ["a", "b", "b"] * 20}).to_csv(folder / "index.csv")
    with pytest.raises(AuditError, match="row 8: the series has a gap"):
        audited(
            folder,
            {
                "target": "y",
                "sensitive": ["g"],
                "inputs": {"lidar": {"kind": "series", "array": "lidar.npy"}},
            },
            {"factory": "own.py:Drive", "output": "logit"},
        )
