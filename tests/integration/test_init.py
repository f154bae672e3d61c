"""A first configuration is guessed, says what to check, and runs."""

from __future__ import annotations

import numpy as np
import pytest
import yaml

from audit.config import load_config
from tables import people


def drafted(space, *arguments):
    code, out, err = space.audit("init", *arguments)
    assert code == 0, err
    assert "Then: audit run audit.yaml" in out
    return yaml.safe_load((space.folder / "audit.yaml").read_text())


def test_own_weights_find_their_function_encoder_and_columns(space):
    values = drafted(space, "network.safetensors", "people.csv")
    assert values["model"] == {
        "factory": "network.py:build",
        "weights": "network.safetensors",
        "output": "logit",
        "encode": "network.py:encode",
    }
    assert values["data"]["target"] == "hired"
    assert values["data"]["sensitive"] == ["sex", {"column": "age", "bins": [25, 45, 65]}]
    assert values["data"]["features"] == {"include": ["skill", "commute"]}
    text = (space.folder / "audit.yaml").read_text()
    text = text.replace("[skill, commute]", "[skill, commute, city]")
    (space.folder / "audit.yaml").write_text(text)
    assert space.audit("run", "audit.yaml", "--output", "out")[0] == 0


def test_a_function_of_ones_own(space):
    values = drafted(space, "network.py:numbers", "people.csv")
    assert values["model"]["factory"] == "network.py:numbers"


def test_a_bundle_brings_its_split_and_runs_as_drafted(space):
    space.write(
        model={"train": {"epochs": 2}}, data__features=None,
        data__split={"test": 0.4, "validation": 0.1, "seed": 5},
    )  # fmt: skip
    assert space.audit("train", "audit.yaml")[0] == 0
    values = drafted(space, "model", "people.csv", "--force")
    assert values["model"] == {"bundle": "model"}
    assert values["data"]["split"] == {"test": 0.4, "validation": 0.1, "seed": 5}
    assert space.audit("run", "audit.yaml", "--output", "out")[0] == 0
    assert not any("seen in training" in n["subject"] for n in space.evidence()["not_assessed"])


def test_a_column_of_scores_or_labels_is_a_model_too(space):
    space.table(
        people().assign(
            score=lambda f: (f["skill"] * 2 + 5).round(1),
            said=lambda f: f["skill"] > 0,
            label=lambda f: np.where(f["hired"] == 1, "yes", "no"),
        ).drop(columns="hired")
    )  # fmt: skip
    values = drafted(space, "score", "people.csv")
    assert values["predictions"] == {"score": "score"}
    assert values["data"]["target"] == {"column": "label", "positive": ["yes"]}
    assert space.audit("run", "audit.yaml", "--output", "out")[0] == 0
    values = drafted(space, "said", "people.csv", "--force")
    assert values["predictions"] == {"label": "said"}


def test_a_split_column_and_awkward_names_are_written_as_yaml(space):
    frame = people().rename(columns={"hired": "yes: or #no", "sex": "Gender"})
    frame["split"] = np.where(np.arange(len(frame)) % 3 == 0, "Test", "Training")
    space.table(frame)
    values = drafted(space, "skill", "people.csv")
    assert values["data"]["target"] == "yes: or #no"
    assert "split" not in values["data"]
    values = drafted(space, "network.py:build", "people.csv", "--force")
    assert values["data"]["split"] == {"column": "split", "train": "Training", "test": "Test"}


def test_a_table_without_sensitive_names_says_so(space):
    space.table(people().drop(columns=["sex", "age"]))
    drafted(space, "network.py:build", "people.csv")
    text = (space.folder / "audit.yaml").read_text()
    assert "CHECK: name the columns whose groups are compared" in text
    code, _, err = space.audit("run", "audit.yaml")
    assert (code, err.count("\n")) == (2, 1)
    assert "expected at least one column" in err


def test_numbers_as_target_get_a_bound(space):
    space.table(people().drop(columns="hired").assign(outcome=lambda f: f["skill"] * 10))
    values = drafted(space, "network.py:build", "people.csv")
    assert values["data"]["target"]["column"] == "outcome"
    assert "above" in values["data"]["target"]


def test_keys_that_are_all_commented_out_are_not_given(space):
    drafted(space, "network.py:build", "people.csv")
    config = load_config(space.folder / "audit.yaml")
    assert config.statements.intended_use is None


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("network.safetensors", "nobody.csv"), "no such file"),
        (("nothing.pt2", "people.csv"), "no such file, function or column"),
        (("scroe", "people.csv"), "no such file, function or column"),
        (("people.csv", "people.csv"), "unknown format"),
    ],
)
def test_what_is_not_recognised_is_told(space, arguments, line):
    before = space.files()
    code, _, err = space.audit("init", *arguments)
    assert (code, err.count("\n")) == (2, 1)
    assert line in err
    assert space.files() == before


def test_an_existing_configuration_is_kept(space):
    space.write()
    code, _, err = space.audit("init", "network.py:build", "people.csv")
    assert code == 2
    assert "exists already; overwrite it with --force" in err
