"""A Hugging Face folder from the command line: metrics, words that count, and a report."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch
import yaml

from builders_huggingface import changed, saved

torch.set_num_threads(1)
WORDS = ["good", "bad", "slow", "fast", "worker", "driver"]


@pytest.fixture
def letters(space):
    draw = np.random.default_rng(0)
    texts = [" ".join(draw.choice(WORDS, size)) for size in draw.integers(2, 8, 300)]
    frame = pd.DataFrame({
        "letter": texts,
        "sex": draw.choice(["f", "m"], 300),
        "hired": [int("good" in text) for text in texts],
    })  # fmt: skip
    space.table(frame, "letters.csv")
    saved(space.folder / "model")
    return space


def test_metrics_words_and_too_few_rows_for_ledgers(letters):
    letters.write(
        model={"path": "model"}, data__path="letters.csv", data__features={"include": ["letter"]}
    )
    code, _, err = letters.audit("run", "audit.yaml", "--output", "out")
    assert code == 0, err
    found = letters.evidence()
    assert (found["model"]["kind"], found["model"]["output"]) == ("huggingface", "logits")
    assert found["metrics"]
    assert {item["status"] for item in found["weights"]["ledgers"]} == {"suppressed"}
    gap = next(item for item in found["explanations"] if item["level"] == "gap")
    assert gap["status"] == "ok"
    named = {value["feature"] for value in gap["values"]}
    assert {*WORDS, "(length of the text)"} <= named
    assert not any("pad" in name.lower() for name in named)
    assert {picture["kind"] for picture in found["pictures"]} == {"text"}
    assert "cut after 12 tokens" in (letters.folder / "out" / "report.html").read_text()


def test_labels_tell_which_one_is_positive(letters):
    changed(letters.folder / "model", "config.json", id2label={"0": "hire", "1": "reject"})
    table = pd.read_csv(letters.folder / "letters.csv")
    table["hired"] = table.hired.map({1: "hire", 0: "reject"})
    letters.table(table, "letters.csv")
    letters.write(
        model={"path": "model"}, data__path="letters.csv", data__features={"include": ["letter"]},
        data__target={"column": "hired", "positive": ["hire"]},
        explain={"methods": []}, weights={"gaps": []},
    )  # fmt: skip
    code, _, err = letters.audit("run", "audit.yaml", "--output", "out")
    assert code == 0, err
    assert any("other order" in note for note in letters.evidence()["model"]["notes"])


def test_a_first_configuration_names_the_folder(letters):
    code, _, err = letters.audit("init", "model", "letters.csv")
    assert code == 0, err
    values = yaml.safe_load((letters.folder / "audit.yaml").read_text())
    assert values["model"]["path"] == "model"


def test_several_columns_are_refused_in_a_line(letters):
    letters.write(
        model={"path": "model"}, data__path="letters.csv",
        data__features={"include": ["letter", "sex"]},
    )  # fmt: skip
    code, _, err = letters.audit("run", "audit.yaml", "--output", "out")
    assert (code, err.count("\n")) == (2, 1)
    assert "data.features has 2" in err
