"""The weights of a layer, wherever a Keras file keeps them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from audit.errors import ModelError
from audit.models.keras_hdf5 import AGAIN, Node

CONTAINERS = ("layers", "_layer_checkpoint_dependencies")  # Keras 3, and 2.12
Shape = tuple[int, ...]
Place = tuple[tuple[str, str], ...]
TAILS: Mapping[str, tuple[str, ...]] = {
    "depthwise_kernel": ("depthwise_kernel", "kernel"),
}


class Weights(Protocol):
    """Where the weights of layers are."""

    def read(self, place: Place, roles: Mapping[str, Shape]) -> dict[str, NDArray[Any]]:
        """Return the arrays of a layer, by role, each of the stated shape.

        Parameters
        ----------
        place : tuple of (name, stored name)
            Of the networks around the layer, and last of the layer itself.
        roles : mapping of str to tuple of int
            In the order in which Keras keeps them.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class StoredWeights:
    """Weights of a .keras archive: a group for each layer, numbered arrays in it."""

    root: Node

    def read(self, place: Place, roles: Mapping[str, Shape]) -> dict[str, NDArray[Any]]:
        """Return the arrays of a layer, by role; see `Weights`."""
        node = self._node(place)
        names = node.names()
        if len(names) != len(roles):
            raise ModelError(
                f"{node.file}: layer {place[-1][0]!r} has {len(names)} arrays, expected "
                f"{len(roles)}: {', '.join(roles)}",
                "layers that are quantised or not yet built cannot be read",
            )
        return {
            role: node.array(str(number), shape=shape, what=_words(role, place))
            for number, (role, shape) in enumerate(roles.items())
        }

    def _node(self, place: Place) -> Node:
        node: Node | None = self.root
        for _, stored in place:
            node = None if node is None else _below(node, stored)
        node = None if node is None else node.down("vars")
        name = place[-1][0]
        if node is None:
            raise ModelError(f"{self.root.file} has no weights of layer {name!r}", AGAIN)
        said = node.text("name")
        if said is not None and said != name:
            raise ModelError(
                f"{self.root.file}: expected the weights of layer {name!r}, came those of {said!r}",
                AGAIN,
            )
        return node


def _below(node: Node, stored: str) -> Node | None:
    for container in CONTAINERS:
        found = node.down(container, stored)
        if found is not None:
            return found
    return None


@dataclass(frozen=True, kw_only=True)
class NamedWeights:
    """Weights of an .h5 file: a group for each layer, and a list of the names of its arrays."""

    root: Node

    def read(self, place: Place, roles: Mapping[str, Shape]) -> dict[str, NDArray[Any]]:
        """Return the arrays of a layer, by role; see `Weights`."""
        top, name = place[0][0], place[-1][0]
        node = self.root.down(*top.split("/"))
        if node is None:
            raise ModelError(f"{self.root.file} has no weights of layer {name!r}", AGAIN)
        listed = [text.split("/") for text in node.texts("weight_names") or ()]
        if len(place) > 1:
            listed = [parts for parts in listed if parts[-2:-1] == [name]]
        return {
            role: node.array(
                *_one(role, listed, name, node.file), shape=shape, what=_words(role, place)
            )
            for role, shape in roles.items()
        }


def _words(role: str, place: Place) -> str:
    return f"{role} of layer {place[-1][0]!r}"


def _one(role: str, listed: list[list[str]], name: str, file: str) -> list[str]:
    for tail in TAILS.get(role, (role,)):
        found = [parts for parts in listed if parts[-1].partition(":")[0] == tail]
        if len(found) == 1:
            return found[0]
    raise ModelError(
        f"{file}: expected one {role} of layer {name!r}, came "
        f"{[parts[-1] for parts in listed][:8]}",
        AGAIN,
    )


def as_tensor(values: NDArray[Any], where: str) -> Tensor:
    """Return an array as a tensor of single or double precision.

    Raises
    ------
    ModelError
        If it does not hold fractions, or a number is not finite.
    """
    if values.dtype.kind != "f":
        raise ModelError(
            f"{where} holds {values.dtype} numbers, expected fractions",
            "quantised networks cannot be read: save the model before it is quantised",
        )
    wide = values.astype(np.float64 if values.dtype.itemsize > 4 else np.float32)  # noqa: PLR2004 - bytes of single precision
    if not np.isfinite(wide).all():
        raise ModelError(f"{where} holds NaN or infinity", "train the network again")
    return torch.from_numpy(wide)
