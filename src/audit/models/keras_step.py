"""A layer of Keras that is about to become torch modules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from audit.errors import ModelError
from audit.models.keras_spec import ONNX, LayerSpec
from audit.models.keras_weights import Place, Shape, Weights, as_tensor

Modules = list[tuple[str, nn.Module]]


class UnsupportedError(ModelError):
    """A setting of a layer has no torch twin here."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """A layer, the shapes that come in, and its weights.

    Attributes
    ----------
    spec : LayerSpec
    shapes : tuple of tuple of int
        Of one row, one for each input.
    place : tuple of (name, stored name)
    weights : Weights
    version : int
        Of Keras, 2 or 3.
    file : str
    """

    spec: LayerSpec
    shapes: tuple[Shape, ...]
    place: Place
    weights: Weights
    version: int
    file: str

    @property
    def settings(self) -> Mapping[str, Any]:
        """Return the configuration of the layer."""
        return self.spec.settings

    @property
    def shape(self) -> Shape:
        """Return the shape of one row of its only input."""
        (shape,) = self.shapes
        return shape

    @property
    def rank(self) -> int:
        """Return the number of dimensions that come in, rows included."""
        return len(self.shape) + 1

    def number(self, name: str, default: float) -> float:
        """Return a setting as a number."""
        value = self.settings.get(name)
        return float(default if value is None else value)

    def whole(self, name: str, default: int | None = None) -> int:
        """Return a setting as a whole number of at least 1."""
        value = self.settings.get(name, default)
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise ValueError(f"expected a whole number above 0 for {name}, came {value!r}")
        return value

    def axes(self, name: str = "axis", default: int = -1) -> tuple[int, ...]:
        """Return a setting as dimensions, rows counted, none negative."""
        value = self.settings.get(name, default)
        found = value if isinstance(value, list) else [value]
        return tuple(place(item, self.rank) for item in found)

    def read(self, roles: Mapping[str, Shape]) -> dict[str, Tensor]:
        """Return the weights of the layer, by role, each of the stated shape."""
        found = self.weights.read(self.place, roles)
        return {
            role: as_tensor(values, f"{self.file}: {role} of layer {self.spec.name!r}")
            for role, values in found.items()
        }

    def unsupported(self, what: str) -> UnsupportedError:
        """Return the error for a setting that has no twin."""
        return UnsupportedError(
            f"{self.file}: layer {self.spec.name!r} ({self.spec.kind}) {what}, which is not "
            "converted",
            ONNX,
        )

    @property
    def channels_first(self) -> bool:
        """Return whether channels come before places, unlike Keras's own default."""
        return self.settings.get("data_format") == "channels_first"


def place(axis: object, rank: int) -> int:
    """Return a dimension, none negative, of a tensor that has `rank` of them."""
    if not isinstance(axis, int) or not -rank <= axis < rank:
        raise ValueError(f"expected a dimension of {rank}, came {axis!r}")
    return axis % rank
