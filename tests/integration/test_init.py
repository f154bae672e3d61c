"""A first configuration is guessed, says what to check, and runs."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
import yaml

from audit.config import load_config
from tables import people
from tasks import rows


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
    assert values["data"]["features"] == {"include": ["skill", "commute", "city"]}
    assert space.audit("run", "audit.yaml", "--output", "out")[0] == 0


def test_every_guess_says_check(space):
    drafted(space, "network.safetensors", "people.csv")
    lines = (space.folder / "audit.yaml").read_text().splitlines()
    marked = {line.split(":")[0].strip(" -{#") for line in lines if "# CHECK:" in line}
    guesses = {"target", "sensitive", "column", "features", "split", "factory", "output"}
    assert marked == guesses | {"encode", "threshold", "tolerance"}


def test_an_encoder_is_given_the_sensitive_columns_that_it_names(space):
    code = (space.folder / "network.py").read_text()
    (space.folder / "network.py").write_text(
        code.replace("def encode", 'OWN = ["age"]\n\n\ndef encode')
    )
    values = drafted(space, "network.safetensors", "people.csv")
    assert values["data"]["features"] == {"include": ["skill", "commute", "city", "age"]}


def test_without_an_encoder_features_are_numbers(space):
    code = (space.folder / "network.py").read_text()
    (space.folder / "network.py").write_text(code.partition("def encode")[0])
    values = drafted(space, "network.safetensors", "people.csv")
    assert values["data"]["features"] == {"include": ["skill", "commute"]}
    assert "encode" not in values["model"]


CLASSES = """
import torch
from torch import nn

class Block(nn.Module):
    pass

class {name}(torch.nn.Module):
    def __init__(self{arguments}):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(5, 4), nn.ReLU(), nn.Linear(4, 1))
        for place in "02":
            setattr(self, f"layer{{place}}", self.layers[int(place)])

    def forward(self, x):
        return self.layers(x)
"""


@pytest.mark.parametrize(
    ("file", "name", "arguments", "found"),
    [
        ("network2.py", "Scorer", "", "network.py:build"),
        ("network.py", "Scorer", ", width=4, *, deep=True", "network.py:Scorer"),
        ("network.py", "Scorer", ", width", "network.py:Block"),
        ("network.py", "Scorer", ", *, width", "network.py:Block"),
    ],
)
def test_a_class_is_a_factory_where_it_needs_no_arguments(space, file, name, arguments, found):
    (space.folder / file).write_text(CLASSES.format(name=name, arguments=arguments))
    values = drafted(space, "network.safetensors", "people.csv")
    assert values["model"]["factory"] == found


def test_a_class_beside_weights_of_another_name_is_found_and_runs(space):
    (space.folder / "network.py").unlink()
    (space.folder / "net.py").write_text(
        "from torch import nn\n\n\n"
        "class Net(nn.Module):\n"
        "    def __init__(self):\n"
        "        super().__init__()\n"
        "        self.out = nn.Linear(2, 1)\n\n"
        "    def forward(self, x):\n"
        "        return self.out(x)\n"
    )
    torch.save(
        {"out.weight": torch.ones(1, 2), "out.bias": torch.zeros(1)}, space.folder / "net2.pt"
    )
    values = drafted(space, "net2.pt", "people.csv")
    assert values["model"] == {"factory": "net.py:Net", "weights": "net2.pt", "output": "logit"}
    assert space.audit("run", "audit.yaml", "--output", "out")[0] == 0


def test_where_nothing_builds_the_network_the_run_points_at_the_line(space):
    (space.folder / "network.py").write_text("def build(:\n")
    values = drafted(space, "network.safetensors", "people.csv")
    assert values["model"]["factory"] == "CHECK.py:build"
    code, _, err = space.audit("run", "audit.yaml")
    assert (code, err.count("\n")) == (2, 1)
    assert "code file CHECK.py does not exist" in err


def test_a_function_of_ones_own_takes_the_only_weights_beside_it(space):
    values = drafted(space, "network.py:build", "people.csv")
    assert values["model"]["factory"] == "network.py:build"
    assert values["model"]["weights"] == "network.safetensors"
    assert space.audit("run", "audit.yaml", "--output", "out")[0] == 0
    torch.save({}, space.folder / "other.pt")
    values = drafted(space, "network.py:build", "people.csv", "--force")
    assert "weights" not in values["model"]
    assert "# weights:" in (space.folder / "audit.yaml").read_text()


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


def test_a_bundle_states_its_target_and_its_inputs_are_not_guessed_as_one(space):
    space.table(
        people().assign(
            approved=lambda f: (f["commute"] > 35).astype(int),
            result=lambda f: np.where(f["hired"] == 1, "in", "out"),
        ).drop(columns="hired")
    )  # fmt: skip
    target = {"column": "result", "positive": ["in"]}
    space.write(
        model={"train": {"epochs": 2}}, data__target=target,
        data__features={"include": ["skill", "commute", "approved", "sex"]},
    )  # fmt: skip
    assert space.audit("train", "audit.yaml")[0] == 0
    values = drafted(space, "model", "people.csv", "--force")
    assert values["data"]["target"] == target
    assert "features" not in values["data"]
    assert space.audit("run", "audit.yaml", "--output", "out")[0] == 0
    described = json.loads((space.folder / "model" / "model.json").read_text())
    described["training"]["target"] = None
    (space.folder / "model" / "model.json").write_text(json.dumps(described))
    values = drafted(space, "model", "people.csv", "--force")
    assert values["data"]["target"]["column"] == "result"


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


@pytest.mark.parametrize(
    ("column", "task", "target", "predictions"),
    [
        (
            "said",
            "multiclass",
            {"column": "kind", "positive": "dog"},
            {"label": "said"},
        ),
        ("guess", "regression", "income", {"score": "guess"}),
    ],
)
def test_predicted_classes_and_numbers_are_told_from_decisions(
    space, column, task, target, predictions
):
    other = {"said": ["income", "guess"], "guess": ["kind", "said"]}[column]
    dropped = [*other, "chance", "site", "weight", "who", "age"]
    frame = rows(300).drop(columns=dropped)
    if column == "said":
        frame["kind"] = np.where(np.arange(300) < 200, "dog", frame["kind"])
    space.table(frame)
    values = drafted(space, column, "people.csv")
    assert values["data"]["task"] == task
    assert values["data"]["target"] == target
    assert values["predictions"] == predictions
    assert "threshold" not in values["metrics"]
    assert space.audit("run", "audit.yaml", "--output", "out")[0] == 0
    assert space.evidence()["data"]["task"] == task
