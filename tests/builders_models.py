"""Small data sets and networks for the tests of models, predictions and explanations."""

import numpy as np
import pandas as pd
import torch
from torch import nn

from audit.data.dataset import Dataset, SensitiveAttribute, TableInput
from audit.data.records import DataRecord
from audit.models.factory import from_module

torch.set_num_threads(1)


def record(rows: int) -> DataRecord:
    return DataRecord(
        source="made.csv",
        sha256="0" * 64,
        rows=rows,
        columns=(),
        target="y is 1",
        splits={"test": rows},
        split="test",
        split_source="every row",
        unknown={},
    )


def attribute(name: str, values: list[str]) -> SensitiveAttribute:
    values = [str(value) for value in values]
    categories = tuple(sorted(set(values)))
    codes = np.array([categories.index(value) for value in values], dtype=np.int64)
    return SensitiveAttribute(name=name, categories=categories, codes=codes)


def dataset(frame: pd.DataFrame, *, target=None, groups=None, splits=None, weights=None) -> Dataset:
    rows = len(frame)
    everyone = np.arange(rows, dtype=np.int64)
    return Dataset(
        inputs={"table": TableInput(frame=frame)},
        target=np.asarray(target if target is not None else everyone % 2, dtype=np.int8),
        sensitive=tuple(attribute(name, list(values)) for name, values in (groups or {}).items()),
        splits=splits or {"test": everyone},
        row_ids=everyone,
        record=record(rows),
        weights=None if weights is None else np.asarray(weights, dtype=np.float64),
    )


def numbers(rows: int, columns: int = 3, seed: int = 0) -> pd.DataFrame:
    values = np.random.default_rng(seed).normal(size=(rows, columns))
    return pd.DataFrame(values, columns=[f"c{place}" for place in range(columns)])


def separable(rows: int = 400, seed: int = 0) -> Dataset:
    """Two numbers, a category and a truth value; the target follows from them without noise."""
    draw = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "age": draw.integers(20, 70, rows),
            "income": draw.normal(3000, 800, rows),
            "city": draw.choice(["Rome", "Oslo", "Lima"], rows),
            "member": draw.choice([True, False], rows),
        }
    )
    score = (frame.income - 3000) / 800 + (frame.city == "Oslo") - 0.3
    order = np.arange(rows, dtype=np.int64)
    cut = rows * 3 // 4
    return dataset(
        frame,
        target=(score > 0).astype(int),
        groups={"sex": draw.choice(["f", "m"], rows)},
        splits={"train": order[:cut], "test": order[cut:]},
    )


def network(inputs: int = 3, activation=nn.Tanh, outputs: int = 1, seed: int = 0) -> nn.Sequential:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return nn.Sequential(nn.Linear(inputs, 8), activation(), nn.Linear(8, outputs))


def model(output="logit", **choices):
    return from_module(network(**choices), output)
