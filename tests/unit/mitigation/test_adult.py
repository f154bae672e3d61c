"""Real people, from the folder that AUDIT_DATA names: the gap halved for a point of accuracy."""

import os
import time
from pathlib import Path

import pytest

from audit.comparison import compare
from audit.config import Mitigation, config_from
from audit.metrics.disparity import measure
from audit.metrics.table.cells import CellTable
from audit.mitigation.mitigate import mitigate
from audit.progress import Silent
from audit.subject.loading import load_subject

pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif(
        not os.environ.get("AUDIT_DATA"), reason="AUDIT_DATA names no folder of data sets"
    ),
]

ADULT = {
    "data": {
        "path": "tabular/adult.csv.gz",
        "target": {"column": "income", "positive": [">50K", ">50K."]},
        "sensitive": ["sex", "race"],
        "features": {"exclude": ["fnlwgt"]},
        "missing": ["?"],
        "split": {"column": "split", "train": "train", "test": "test"},
    },
    "model": {"train": {"hidden": [32, 16], "epochs": 8, "batch_size": 256, "lr": 2e-3}},
}


@pytest.fixture(scope="module")
def adult():
    return load_subject(config_from(ADULT), Path(), Silent())


def compared(subject, found):
    data, rows = subject.dataset, subject.predictions.rows
    table = CellTable.from_codes(
        [(item.name, item.categories, item.codes[rows]) for item in data.sensitive],
        data.target[rows],
        subject.predictions.label,
    )
    pairs = measure(table, names=("accuracy",), intersections=1).disparities
    result = compare(
        data, subject.predictions, found.predictions, pairs=pairs, mitigated=found.record.name
    )
    gap = next(
        item
        for item in result.records
        if item.kind == "gap" and item.metric == "selection_rate" and "sex" in item.a
    )
    return gap, next(item for item in result.records if item.metric == "accuracy")


@pytest.mark.parametrize("seed", [0, 1])
def test_fine_tuning_halves_the_gap_for_at_most_a_point_of_accuracy(adult, seed):
    start = time.perf_counter()
    found = mitigate(
        adult.model,
        adult.dataset,
        Mitigation(method="fairness_penalty"),
        number=1,
        threshold=0.5,
        seed=seed,
    )
    assert time.perf_counter() - start < 30
    gap, accuracy = compared(adult, found)
    assert gap.after <= gap.before / 2
    assert gap.interval.high < 0
    assert accuracy.change >= -0.01


def test_thresholds_close_the_gap(adult):
    item = Mitigation(method="threshold_optimizer")
    found = mitigate(adult.model, adult.dataset, item, number=2, threshold=0.5)
    gap, accuracy = compared(adult, found)
    assert abs(gap.after) < 0.02
    assert accuracy.change > -0.03
