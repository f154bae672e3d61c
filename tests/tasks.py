"""People whose class, or number, was predicted; with the configurations of their audits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from audit.config import AuditConfig, config_from
from audit.data.dataset import Dataset
from audit.data.loading import build_dataset
from audit.data.table import Table
from audit.predictions import Predictions
from audit.subject.given import given_predictions

CLASSES = ("ant", "cat", "dog")


def rows(count: int = 600, seed: int = 0, classes: tuple[str, ...] = CLASSES) -> pd.DataFrame:
    """Columns of both tasks: ``kind``, ``said`` and ``chance`` of cat; ``income`` and ``guess``."""
    draw = np.random.default_rng(seed)
    sex, site = draw.choice(["F", "M"], count), draw.choice(["north", "south"], count)
    height = draw.normal(size=(count, len(classes)))
    seen = height + draw.normal(scale=0.7, size=height.shape)
    seen[:, 1] += 0.6 * (sex == "M")
    shares = np.exp(seen) / np.exp(seen).sum(axis=1, keepdims=True)
    income = np.exp(10 + 0.5 * draw.normal(size=count) + 0.2 * (sex == "M")).round(2)
    guess = income * np.exp(0.2 * draw.normal(size=count)) + 3000 * (sex == "M")
    return pd.DataFrame(
        {
            "sex": sex,
            "race": draw.choice(["A", "B", "C"], count, p=[0.5, 0.3, 0.2]),
            "age": draw.integers(18, 80, count),
            "site": site,
            "weight": draw.uniform(0.5, 2, count).round(3),
            "who": np.arange(count) // 2,
            "kind": np.array(classes)[height.argmax(axis=1)],
            "said": np.array(classes)[seen.argmax(axis=1)],
            "chance": shares[:, 1],
            "income": income,
            "guess": guess.round(2),
        }
    )


def changed(values: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Set dotted keys (written with __), or remove them where None."""
    for key, value in changes.items():
        *path, last = key.split("__")
        place = values
        for part in path:
            place = place.setdefault(part, {})
        if value is None:
            place.pop(last, None)
        else:
            place[last] = value
    return values


def several(**changes: Any) -> dict[str, Any]:
    """An audit of predicted classes."""
    data = {
        "path": "rows.csv",
        "task": "multiclass",
        "target": {"column": "kind", "positive": "cat"},
        "sensitive": ["sex", "race"],
    }
    values = {
        "name": "several",
        "data": data,
        "predictions": {"label": "said", "score": "chance"},
        "report": {"date": "2026-01-01"},
    }
    return changed(values, changes)


def numbers(**changes: Any) -> dict[str, Any]:
    """An audit of predicted numbers."""
    values = several()
    values["name"] = "numbers"
    values["data"] |= {"task": "regression", "target": "income"}
    values["predictions"] = {"score": "guess"}
    return changed(values, changes)


def loaded(frame: pd.DataFrame, values: dict[str, Any]) -> tuple[AuditConfig, Dataset, Predictions]:
    """Read the audited rows and what was predicted for them."""
    config = config_from(values)
    table = Table(frame=frame.reset_index(drop=True), source="rows.csv")
    dataset = build_dataset(config.data, table, ())
    assert config.predictions is not None
    return config, dataset, given_predictions(config, config.predictions, table, dataset)
