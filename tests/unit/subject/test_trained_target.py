"""A bundle is audited on the target that it was trained on, also one from an earlier version."""

from dataclasses import replace

import pytest

from audit.config import Train, config_from
from audit.errors import ConfigError
from audit.models.training import train
from audit.subject.inputs import require_its_target
from builders_models import separable


def config(**target):
    data = {"path": "x.csv", "target": {"column": "y", **target}, "sensitive": "s"}
    return config_from({"data": data, "model": {"bundle": "model"}})


def test_keys_that_were_not_there_yet_make_no_difference():
    model = train(separable(), Train(hidden=(), epochs=1)).model
    before = {"column": "y", "positive": ["a"], "above": None}
    known = replace(model, training=replace(model.training, target=before))
    require_its_target(config(positive=["a"]), known, ["x"])
    with pytest.raises(
        ConfigError, match=r"another target: \{'column': 'y', 'positive': \['a'\]\}"
    ):
        require_its_target(config(positive=["b"]), known, ["x"])
    require_its_target(config(positive=["b"]), model, ["x"])
