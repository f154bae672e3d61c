"""Activations of Keras as torch modules."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from torch import nn

from audit.models.keras_modules import Elementwise, Kinked
from audit.models.keras_spec import is_custom, require_known_code
from audit.models.keras_step import Modules, Step, place

LINEAR = "linear"
SLOPE = 0.3  # of Keras's LeakyReLU layer; its function leaky_relu has 0.2
FUNCTIONS: Mapping[str, Callable[[], nn.Module]] = {
    LINEAR: nn.Identity,
    "relu": nn.ReLU,
    "relu6": nn.ReLU6,
    "sigmoid": nn.Sigmoid,
    "tanh": nn.Tanh,
    "softmax": lambda: nn.Softmax(dim=-1),
    "log_softmax": lambda: nn.LogSoftmax(dim=-1),
    "leaky_relu": lambda: nn.LeakyReLU(0.2),
    "elu": nn.ELU,
    "selu": nn.SELU,
    "celu": nn.CELU,
    "gelu": nn.GELU,
    "swish": nn.SiLU,
    "silu": nn.SiLU,
    "mish": nn.Mish,
    "softplus": nn.Softplus,
    "softsign": nn.Softsign,
    "hard_sigmoid": nn.Hardsigmoid,
    "hard_silu": nn.Hardswish,
    "hard_swish": nn.Hardswish,
    "hard_tanh": nn.Hardtanh,
    "log_sigmoid": nn.LogSigmoid,
    "tanh_shrink": nn.Tanhshrink,
    "exponential": lambda: Elementwise("exponential"),
}


def activation(step: Step) -> Modules:
    """Return the module of a layer's activation, none where it is linear.

    Raises
    ------
    ModelError
        If it is a function of the user's, or one that has no twin.
    """
    given = step.settings.get("activation")
    if isinstance(given, Mapping) and str(given.get("class_name")) in ACTIVATION_LAYERS:
        require_known_code(str(given["class_name"]), step.spec.name, given, step.file)
        return [(_short(str(given["class_name"])), layer_of(step, given["class_name"], given))]
    name = _name(step, given)
    if name == LINEAR:
        return []
    if name not in FUNCTIONS:
        raise step.unsupported(f"has activation {name!r}")
    if name == "hard_sigmoid" and step.version < 3:  # noqa: PLR2004 - Keras 3 changed it
        return [(name, Elementwise("hard_sigmoid"))]
    return [(name, FUNCTIONS[name]())]


def _name(step: Step, given: Any) -> str:  # noqa: ANN401 - parsed JSON
    if given is None:
        return LINEAR
    if isinstance(given, str):
        return given
    inner = given.get("config")
    if is_custom(given) or given.get("class_name") != "function" or not isinstance(inner, str):
        raise step.unsupported(f"has an activation of its own ({given.get('class_name')})")
    return inner


def _short(kind: str) -> str:
    return kind.lower()


def layer_of(step: Step, kind: str, given: Mapping[str, Any]) -> nn.Module:
    """Return the module of an activation that is a layer, from its own configuration."""
    settings = given.get("config") or {}
    return ACTIVATION_LAYERS[kind](step, settings)


def _relu(step: Step, settings: Mapping[str, Any]) -> nn.Module:
    slope = float(settings.get("negative_slope") or 0.0)
    threshold, most = float(settings.get("threshold") or 0.0), settings.get("max_value")
    if threshold == 0 and most is None:
        return nn.LeakyReLU(slope) if slope else nn.ReLU()
    return Kinked(slope=slope, threshold=threshold, most=None if most is None else float(most))


def _leaky(step: Step, settings: Mapping[str, Any]) -> nn.Module:
    slope = settings.get("negative_slope", settings.get("alpha", SLOPE))
    return nn.LeakyReLU(float(slope))


def _elu(step: Step, settings: Mapping[str, Any]) -> nn.Module:
    return nn.ELU(float(settings.get("alpha", 1.0)))


def _softmax(step: Step, settings: Mapping[str, Any]) -> nn.Module:
    axis = settings.get("axis", -1)
    axis = axis[0] if isinstance(axis, list) and len(axis) == 1 else axis
    if isinstance(axis, list):
        raise step.unsupported(f"goes over axes {axis}")
    last = place(axis, step.rank) == step.rank - 1
    return nn.Softmax(dim=-1 if last else axis)


ACTIVATION_LAYERS: Mapping[str, Callable[[Step, Mapping[str, Any]], nn.Module]] = {
    "ReLU": _relu,
    "LeakyReLU": _leaky,
    "ELU": _elu,
    "Softmax": _softmax,
}
