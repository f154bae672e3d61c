"""A configuration is read whole or refused in one line that names the key."""

from __future__ import annotations

import json

import jsonschema
import pytest
import yaml

from audit.config import AuditConfig, config_from, json_schema, load_config
from audit.config.reading import SCHEMA_FILE
from audit.errors import ConfigError

SHORT = {
    "data": {"path": "a.csv", "target": "y", "sensitive": ["sex"]},
    "model": {"bundle": "model/"},
}
WHOLE = """
name: adult-income
data:
  path: adult.csv.gz
  target: {column: income, positive: [">50K", ">50K."]}
  sensitive: [sex, race, {column: age, bins: [25, 45, 65]}]
  intersections: 2
  features: {exclude: [fnlwgt]}
  sample_weight: fnlwgt
  split: {column: split, train: train, test: test}
model:
  train: {architecture: mlp, hidden: [64, 32], activation: relu, init: he, epochs: 30, lr: 1e-3,
          l2: 1.0e-4, dropout: 0.1, early_stopping: 5, seed: 0}
metrics: {names: default, reference: largest, confidence: 0.95, threshold: 0.5, minimum_group: 30,
          tolerance: 0.05}
explain: {methods: [integrated_gradients], baseline: mean, rows: 1000}
weights: {gaps: [demographic_parity, equal_opportunity], cuts: all, permutations: 1000, rows: 5000}
mitigate: [{method: fairness_penalty, constraint: demographic_parity, strength: 1.0}]
report: {regimes: [us-four-fifths, nyc-ll144], title: "Adult income"}
statements: {intended_use: "none", prepared_by: "me"}
seed: 0
"""


def changed(**changes):
    """SHORT with dotted keys (written with __) set, or removed where None."""
    values = json.loads(json.dumps(SHORT))
    for key, value in changes.items():
        *path, last = key.split("__")
        place = values
        for part in path:
            place = place.setdefault(part, {})
        if value is None:
            place.pop(last, None)
        else:
            place[last] = value
    return values


def test_the_whole_contract_is_understood(tmp_path):
    path = tmp_path / "audit.yaml"
    path.write_text(WHOLE)
    config = load_config(path)
    assert config.model.train.lr == 1e-3
    assert config.data.sensitive[2].bins == (25, 45, 65)
    assert config.data.target.positive == (">50K", ">50K.")
    assert config.mitigate[0].model_dump()["strength"] == 1.0


def test_a_short_one_is_filled_with_defaults_and_is_frozen():
    config = config_from(SHORT)
    assert config.metrics.confidence == 0.95
    assert config.explain.methods == ("integrated_gradients",)
    with pytest.raises(ValueError, match="frozen"):
        config.seed = 3


def test_names_are_known_before_anything_runs():
    with pytest.raises(ConfigError, match="unknown metric 'acuracy'; did you mean 'accuracy'"):
        config_from(changed(metrics__names=["acuracy"]))
    with pytest.raises(ConfigError, match="unknown explainer 'integrated_gradient'; did you mean"):
        config_from(changed(explain__methods=["integrated_gradient"]))
    assert config_from(changed(metrics__names="own.module:rate")).metrics.names


def test_what_is_dumped_is_read_again():
    config = config_from(SHORT)
    assert AuditConfig.model_validate(config.model_dump(mode="json")) == config


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"dat": {}}, "unknown key 'dat'; did you mean 'data'"),
        ({"data__sensitve": ["a"]}, "unknown key 'sensitve' in data; did you mean 'sensitive'"),
        ({"data__target": {"column": "y", "posit": 1}}, "'posit' in data.target; did you mean"),
        ({"data__sensitive": [{"columm": "a"}]}, "'columm' in data.sensitive.0; did you mean"),
        ({"data__target": None}, "data.target: expected a value, came none"),
        ({"data__sensitive": []}, "data: sensitive: expected at least one column"),
        ({"data__sensitive": ["sex", "sex"]}, "expected each sensitive column once"),
        ({"data__sensitive": [{"column": "a", "bins": [3, 2]}]}, "expected edges in rising order"),
        ({"data__path": None}, "expected exactly one of path and source"),
        ({"data__task": "ranking"}, "data.task: expected 'binary', 'multiclass' or 'regression'"),
        ({"data__split": {"test": 1.3}}, "expected shares between 0 and 1"),
        ({"data__split": {"test": 0.5, "validation": 0.5}}, "to leave training rows"),
        ({"data__split": {"column": "s"}}, "expected test: the value in 's'"),
        ({"data__split": {"train": "a", "test": "b"}}, "expected column: beside train"),
        ({"data__target": {"column": "y", "above": 1, "positive": 1}}, "one of positive and above"),
        ({"data__features": {"include": ["a"], "exclude": ["b"]}}, "one of include and exclude"),
        ({"model": None}, "exactly one of model and predictions, came neither"),
        ({"predictions": {"score": "s"}}, "exactly one of model and predictions, came both"),
        ({"model__train": {}}, "exactly one of bundle, factory, path and train, came bundle and"),
        ({"model": {}}, "exactly one of bundle, factory, path and train, came none"),
        ({"model": {"factory": "a.py:b"}}, "expected output: logit"),
        ({"model__output": "logit"}, "go with factory or path only"),
        ({"model": {"train": {"lr": "fast"}}}, "model.train.lr: expected a valid number"),
        ({"model": {"train": {"hidden": [0]}}}, "model.train.hidden.0: expected greater than"),
        ({"metrics__confidence": 1.5}, "metrics.confidence: expected less than 1, came 1.5"),
        ({"metrics__names": 3}, "metrics.names: expected 'default', came 3"),
        ({"predictions": {}, "model": None}, "exactly one of score and label"),
        ({"report__date": "tomorrow"}, "report.date"),
        ({"data": 3}, "data: expected keys, came 3"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(changes, line):
    with pytest.raises(ConfigError) as caught:
        config_from(changed(**changes), "audit.yaml")
    message = str(caught.value)
    assert line in message
    assert message.startswith("audit.yaml: ")
    assert "\n" not in message


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: [1", "line 1: expected YAML"),
        ("- 1", "expected keys and values"),
        ("", "expected keys and values"),
        ("just words", "expected keys and values"),
        ("name: a\nname: b", "line 2: expected YAML, came key 'name' occurs twice"),
        ("a: &x 1\nb: *x", "aliases are not used here"),
        ("!!python/object/apply:os.system ['true']", "could not determine a constructor"),
        ("\x00", "expected YAML"),
        ("a: {" * 2000, "expected YAML"),
        ("? [a, b]\n: c", "expected YAML"),
        ("a: 2026-13-45", "expected YAML"),
    ],
)
def test_what_is_no_yaml_is_told_in_one_line(tmp_path, text, line):
    path = tmp_path / "audit.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=line) as caught:
        load_config(path)
    assert "\n" not in str(caught.value)


def test_a_file_that_cannot_be_read_is_told(tmp_path):
    with pytest.raises(ConfigError, match="no such file; write a first one with: audit init"):
        load_config(tmp_path / "audit.yaml")
    with pytest.raises(ConfigError, match="cannot be read"):
        load_config(tmp_path)
    (tmp_path / "latin.yaml").write_bytes(b"name: \xff")
    with pytest.raises(ConfigError, match="expected UTF-8"):
        load_config(tmp_path / "latin.yaml")
    (tmp_path / "large.yaml").write_bytes(b"#" * (2 << 20))
    with pytest.raises(ConfigError, match="at most 1 MiB"):
        load_config(tmp_path / "large.yaml")


def test_the_shipped_schema_is_that_of_the_code_and_takes_the_contract():
    shipped = json.loads(SCHEMA_FILE.read_text())
    assert shipped == json_schema()
    validator = jsonschema.Draft202012Validator(shipped)
    values = yaml.safe_load(WHOLE.replace("1e-3", "1.0e-3"))
    validator.validate(values)
    validator.validate(SHORT)
    assert not validator.is_valid({**SHORT, "dat": {}})
