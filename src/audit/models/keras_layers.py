"""Layers of Keras as torch modules: a table from class to what builds it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod

import torch
from torch import Tensor, nn
from torch.nn.utils import skip_init

from audit.models.keras_activations import ACTIVATION_LAYERS, activation, layer_of
from audit.models.keras_modules import (
    PAIRS,
    ChannelsLast,
    Joined,
    Merged,
    Moved,
    Permuted,
    Repeated,
    Shaped,
    Slopes,
)
from audit.models.keras_spatial import SPATIAL
from audit.models.keras_step import Modules, Step, place
from audit.models.keras_weights import Shape

EPSILON = 1e-7
NORMS = {2: nn.BatchNorm1d, 3: nn.BatchNorm1d, 4: nn.BatchNorm2d, 5: nn.BatchNorm3d}
SLIGHT = 1e-30  # torch wants something above 0 under the root


def dense(step: Step) -> Modules:
    """Return the twin of a Dense layer: Linear, and its activation."""
    units, inputs = step.whole("units"), step.shape[-1]
    roles: dict[str, Shape] = {"kernel": (inputs, units)}
    if step.settings.get("use_bias", True):
        roles["bias"] = (units,)
    found = step.read(roles)
    module = skip_init(  # type: ignore[no-untyped-call]  # torch's own
        nn.Linear, inputs, units, bias="bias" in found, dtype=found["kernel"].dtype
    )
    state = {"weight": found["kernel"].T.contiguous()}
    if "bias" in found:
        state["bias"] = found["bias"]
    module.load_state_dict(state)
    return [("", module), *activation(step)]


def batch_normalization(step: Step) -> Modules:
    """Return the twin of a BatchNormalization layer."""
    (axis,) = step.axes()
    width = step.shape[axis - 1]
    affine = {"gamma": "scale", "beta": "center"}
    roles = {role: (width,) for role, key in affine.items() if step.settings.get(key, True)}
    roles |= {"moving_mean": (width,), "moving_variance": (width,)}
    found = step.read(roles)
    if step.rank not in NORMS or axis not in {1, step.rank - 1}:
        raise step.unsupported(f"goes over axis {axis} of {step.rank} dimensions")
    module = NORMS[step.rank](
        width,
        eps=step.number("epsilon", 1e-3),
        momentum=1 - step.number("momentum", 0.99),
        affine=bool(roles.keys() & affine),
        dtype=found["moving_mean"].dtype,
    )
    _fill(module, found)
    plain = axis == 1
    return [("", module if plain else ChannelsLast(module))]


def _fill(module: nn.Module, found: Mapping[str, Tensor]) -> None:
    names = {
        "gamma": "weight",
        "beta": "bias",
        "moving_mean": "running_mean",
        "moving_variance": "running_var",
    }
    state = {names[role]: tensor for role, tensor in found.items()}
    module.load_state_dict(state, strict=False)  # without gamma or beta, ones and zeros stay


def layer_normalization(step: Step) -> Modules:
    """Return the twin of a LayerNormalization layer over the last dimensions."""
    axes = sorted(step.axes())
    if step.settings.get("rms_scaling") or axes != list(range(axes[0], step.rank)):
        raise step.unsupported("scales by the root mean square, or goes over inner axes")
    shape = step.shape[axes[0] - 1 :]
    affine = {"gamma": "scale", "beta": "center"}
    roles = {role: shape for role, key in affine.items() if step.settings.get(key, True)}
    found = step.read(roles)
    dtype = next((tensor.dtype for tensor in found.values()), torch.float32)
    module = nn.LayerNorm(
        shape, eps=step.number("epsilon", 1e-3), elementwise_affine=bool(roles), dtype=dtype
    )
    _fill(module, found)
    return [("", module)]


def normalization(step: Step) -> Modules:
    """Return the twin of a Normalization layer, whose statistics come from data."""
    settings = step.settings
    keeps = settings.get("axis", -1)
    axes = () if keeps is None else tuple(sorted(step.axes()))
    inside = tuple(step.shape[axis - 1] for axis in axes if axis)
    if settings.get("mean") is None:
        mean, variance = _adapted(step, inside)
    else:
        mean, variance = (_stated(step, key, inside) for key in ("mean", "variance"))
    spread = variance.sqrt().clamp(min=EPSILON)
    wide = [size if place in axes else 1 for place, size in enumerate(step.shape, start=1)]
    mean, spread = mean.reshape(wide), spread.reshape(wide)
    if settings.get("invert"):
        return [("", Moved(spread, mean))]
    return [("", _standardised(step, mean, spread))]


def _adapted(step: Step, shape: tuple[int, ...]) -> tuple[Tensor, Tensor]:
    """Return what ``adapt`` found; Keras keeps a count beside it, as a whole number."""
    roles = {"mean": shape, "variance": shape, "count": ()}
    found = step.weights.read(step.place, roles)
    parts = (torch.from_numpy(found[role].astype("float32")) for role in ("mean", "variance"))
    mean, variance = parts
    if not bool(torch.isfinite(mean).all() and (variance >= 0).all()):
        raise step.unsupported("has statistics that are not finite, or negative variances")
    return mean, variance


def _stated(step: Step, key: str, shape: tuple[int, ...]) -> Tensor:
    value = torch.tensor(step.settings[key], dtype=torch.float32)
    if value.ndim > 0 and value.numel() == prod(shape):
        value = value.reshape(shape)
    if not bool(torch.isfinite(value).all()) or (key == "variance" and bool((value < 0).any())):
        raise step.unsupported(f"states a {key} that is not finite, or negative")
    return value.broadcast_to(shape).clone()


def _standardised(step: Step, mean: Tensor, spread: Tensor) -> nn.Module:
    """Return a batch normalisation without weights where it can be one: ledgers fold it in."""
    if step.rank != 2:  # noqa: PLR2004 - a table
        return Moved(1 / spread, -mean / spread)
    width = step.shape[-1]
    module = nn.BatchNorm1d(width, eps=SLIGHT, affine=False, momentum=0.0)
    state = {
        "running_mean": mean.expand(width).clone(),
        "running_var": spread.square().expand(width).clone(),
    }
    module.load_state_dict(state, strict=False)
    return module


def rescaling(step: Step) -> Modules:
    """Return the twin of a Rescaling layer."""
    scale, offset = (
        torch.as_tensor(step.settings.get(key, usual), dtype=torch.float32)
        for key, usual in (("scale", 1.0), ("offset", 0.0))
    )
    if step.rank == 2 and bool((scale > 0).all()) and offset.ndim < 2 > scale.ndim:  # noqa: PLR2004 - a table
        return [("", _standardised(step, -offset / scale, 1 / scale))]
    return [("", Moved(scale, offset))]


def flatten(step: Step) -> Modules:
    """Return the twin of a Flatten layer, channels last whatever the layout was."""
    if step.channels_first and step.rank > 2:  # noqa: PLR2004 - a table has no channels
        return [("channels", Permuted([*range(2, step.rank), 1])), ("", nn.Flatten())]
    return [("", nn.Flatten())]


def reshape(step: Step) -> Modules:
    """Return the twin of a Reshape layer."""
    shape = [int(size) for size in step.settings["target_shape"]]
    known = prod(size for size in shape if size != -1)
    if -1 in shape and known > 0:
        shape[shape.index(-1)] = prod(step.shape) // known
    if prod(shape) != prod(step.shape) or min(shape, default=1) < 1:
        raise step.unsupported(f"takes rows of shape {step.shape} to {shape}")
    return [("", Shaped(shape))]


def permute(step: Step) -> Modules:
    """Return the twin of a Permute layer."""
    return [("", Permuted([int(place) for place in step.settings["dims"]]))]


def repeat(step: Step) -> Modules:
    """Return the twin of a RepeatVector layer."""
    return [("", Repeated(step.whole("n")))]


def dropout(step: Step) -> Modules:
    """Return the twin of a Dropout layer."""
    if step.settings.get("noise_shape") is not None:
        raise step.unsupported("states a noise_shape")
    return [("", nn.Dropout(step.number("rate", 0.5)))]


def passing(step: Step) -> Modules:
    """Return the twin of a layer that does nothing outside of training."""
    return [("", nn.Identity())]


def prelu(step: Step) -> Modules:
    """Return the twin of a PReLU layer."""
    shared = {int(axis) for axis in step.settings.get("shared_axes") or ()}
    shape = tuple(1 if place in shared else size for place, size in enumerate(step.shape, start=1))
    return [("", Slopes(step.read({"alpha": shape})["alpha"]))]


def activation_layer(step: Step) -> Modules:
    """Return the twin of a layer that is an activation alone."""
    if step.spec.kind in ACTIVATION_LAYERS:
        return [("", layer_of(step, step.spec.kind, {"config": step.settings}))]
    found = activation(step)
    return [("", found[0][1] if found else nn.Identity())]


def merge(step: Step) -> Modules:
    """Return the twin of a layer that puts tensors together number by number."""
    return [("", Merged(step.spec.kind))]


def concatenate(step: Step) -> Modules:
    """Return the twin of a Concatenate layer."""
    rank = len(step.shapes[0]) + 1
    return [("", Joined(place(step.settings.get("axis", -1), rank)))]


LAYERS: Mapping[str, Callable[[Step], Modules]] = {
    "Dense": dense,
    "BatchNormalization": batch_normalization,
    "LayerNormalization": layer_normalization,
    "Normalization": normalization,
    "Rescaling": rescaling,
    "Flatten": flatten,
    "Reshape": reshape,
    "Permute": permute,
    "RepeatVector": repeat,
    "Dropout": dropout,
    "PReLU": prelu,
    "Activation": activation_layer,
    **dict.fromkeys(ACTIVATION_LAYERS, activation_layer),
    **dict.fromkeys(PAIRS, merge),
    "Concatenate": concatenate,
    **dict.fromkeys(
        (
            "Identity",
            "ActivityRegularization",
            "AlphaDropout",
            "GaussianDropout",
            "GaussianNoise",
            "SpatialDropout1D",
            "SpatialDropout2D",
            "SpatialDropout3D",
        ),
        passing,
    ),
    **SPATIAL,
}
