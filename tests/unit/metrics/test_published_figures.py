"""Figures that others have printed, reproduced to the last printed digit."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from audit.metrics import group_metrics
from audit.metrics.disparity import measure
from audit.metrics.table.cells import CellTable


def test_the_impact_ratio_of_new_york_citys_example():
    """6 RCNY 5-300: 667 of 1,390 men and 555 of 1,181 women are selected."""
    counts = {"Male": (667, 1390), "Female": (555, 1181)}
    codes = np.concatenate([np.full(n, code) for code, (_, n) in enumerate(counts.values())])
    chosen = np.concatenate([np.arange(n) < x for x, n in counts.values()]).astype(np.int64)
    table = CellTable.from_codes([("sex", tuple(counts), codes)], np.zeros(len(codes), int), chosen)
    found = next(
        d
        for d in measure(table).disparities
        if (d.metric, d.kind, d.selection) == ("selection_rate", "ratio", "worst_pair")
    )
    assert f"{found.value:.3f}" == "0.979"
    assert (found.a, found.b) == ({"sex": "Female"}, {"sex": "Male"})
    assert found.interval.low < 0.979 < found.interval.high == 1.0


@pytest.fixture(scope="module")
def compas():
    folder = os.environ.get("AUDIT_DATA")
    if not folder:
        pytest.skip("AUDIT_DATA is not set: it names the folder with the data sets")
    path = Path(folder) / "tabular" / "compas_two_years.csv.gz"
    if not path.exists():
        pytest.skip(f"{path} is not there")
    frame = pd.read_csv(path)
    return group_metrics(
        frame["two_year_recid"],
        frame["decile_score"] >= 5,
        sensitive_features=frame["race"],
        metrics=("false_positive_rate", "false_negative_rate", "precision"),
    )


@pytest.mark.data
@pytest.mark.parametrize(
    ("race", "expected"),
    [
        ("African-American", ["44.85", "27.99", "62.97"]),
        ("Caucasian", ["23.45", "47.72", "59.13"]),
    ],
)
def test_compas_error_rates_are_those_published(compas, race, expected):
    """Angwin, Larson, Mattu and Kirchner, Machine Bias (2016)."""
    assert [f"{100 * value:.2f}" for value in compas.by_group.loc[race]] == expected
