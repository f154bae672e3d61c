"""Keras models for tests, made by Keras itself on the torch backend, or written like Keras does."""

from __future__ import annotations

import itertools
import json
import logging
import os

import numpy as np
import pytest
import torch

from audit.config import ModelConfig
from audit.models.keras_file import load_keras

os.environ["KERAS_BACKEND"] = "torch"
logging.getLogger("absl").setLevel(logging.ERROR)  # that .h5 is legacy
SUFFIXES = ("keras", "h5")
NUMPY = pytest.mark.filterwarnings("ignore:__array__ implementation")  # of Keras on torch
h5py = pytest.importorskip("h5py", reason='pip install "weight-audit[keras]"')
keras = pytest.importorskip("keras", reason="Keras makes the files of these tests")


def sequential(*layers, shape=(3,), seed=0):
    """A Sequential model whose weights are all random, statistics too."""
    return randomised(keras.Sequential([keras.Input(shape), *layers]), seed)


def randomised(model, seed=0):
    draw = np.random.default_rng(seed)
    for weight in model.weights:
        if "int" not in str(weight.dtype):
            low = 0.2 if "variance" in weight.path else -0.7
            weight.assign(draw.uniform(low, 0.9, weight.shape))
    return model


def saved(model, folder, suffix, name="network"):
    path = folder / f"{name}.{suffix}"
    model.save(path)
    return path


def load(path, **settings):
    settings = {"path": path.name, **settings}
    return load_keras(ModelConfig(**settings), path.parent, device=torch.device("cpu"))


def sample(shape, rows=5, seed=1):
    return np.random.default_rng(seed).normal(size=(rows, *shape)).astype(np.float32)


def asked(model, *inputs):
    """What Keras answers."""
    given = [torch.from_numpy(item) for item in inputs]
    with torch.no_grad():
        found = model(given[0] if len(given) == 1 else given, training=False)
    return found.cpu().numpy()


def require_agreement(model, folder, suffix, shape, **settings):
    """Hold a loaded file against Keras, within 1e-5 of the largest answer."""
    values = sample(shape)
    loaded = load(saved(model, folder, suffix), **settings)
    with torch.no_grad():
        ours = loaded.network(torch.from_numpy(values.reshape(len(values), -1))).numpy()
    theirs = asked(model, values)
    assert ours.shape == theirs.shape
    assert np.abs(ours - theirs).max() <= 1e-5 * max(np.abs(theirs).max(), 1e-3)
    assert np.ptp(theirs) > 0
    return loaded


def written_h5(path, config, weights, version="2.15.0"):
    """Write a whole model as Keras 2 does: a configuration, and groups of named arrays."""
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = config if isinstance(config, str) else json.dumps(config)
        file.attrs["keras_version"] = version
        file.attrs["backend"] = "tensorflow"
        group = file.create_group("model_weights")
        group.attrs["layer_names"] = [name.encode() for name in weights]
        for layer, arrays in weights.items():
            own = group.create_group(layer)
            own.attrs["weight_names"] = [name.encode() for name in arrays]
            for name, values in arrays.items():
                own.create_dataset(name, data=values)
    return path


def dense(name, units, activation="linear", **more):
    """A Dense layer as Keras 2 writes it."""
    settings = {"name": name, "units": units, "activation": activation, "use_bias": True, **more}
    return {"class_name": "Dense", "config": settings}


def stack(*layers):
    """A Sequential model as Keras 2 writes it."""
    return {"class_name": "Sequential", "config": {"name": "sequential", "layers": list(layers)}}


def kernels(*sizes, seed=0):
    """Weights of Dense layers called d1, d2, ..., named as Keras 2 does."""
    draw = np.random.default_rng(seed)
    return {
        f"d{place}": {
            f"d{place}/kernel:0": draw.normal(size=pair).astype(np.float32),
            f"d{place}/bias:0": draw.normal(size=pair[1]).astype(np.float32),
        }
        for place, pair in enumerate(itertools.pairwise(sizes), start=1)
    }
