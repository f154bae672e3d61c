"""An MLP pipeline of scikit-learn on Adult, from its .skops file to a report with a ledger."""

from __future__ import annotations

import json
import os
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

AUDIT_DATA = os.environ.get("AUDIT_DATA")
pytestmark = [
    pytest.mark.data,
    pytest.mark.slow,
    pytest.mark.skipif(not AUDIT_DATA, reason="AUDIT_DATA names no folder of data sets"),
]
NUMBERS = ["age", "education-num", "capital-gain", "capital-loss", "hours-per-week"]
WORDS = ["workclass", "marital-status", "occupation", "relationship"]


def train(folder: Path):
    import skops.io
    from sklearn.compose import make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    frame = pd.read_csv(
        Path(AUDIT_DATA or "") / "tabular/adult.csv.gz", na_values=["?"], skipinitialspace=True
    )
    frame["income"] = frame.income.str.startswith(">50K")
    words = make_pipeline(
        SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore")
    )
    columns = make_column_transformer((StandardScaler(), NUMBERS), (words, WORDS))
    head = MLPClassifier((24, 12), max_iter=4, batch_size=256, random_state=0)
    estimator = make_pipeline(columns, head)
    known = frame[frame.split == "train"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # four epochs do not converge, and need not
        estimator.fit(known[NUMBERS + WORDS], known.income)
    skops.io.dump(estimator, folder / "adult.skops")
    return estimator, frame


def test_adult_is_audited_from_the_command_line(tmp_path, monkeypatch):
    from audit.cli import main

    estimator, frame = train(tmp_path)
    test = frame[frame.split == "test"]
    frame.to_csv(tmp_path / "adult.csv", index=False)
    config = {
        "name": "adult",
        "data": {
            "path": "adult.csv",
            "target": {"column": "income", "positive": ["True"]},
            "sensitive": ["sex", "race"],
            "split": {"column": "split", "train": "train", "test": "test"},
        },
        "model": {"path": "adult.skops"},
        "report": {"date": "2026-11-23"},
    }
    (tmp_path / "audit.yaml").write_text(yaml.safe_dump(config))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["audit", "run", "audit.yaml", "--output", "out"])
    with pytest.raises(SystemExit) as stop:
        main()
    assert stop.value.code == 0
    assert (tmp_path / "out/report.html").stat().st_size > 50_000
    evidence = json.loads((tmp_path / "out/audit.json").read_text())
    assert evidence["model"]["kind"] == "sklearn"
    assert [layer["name"] for layer in evidence["model"]["layers"]] == ["fc1", "fc2", "out"]
    ledgers = evidence["weights"]["ledgers"]
    assert {ledger["cut"] for ledger in ledgers if ledger["kind"] == "carrier"} >= {"fc1", "fc2"}
    named = {value["feature"] for item in evidence["explanations"] for value in item["values"]}
    assert named == set(NUMBERS + WORDS)
    decided = estimator.predict_proba(test[NUMBERS + WORDS])[:, 1] >= 0.5
    rates = {
        item["group"].get("sex"): item["value"]
        for item in evidence["metrics"]
        if item["metric"] == "selection_rate" and list(item["group"]) == ["sex"]
    }
    for sex, rate in rates.items():
        assert rate == pytest.approx(float(np.mean(decided[(test.sex == sex).to_numpy()])))
