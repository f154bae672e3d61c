"""Small tables for tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from audit.config import DataConfig
from audit.data.table import Table

COUNT = 400


def people(count: int = COUNT, seed: int = 0) -> pd.DataFrame:
    """Applicants whose label depends on skill, and whose commute depends on sex."""
    draw = np.random.default_rng(seed)
    sex = draw.choice(["Female", "Male"], size=count)
    skill = draw.normal(size=count)
    return pd.DataFrame(
        {
            "skill": skill.round(3),
            "commute": (30 + 10 * (sex == "Female") + draw.normal(scale=5, size=count)).round(1),
            "city": draw.choice(["Bonn", "Köln", "Trier"], size=count),
            "sex": sex,
            "age": draw.integers(18, 80, size=count),
            "hired": (skill + draw.logistic(scale=0.4, size=count) > 0).astype(int),
        }
    )


def data_config(**changes: Any) -> DataConfig:
    values = {"path": "people.csv", "target": "hired", "sensitive": ["sex"], **changes}
    return DataConfig.model_validate({key: value for key, value in values.items() if value != ...})


def table(frame: pd.DataFrame, name: str = "people.csv") -> Table:
    return Table(frame=frame.reset_index(drop=True), source=name)


def write_csv(frame: pd.DataFrame, folder: Path, name: str = "people.csv") -> Path:
    path = folder / name
    frame.to_csv(path, index=False)
    return path
