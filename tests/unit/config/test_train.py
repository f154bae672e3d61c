"""Settings of a network to train: names, and what is recorded of them."""

import pytest

from audit.config import Train, config_from
from audit.errors import ConfigError
from audit.models.architectures import ARCHITECTURES
from audit.models.blueprints import FITTING
from audit.models.records import TrainingRecord

BEFORE = {
    "architecture": "mlp",
    "hidden": [32, 16],
    "activation": "relu",
    "init": "he",
    "optimizer": "adam",
    "lr": 1e-3,
    "l2": 1e-4,
    "dropout": 0.0,
    "epochs": 30,
    "batch_size": 128,
    "early_stopping": 5,
    "seed": 0,
}
"""Settings as they were recorded when a multilayer perceptron was all there was."""
LATER = {"channels", "kernel", "embedding", "heads", "blocks", "normalisation"}


def read(**train):
    values = {"data": {"path": "x.csv", "target": "y", "sensitive": "s"}, "model": {"train": train}}
    return config_from(values).model.train


def test_the_names_are_those_that_can_be_built():
    for name in ARCHITECTURES:
        assert read(architecture=name).architecture == name
    assert set(ARCHITECTURES) == set(FITTING)
    with pytest.raises(
        ConfigError, match="model.train.architecture: expected 'linear', 'mlp'.*'mpl'"
    ):
        read(architecture="mpl")


def test_a_stack_of_layers_is_recorded_as_it_always_was():
    assert Train().model_dump(mode="json") == BEFORE
    assert (
        config_from(
            {"data": {"path": "x.csv", "target": "y", "sensitive": "s"}, "model": {"train": {}}}
        ).model_dump(mode="json")["model"]["train"]
        == BEFORE
    )
    assert Train.model_validate(BEFORE) == Train()


def test_settings_that_were_changed_or_matter_are_recorded():
    layered = Train(normalisation="layer").model_dump(mode="json")
    assert layered == BEFORE | {"normalisation": "layer"}
    for name in sorted(set(ARCHITECTURES) - {"linear", "mlp"}):
        dumped = Train(architecture=name).model_dump(mode="json")
        assert set(dumped) == set(BEFORE) | LATER
        assert Train.model_validate(dumped) == Train(architecture=name)


def test_heads_share_the_embedding():
    with pytest.raises(ConfigError, match="came 3 heads and an embedding of 32"):
        read(architecture="transformer", heads=3)
    assert read(architecture="text_cnn", heads=3).heads == 3


@pytest.mark.parametrize(
    "wrong",
    [{"channels": []}, {"channels": [0]}, {"kernel": 0}, {"embedding": 0}, {"heads": 0},
     {"blocks": 0}, {"normalisation": "group"}],
)  # fmt: skip
def test_impossible_settings_are_refused(wrong):
    with pytest.raises(ConfigError, match=f"model.train.{next(iter(wrong))}"):
        read(**wrong)


def test_a_record_from_before_still_loads():
    from pydantic import TypeAdapter

    record = {
        "settings": BEFORE, "data_sha256": "0" * 64, "split": {}, "rows": {"train": 9},
        "best_epoch": 1, "stopped_early": False, "initial_sha256": "1" * 64,
        "final_sha256": "2" * 64,
        "epochs": [
            {"epoch": 1, "train_loss": 0.5, "validation_loss": 0.6, "validation_accuracy": 0.7}
        ],
    }  # fmt: skip
    found = TypeAdapter(TrainingRecord).validate_python(record)
    assert found.epochs[0].validation_gap is None
    assert found.epochs[0].validation_rmse is None
