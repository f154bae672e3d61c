"""Each layer of Keras, with random weights, against Keras itself."""

import pytest
import torch
from torch import nn

from builders_keras import (
    NUMPY,
    SUFFIXES,
    keras,
    load,
    randomised,
    require_agreement,
    saved,
    sequential,
)

torch.set_num_threads(1)
pytestmark = NUMPY
L = keras.layers
IMAGE, SERIES, VOLUME = (6, 5, 2), (7, 3), (4, 4, 3, 2)


def end():
    return [L.Flatten(name="flat"), L.Dense(1, name="end")]


ACTIVATIONS = [
    "relu", "relu6", "sigmoid", "tanh", "softmax", "log_softmax", "leaky_relu", "elu", "selu",
    "celu", "gelu", "swish", "silu", "mish", "softplus", "softsign", "hard_sigmoid", "hard_silu",
    "hard_tanh", "log_sigmoid", "tanh_shrink", "exponential", "linear",
]  # fmt: skip


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_an_activation_is_that_of_keras(tmp_path, name):
    model = sequential(L.Dense(4, activation=name), L.Activation(name), L.Dense(1))
    require_agreement(model, tmp_path, "keras", (3,), output="logit")


TABLES = {
    "ReLU": L.ReLU,
    "ReLU with options": lambda: L.ReLU(max_value=1.5, negative_slope=0.1, threshold=0.2),
    "ReLU with a slope": lambda: L.ReLU(negative_slope=0.1),
    "LeakyReLU": L.LeakyReLU,
    "LeakyReLU with a slope": lambda: L.LeakyReLU(negative_slope=0.05),
    "ELU": lambda: L.ELU(alpha=0.7),
    "PReLU": L.PReLU,
    "Softmax": L.Softmax,
    "BatchNormalization": lambda: L.BatchNormalization(epsilon=0.01),
    "BatchNormalization alone": lambda: L.BatchNormalization(center=False, scale=False),
    "BatchNormalization, scaled": lambda: L.BatchNormalization(center=False),
    "BatchNormalization, moved": lambda: L.BatchNormalization(scale=False),
    "LayerNormalization": L.LayerNormalization,
    "LayerNormalization, plain": lambda: L.LayerNormalization(center=False, scale=False),
    "Normalization, stated": lambda: L.Normalization(mean=[1.0, 2, 0, 1], variance=[1, 4, 0.1, 2]),
    "Normalization, one number": lambda: L.Normalization(axis=None, mean=2.0, variance=3.0),
    "Normalization, found": L.Normalization,
    "Normalization, back": lambda: L.Normalization(mean=1.0, variance=4.0, invert=True),
    "Rescaling": lambda: L.Rescaling(1 / 3, offset=0.5),
    "Rescaling, negative": lambda: L.Rescaling(-2.0),
    "Dropout": lambda: L.Dropout(0.4),
    "GaussianNoise": lambda: L.GaussianNoise(0.4),
    "Reshape": lambda: L.Reshape((2, -1)),
    "RepeatVector": lambda: L.RepeatVector(3),
    "no bias": lambda: L.Dense(3, use_bias=False),
    "activation is a layer": lambda: L.Dense(3, activation=L.LeakyReLU(negative_slope=0.4)),
}


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("name", TABLES)
def test_a_layer_of_tables_is_that_of_keras(tmp_path, name, suffix):
    model = sequential(L.Dense(4), TABLES[name](), *end())
    require_agreement(model, tmp_path, suffix, (3,), output="logit")


IMAGES = {
    "Conv2D": lambda: L.Conv2D(3, 3, activation="relu"),
    "Conv2D same": lambda: L.Conv2D(3, (3, 2), padding="same"),
    "Conv2D same, strides": lambda: L.Conv2D(3, 4, padding="same", strides=2),
    "Conv2D dilated": lambda: L.Conv2D(3, 2, dilation_rate=2, use_bias=False),
    "Conv2D groups": lambda: L.Conv2D(4, 2, groups=2),
    "DepthwiseConv2D": lambda: L.DepthwiseConv2D(3, depth_multiplier=2),
    "SeparableConv2D": lambda: L.SeparableConv2D(5, 3, depth_multiplier=2, padding="same"),
    "MaxPooling2D": L.MaxPooling2D,
    "MaxPooling2D same": lambda: L.MaxPooling2D((2, 3), strides=2, padding="same"),
    "AveragePooling2D": lambda: L.AveragePooling2D((3, 2), strides=1),
    "GlobalMaxPooling2D": L.GlobalMaxPooling2D,
    "GlobalAveragePooling2D": lambda: L.GlobalAveragePooling2D(keepdims=True),
    "ZeroPadding2D": lambda: L.ZeroPadding2D(((1, 2), (0, 3))),
    "Cropping2D": lambda: L.Cropping2D(((1, 2), (0, 3))),
    "BatchNormalization": L.BatchNormalization,
    "BatchNormalization, first axis": lambda: L.BatchNormalization(axis=1),
    "LayerNormalization, two axes": lambda: L.LayerNormalization(axis=[2, 3]),
    "Normalization": L.Normalization,
    "Rescaling": lambda: L.Rescaling(1 / 255),
    "Permute": lambda: L.Permute((3, 1, 2)),
    "Dense on the last axis": lambda: L.Dense(3, activation="tanh"),
    "SpatialDropout2D": lambda: L.SpatialDropout2D(0.5),
    "PReLU, shared": lambda: L.PReLU(shared_axes=[1, 2]),
}
CHANNELS_FIRST = {
    "Conv2D": lambda: L.Conv2D(3, 2, data_format="channels_first"),
    "MaxPooling2D": lambda: L.MaxPooling2D(data_format="channels_first", pool_size=2),
    "GlobalAveragePooling2D": lambda: L.GlobalAveragePooling2D(data_format="channels_first"),
    "Flatten": lambda: L.Flatten(data_format="channels_first"),
}
OTHERS = {
    "Conv1D": (SERIES, lambda: L.Conv1D(4, 3)),
    "Conv1D causal": (SERIES, lambda: L.Conv1D(4, 3, padding="causal", dilation_rate=2)),
    "DepthwiseConv1D": (SERIES, lambda: L.DepthwiseConv1D(2)),
    "SeparableConv1D": (SERIES, lambda: L.SeparableConv1D(4, 2)),
    "MaxPooling1D": (SERIES, lambda: L.MaxPooling1D(2)),
    "AveragePooling1D": (SERIES, lambda: L.AveragePooling1D(3, padding="same", strides=1)),
    "GlobalMaxPooling1D": (SERIES, L.GlobalMaxPooling1D),
    "ZeroPadding1D": (SERIES, lambda: L.ZeroPadding1D((1, 2))),
    "Cropping1D": (SERIES, lambda: L.Cropping1D(1)),
    "BatchNormalization, series": (SERIES, L.BatchNormalization),
    "Conv3D": (VOLUME, lambda: L.Conv3D(3, 2, padding="same")),
    "MaxPooling3D": (VOLUME, lambda: L.MaxPooling3D(2)),
    "BatchNormalization, volume": (VOLUME, L.BatchNormalization),
    **{f"{name}, image": (IMAGE, make) for name, make in IMAGES.items()},
    **{f"{name}, channels first": (IMAGE, make) for name, make in CHANNELS_FIRST.items()},
}


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("name", OTHERS)
def test_a_layer_of_places_is_that_of_keras(tmp_path, name, suffix):
    shape, make = OTHERS[name]
    model = sequential(make(), *end(), shape=shape)
    require_agreement(model, tmp_path, suffix, shape, output="logit")


def test_averages_at_the_border_leave_padding_out(tmp_path):
    model = sequential(L.AveragePooling2D(2, padding="same", name="mean"), *end(), shape=(3, 3, 1))
    loaded = load(saved(model, tmp_path, "keras"), output="logit")
    found = loaded.network.mean(torch.arange(9.0).reshape(1, 3, 3, 1))
    assert found.reshape(-1).tolist() == [2.0, 3.5, 6.5, 8.0]


@pytest.mark.parametrize("kind", ["Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum"])
def test_branches_that_meet_are_those_of_keras(tmp_path, kind):
    start = keras.Input((3,), name="start")
    branches = [L.Dense(4, activation="tanh")(start), L.Dense(4)(start)]
    if kind != "Subtract":
        branches.append(L.Dense(4)(start))
    model = randomised(keras.Model(start, L.Dense(1)(getattr(L, kind)()(branches))))
    require_agreement(model, tmp_path, "keras", (3,), output="logit")


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("axis", [-1, 1, 2])
def test_tensors_side_by_side_are_those_of_keras(tmp_path, axis, suffix):
    start = keras.Input((4, 5, 2))
    sides = [L.Conv2D(3, 3, padding="same")(start), L.Conv2D(3, 3, padding="same")(start)]
    joined = L.Flatten()(L.Concatenate(axis=axis)(sides))
    model = randomised(keras.Model(start, L.Dense(2, activation="softmax")(joined)))
    assert require_agreement(model, tmp_path, suffix, (4, 5, 2)).output == "probabilities"


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_layer_that_is_called_twice_has_its_weights_once(tmp_path, suffix):
    start = keras.Input((3,))
    shared = L.Dense(3, activation="tanh", name="shared")
    model = randomised(keras.Model(start, L.Dense(1)(shared(shared(start)))))
    loaded = require_agreement(model, tmp_path, suffix, (3,), output="logit")
    assert sum(p.numel() for p in loaded.network.parameters()) == model.count_params()


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_networks_within_networks_are_unfolded(tmp_path, suffix):
    deep = keras.Sequential([keras.Input((4,)), L.Dense(3), L.BatchNormalization()], name="deep")
    begin = keras.Input((3,))
    inner = keras.Model(begin, L.Add()([deep(L.Dense(4)(begin)), L.Dense(3)(begin)]), name="in")
    start = keras.Input((3,))
    model = randomised(keras.Model(start, L.Dense(1)(inner(L.Dense(3, name="d")(inner(start))))))
    loaded = require_agreement(model, tmp_path, suffix, (3,), output="logit")
    assert sum(p.numel() for p in loaded.network.parameters()) == sum(
        weight.numpy().size for weight in model.trainable_weights
    )


def test_a_convolution_is_one_of_torch(tmp_path):
    model = sequential(L.Conv2D(3, 2, name="conv"), *end(), shape=(4, 4, 1))
    loaded = load(saved(model, tmp_path, "keras"), output="logit")
    assert isinstance(loaded.network.conv.inner, nn.Conv2d)
    assert [name for name, _ in loaded.network.named_children()] == ["shape", "conv", "flat", "end"]


def test_double_precision_stays(tmp_path):
    model = sequential(L.Dense(2, dtype="float64"), L.Dense(1, dtype="float64"))
    path = saved(model, tmp_path, "keras")
    assert {p.dtype for p in load(path, output="logit").network.parameters()} == {torch.float64}
