"""Every mistake of a user is one line, exit code 2, no traceback and nothing written."""

from __future__ import annotations

import os
import pickle

import numpy as np
import pytest
import torch

from tables import people
from workspace import weights


class Payload:
    """Touches a file when it is unpickled."""

    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return (os.mkdir, (self.path,))


def column(name, values):
    """A change of the table."""
    return lambda space: space.table(people().assign(**{name: values}))


def cell(name, row, value):
    def change(space):
        frame = people().astype({name: object})
        frame.loc[row, name] = value
        space.table(frame)

    return change


def nothing(space):
    """No change besides the configuration."""


def hostile(name):
    def change(space):
        target = space.folder / "touched"
        (space.folder / name).write_bytes(pickle.dumps(Payload(target)))

    return change


def hostile_checkpoint(space):
    torch.save({"state_dict": Payload(space.folder / "touched")}, space.folder / "network.pt")


def cut_weights(space):
    path = space.folder / "network.safetensors"
    path.write_bytes(path.read_bytes()[:-20])


def other_weights(space):
    from safetensors.torch import save_file

    save_file({**weights(), "0.weight": torch.zeros(3, 5)}, space.folder / "network.safetensors")


def empty_table(space):
    space.table(people().iloc[:0])


def huge_header(space):
    (space.folder / "network.safetensors").write_bytes((2**60).to_bytes(8, "little") + b"{}")


GIVEN = {"model": None, "data__features": None}
TRAIN = {"model": {"train": {"epochs": 2}}, "data__features": None}
CASES = {
    "missing table": (nothing, {"data__path": "peple.csv"}, "no such file", "people.csv"),
    "wrong column": (nothing, {"data__target": "hird"}, "no column 'hird'", "'hired'"),
    "wrong sensitive column": (nothing, {"data__sensitive": ["sx"]}, "no column 'sx'", "'sex'"),
    "one class": (column("hired", 1), {}, "expected two classes, came one", "positive"),
    "three classes": (column("hired", np.arange(400) % 3), {}, "came 3 classes", "'2'"),
    "sensitive all missing": (column("sex", None), {}, "'sex'", "only missing values"),
    "string where numbers belong": (
        cell("skill", 17, "lots"),
        {"model": {"factory": "network.py:numbers", "output": "logit"},
         "data__features": {"include": ["skill", "commute"]}},
        "'skill'",
        "'lots'",
    ),
    "string where numbers belong in training": (cell("skill", 7, "lots"), TRAIN, "'skill'", "lots"),
    "identifier as feature": (
        column("name", [f"person {i}" for i in range(400)]), TRAIN, "'name'", "exclude"
    ),
    "weights do not fit": (other_weights, {}, "0.weight", "(4, 5)"),
    "pickle as weights": (
        hostile("network.pkl"), {"model__weights": "network.pkl"}, "pickle", "safetensors"
    ),
    "pickle as model": (
        hostile("model.pkl"), {"model": {"path": "model.pkl"}}, "pickle", "safetensors"
    ),
    "pickle in a checkpoint": (
        hostile_checkpoint, {"model__weights": "network.pt"}, "network.pt", "state_dict"
    ),
    "truncated weights": (cut_weights, {}, "network.safetensors", "complete"),
    "header of a galaxy": (huge_header, {}, "network.safetensors", "header"),
    "missing weights": (nothing, {"model__weights": "netwrk.safetensors"}, "netwrk", "network"),
    "logit that is a probability": (
        nothing, {"model__factory": "network.py:sigmoid"}, "declared", "probability"
    ),
    "probability that is a logit": (nothing, {"model__output": "probability"}, "[0, 1]", "logit"),
    "two logits that are one": (nothing, {"model__output": "logits"}, "logits", "(n, 2)"),
    "scores that are NaN": (
        nothing,
        {"model": {"factory": "network.py:broken", "output": "logit"},
         "data__features": {"include": ["skill", "commute"]}},
        "NaN",
        "row",
    ),
    "given scores that are NaN": (
        cell("skill", 3, None),
        {**GIVEN, "data__split": None, "predictions": {"score": "skill"}},
        "'skill'",
        "missing",
    ),
    "given scores that are words": (
        nothing, {**GIVEN, "predictions": {"score": "city"}}, "'city'", "expected a number"
    ),
    "empty table": (empty_table, {}, "expected rows, came an empty table", ""),
    "misspelt key": (nothing, {"metrcs": {}}, "unknown key 'metrcs'", "'metrics'"),
    "both model and predictions": (nothing, {"predictions": {"score": "skill"}}, "both", ""),
    "unknown function": (nothing, {"model__factory": "network.py:buld"}, "'buld'", "'build'"),
    "reference that is no group": (
        nothing, {"metrics__reference": {"sex": "Mal"}}, "Mal", "'Male'"
    ),
    "unknown metric": (nothing, {"metrics__names": ["tpr"]}, "unknown metric 'tpr'", ""),
    "training rows of one class": (
        lambda space: space.table(
            people().assign(part=lambda f: np.where(f["hired"] == 1, "test", "train")).assign(
                part=lambda f: f["part"].where(np.arange(400) % 4 > 0, "test"))
        ),
        {**TRAIN, "data__split": {"column": "part", "train": "train", "test": "test"}},
        "training rows",
        "only 0",
    ),
    "too many groups": (
        column("sex", [f"group {i}" for i in range(400)]), {}, "at most 200 groups", ""
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_mistake_is_one_line(space, name):
    change, changes, said, hint = CASES[name]
    change(space)
    space.write(**changes)
    before = space.files()
    code, out, err = space.audit("run", "audit.yaml", "--output", "out")
    assert code == 2, err
    assert out == ""
    assert err.startswith("audit: ")
    assert err.count("\n") == 1
    assert "Traceback" not in err
    assert said in err
    assert hint in err
    assert space.files() == before


def test_a_category_never_seen_in_training_is_told(space):
    space.write(**TRAIN)
    assert space.audit("train", "audit.yaml", "--output", "model")[0] == 0
    cell("city", 5, "Rom")(space)
    space.write(model={"bundle": "model/"}, data__features=None, data__split=None)
    before = space.files()
    code, _, err = space.audit("run", "audit.yaml", "--output", "out")
    assert (code, err.count("\n")) == (2, 1)
    assert "'city'" in err
    assert "'Rom'" in err
    assert space.files() == before


@pytest.mark.parametrize("text", ["data: [", "just words", "name: a\nname: b\n"])
def test_what_is_no_configuration_is_told(space, text):
    (space.folder / "audit.yaml").write_text(text)
    code, _, err = space.audit("run", "audit.yaml")
    assert (code, err.count("\n")) == (2, 1)


def test_an_unsuitable_output_folder_is_told_before_any_work(space):
    space.write(data__path="not there.csv")
    (space.folder / "out").write_text("a file")
    code, _, err = space.audit("run", "audit.yaml", "--output", "out")
    assert code == 2
    assert "expected a folder for the results, came a file" in err
    code, _, err = space.audit("run", "audit.yaml", "--output", "/proc/audit")
    assert code == 2
    assert "cannot be written to" in err


def test_a_group_of_one_is_suppressed_and_stated(space):
    frame = people()
    frame.loc[0, "sex"] = "Other"
    space.table(frame)
    space.write(data__split=None)
    code, _, err = space.audit("run", "audit.yaml", "--output", "out")
    assert code == 0, err
    evidence = space.evidence()
    single = [m for m in evidence["metrics"] if m["group"] == {"sex": "Other"}]
    assert {m["status"] for m in single} == {"suppressed"}
    assert {m["n"] for m in single} == {1}
    assert all(m["value"] is None for m in single)
    assert any("sex = Other (n = 1)" in item["subject"] for item in evidence["not_assessed"])
