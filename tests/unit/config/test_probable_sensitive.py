"""Attributes known by probability, and what metrics asked for by name need, in audit.yaml."""

from __future__ import annotations

import jsonschema
import pytest

from audit.config import AuditConfig, config_from, json_schema
from audit.errors import ConfigError

RACE = {"name": "race", "probabilities": {"white": "p_white", "black": "p_black"}}


def values(sensitive=("sex", RACE), metrics=(), predictions=None, **data):
    return {
        "data": {"path": "a.csv", "target": "y", "sensitive": list(sensitive), **data},
        "predictions": predictions or {"score": "s"},
        "metrics": {"names": list(metrics) or "default"},
    }


def test_both_kinds_of_attributes_may_stand_in_one_list():
    config = config_from(values(sensitive=["sex", RACE, {"column": "age", "bins": [40]}]))
    assert [item.column for item in config.data.categorical] == ["sex", "age"]
    assert [item.name for item in config.data.probable] == ["race"]
    assert config.data.probable[0].columns == ("p_white", "p_black")
    assert AuditConfig.model_validate(config.model_dump(mode="json")) == config


@pytest.mark.parametrize("sensitive", [[RACE], RACE, [{**RACE, "proxy": "zip"}]], ids=range(3))
def test_probabilities_alone_are_enough(sensitive):
    given = values()
    given["data"]["sensitive"] = sensitive
    config = config_from(given)
    assert config.data.categorical == ()
    assert len(config.data.probable) == 1


def test_names_of_categories_are_texts():
    config = config_from(values(sensitive=[{"name": "r", "probabilities": {1: "a", False: "b"}}]))
    assert list(config.data.probable[0].probabilities) == ["1", "False"]


@pytest.mark.parametrize(
    ("item", "line"),
    [
        ({"name": "r", "probabilites": {}}, "'probabilites' in data.sensitive.1; did you mean"),
        ({**RACE, "bins": [1]}, "unknown key 'bins' in data.sensitive.1"),
        ({"name": "r", "probabilities": {"a": "x"}}, "two categories or more, came 1"),
        ({"name": "r", "probabilities": {"a": "x", "b": "x"}}, "a column of its own for each"),
        ({"name": "r", "probabilities": {"a": "x", "unknown": "z"}}, "categories that are known"),
        ({"name": "r", "probabilities": ["x", "z"]}, "probabilities: expected keys, came"),
        ({"probabilities": {"a": "x", "b": "z"}}, "data.sensitive.1.name: expected a value"),
        ({"name": "", "probabilities": {"a": "x", "b": "z"}}, "data.sensitive.1.name: "),
        ({"name": "sex", "probabilities": {"a": "x", "b": "z"}}, "each sensitive column once"),
        ({"name": "y", "probabilities": {"a": "x", "b": "z"}}, "'y' is the target"),
        ({"name": "r", "probabilities": {"a": "sex", "b": "z"}}, "plays another part already"),
        ({"name": "r", "probabilities": {"a": "y", "b": "z"}}, "plays another part already"),
        ({"name": "r", "probabilities": {"a": "s", "b": "z"}}, "'s' is a sensitive attribute"),
    ],
    ids=range(13),
)
def test_what_is_wrong_is_told_in_one_line(item, line):
    with pytest.raises(ConfigError) as caught:
        config_from(values(sensitive=["sex", item]))
    assert line in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("given", "line"),
    [
        (
            values(metrics=["exposure"], predictions={"label": "s"}),
            "exposure ranks rows by their scores, came predicted labels alone; give predictions",
        ),
        (values(metrics=["top_5_rate"], predictions={"label": "s"}), "top_5_rate ranks rows"),
        (values(metrics=["consistency"]), "consistency needs to know by what rows are alike"),
        (
            values(metrics=["consistency"], similar=["a"], task="regression"),
            "consistency compares decisions, came task: regression",
        ),
        (values(metrics=["interval_coverage"]), "needs the two ends of the interval"),
        (
            values(predictions={"score": "s", "lower": "l", "upper": "u"}),
            "lower and upper are ends of intervals of numbers, came task: binary",
        ),
        (values(predictions={"score": "s", "lower": "l"}), "both of lower and upper"),
        (values(metrics=["top_0_rate"]), "unknown metric 'top_0_rate'"),
        (values(query="y"), "'y' is the target"),
        (values(similar=["y"]), "'y' is the target"),
    ],
    ids=range(10),
)
def test_what_a_metric_lacks_is_told_before_anything_runs(given, line):
    with pytest.raises(ConfigError) as caught:
        config_from(given)
    assert line in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_they_need_is_enough():
    named = ["exposure", "ndcg", "top_25_rate", "top_3_share", "consistency"]
    assert config_from(values(metrics=named, query="q", similar=["a"])).metrics.neighbours == 5


def test_the_schema_takes_them():
    validator = jsonschema.Draft202012Validator(json_schema())
    validator.validate(values(query="q", similar=["a"]))
    assert not validator.is_valid(values(sensitive=[{"name": "r", "probabilities": 3}]))
