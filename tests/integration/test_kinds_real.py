"""Real pictures, sentences, patients, homes and drives, from the folder that AUDIT_DATA names.

Trained for a few epochs, audited, and held to what can be known without them: sizes, groups, sums.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import audit

AUDIT_DATA = os.environ.get("AUDIT_DATA")
pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif(not AUDIT_DATA, reason="AUDIT_DATA names no folder of data sets"),
]
PARTS = {"column": "split", "train": "train", "test": "test"}
QUICK: dict[str, Any] = {
    "explain": {"rows": 40},
    "weights": {"permutations": 100, "rows": 1000},
    "report": {"date": "2026-11-24"},
}


def source(name: str) -> Path:
    return Path(str(AUDIT_DATA)) / name


def tiles(name: str, width: int, height: int, count: int) -> np.ndarray:
    from PIL import Image

    sheet = np.asarray(Image.open(source(name)))
    rows, columns = sheet.shape[0] // height, sheet.shape[1] // width
    cut = sheet.reshape(rows, height, columns, width, -1).swapaxes(1, 2)
    return cut.reshape(rows * columns, height, width, -1)[:count]


def by_person(people: pd.Series) -> np.ndarray:
    """Put all rows of one person on one side, three in ten into the test."""
    codes = pd.factorize(people)[0]
    side = np.random.default_rng(0).random(codes.max() + 1) < 0.3
    return np.where(side[codes], "test", "train")


def run(
    folder: Path, index: pd.DataFrame, data: dict[str, Any], train: dict[str, Any], **more: Any
):
    index.to_csv(folder / "index.csv", index=False)
    config = {
        "name": folder.name,
        "data": {"path": "index.csv", "split": PARTS} | data,
        "model": {"train": train},
    }
    result = audit.run(config | QUICK | more, base=folder)
    result.save(folder / "out")
    page = (folder / "out" / "report.html").read_text()
    assert len(page.encode()) < 2_000_000
    return result


def complete(result: Any) -> None:
    """Every explanation of a gap and every ledger sums to what it accounts for."""
    gaps = [item for item in result.explanations if item.level == "gap"]
    assert gaps
    for item in gaps:
        if item.status == "ok":
            assert abs(item.residual) <= 2e-3 * max(1.0, abs(item.total))
    for ledger in result.ledgers:
        assert ledger.status in {"ok", "not converged", "suppressed", "not applicable"}


def sizes(result: Any, attribute: str) -> dict[str, int]:
    counts = result.evidence.data.groups
    return {item.group[attribute]: item.n for item in counts if attribute in item.group}


def test_faces_by_race(tmp_path):
    index = pd.read_csv(source("images/fairface_48x48_index.csv.gz"))
    np.save(tmp_path / "faces.npy", tiles("images/fairface_48x48.jpg", 48, 48, len(index)))
    index["split"] = np.where(index["file"].str.startswith("train"), "train", "test")
    index = index.iloc[2000:6000]  # of both parts, to be quick
    result = run(
        tmp_path,
        index,
        {
            "target": {"column": "gender", "positive": "Female"},
            "sensitive": ["race"],
            "features": {"exclude": []},
            "inputs": {"face": {"kind": "image", "array": "faces.npy", "column": "tile"}},
        },
        {"architecture": "cnn", "channels": [6, 12], "hidden": [16], "epochs": 2, "lr": 2e-3},
    )
    assert result.evidence.data.splits == {"train": 3000, "test": 1000}
    assert len(sizes(result, "race")) == 7
    complete(result)
    assert result.evidence.pictures


def test_skin_by_sex_and_age(tmp_path):
    index = pd.read_csv(source("health/ham10000_metadata.csv.gz"))
    np.save(tmp_path / "skin.npy", tiles("health/ham10000_32x24.jpg", 32, 24, len(index)))
    index["split"] = by_person(index["lesion_id"])
    result = run(
        tmp_path,
        index,
        {
            "task": "multiclass",
            "target": {"column": "dx", "positive": "mel"},
            "sensitive": ["sex", {"column": "age", "bins": [40, 60]}],
            "inputs": {"skin": {"kind": "image", "array": "skin.npy", "column": "tile"}},
        },
        {"architecture": "cnn", "channels": [6, 12], "hidden": [16], "epochs": 1, "lr": 2e-3},
    )
    record = result.evidence.data
    assert record.rows == 10_015
    assert record.classes == ("akiec", "bcc", "bkl", "df", "mel", "nv", "vasc")
    assert record.focus == "mel"
    complete(result)


def test_sentences_by_whom_they_speak_of(tmp_path):
    index = pd.read_csv(source("text/sst2_sentences.csv.gz"), keep_default_na=False)
    text = next(name for name in index.columns if name not in {"label", "split"})
    words = index[text].str.lower().str.split().map(set)
    women = words.map(lambda said: bool(said & {"she", "her", "woman", "women", "actress"}))
    men = words.map(lambda said: bool(said & {"he", "his", "him", "man", "men", "actor"}))
    index["speaks_of"] = np.select([women & ~men, men & ~women], ["women", "men"], "others")
    index["split"] = index["split"].replace({"dev": "test"})
    result = run(
        tmp_path,
        index,
        {
            "target": "label",
            "sensitive": ["speaks_of"],
            "inputs": {"text": {"kind": "text", "column": text, "length": 40}},
        },
        {"architecture": "transformer", "embedding": 16, "hidden": [16], "epochs": 3, "lr": 3e-3},
    )
    assert result.evidence.data.splits == {"train": 6920, "test": 2693}
    accuracy = next(m for m in result.metrics if m.metric == "accuracy" and not m.group)
    assert accuracy.value > 0.7
    complete(result)


def test_readmission_by_race(tmp_path):
    index = pd.read_csv(
        source("health/diabetes_130_hospitals.csv.gz"), keep_default_na=False, nrows=30_000
    )
    index["split"] = by_person(index["patient_nbr"])
    result = run(
        tmp_path,
        index,
        {
            "task": "multiclass",
            "target": {"column": "readmitted", "positive": "<30"},
            "sensitive": ["race"],
            "person": "patient_nbr",
            "missing": ["?"],
            "features": {
                "include": ["time_in_hospital", "num_medications", "number_inpatient",
                            "number_emergency", "number_diagnoses", "insulin", "age"]
            },
        },
        {"architecture": "mlp", "hidden": [16, 8], "epochs": 4, "lr": 3e-3},
    )  # fmt: skip
    assert result.evidence.data.classes == ("<30", ">30", "NO")
    assert sizes(result, "race")["unknown"] > 0
    complete(result)


def test_home_prices_by_place(tmp_path):
    index = pd.read_csv(source("housing/california.csv.gz"))
    index["split"] = by_person(pd.Series(np.arange(len(index))))
    result = run(
        tmp_path,
        index,
        {
            "task": "regression",
            "target": "median_house_value",
            "sensitive": ["ocean_proximity"],
            "features": {"exclude": ["longitude", "latitude"]},
        },
        {"architecture": "mlp", "hidden": [32, 16], "epochs": 10, "lr": 3e-3},
    )
    assert result.evidence.data.task == "regression"
    r2 = next(m for m in result.metrics if m.metric == "r2" and not m.group)
    assert r2.value > 0.5
    means = {
        m.group["ocean_proximity"]: m.value
        for m in result.metrics
        if m.metric == "mean_prediction" and m.group and m.value is not None
    }
    assert means["INLAND"] == min(means.values())
    complete(result)


def windows(trip: int, length: int = 100, every: int = 5) -> tuple[np.ndarray, pd.DataFrame]:
    """Cut a trip into windows of a second of six channels; tell which are in a harsh event."""
    folder = source("sensors/driver_behaviour")
    parts = [
        pd.read_csv(folder / f"trip{trip}_{kind}.csv.gz")
        for kind in ("linear_acceleration", "gyroscope")
    ]
    rows = min(map(len, parts))
    both = np.concatenate([part[["x", "y", "z"]].to_numpy()[:rows] for part in parts], axis=1)
    starts = np.arange(0, rows - length, length // 2)
    nanoseconds = {17: 12892910069993, 20: 10196622014163}[trip]
    seconds = (parts[0]["uptimeNanos"].to_numpy()[:rows] - nanoseconds) / 1e9
    middle = seconds[starts + length // 2]
    events = pd.read_csv(folder / f"trip{trip}_events.csv.gz", skipinitialspace=True)
    harsh = events[~events["evento"].str.contains("nao_agressivo")]
    inside = [bool(((harsh["inicio"] <= s) & (s <= harsh["fim"])).any()) for s in middle]
    cut = np.stack([both[start : start + length : every] for start in starts])
    return cut.astype(np.float32), pd.DataFrame({"harsh": np.array(inside, int), "trip": trip})


def test_drives_by_trip(tmp_path):
    (first, one), (second, two) = windows(17), windows(20)
    np.save(tmp_path / "phone.npy", np.concatenate([first, second]))
    index = pd.concat([one, two], ignore_index=True)
    index["split"] = by_person(pd.Series(np.arange(len(index)) // 20))
    channels = [f"{kind} {axis}" for kind in ("acceleration", "turn") for axis in "xyz"]
    result = run(
        tmp_path,
        index,
        {
            "target": "harsh",
            "sensitive": ["trip"],
            "inputs": {"phone": {"kind": "series", "array": "phone.npy", "channels": channels}},
        },
        {"architecture": "cnn", "channels": [8, 8], "hidden": [8], "epochs": 8, "lr": 3e-3},
    )
    assert sizes(result, "trip").keys() == {"17", "20"}
    complete(result)
    gap = next(item for item in result.explanations if item.level == "gap")
    named = {value.feature for value in gap.values}
    assert any("acceleration" in name for name in named)
