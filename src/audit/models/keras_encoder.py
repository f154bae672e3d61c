"""From the columns of a table to the inputs of a Keras network that has several."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from audit.errors import ModelError
from audit.models.encoders import FunctionEncoder, NumericEncoder
from audit.models.keras_network import arguments
from audit.models.keras_weights import Shape
from audit.models.model import Encoded, Encoder, Tensors

ENCODE = "name an encoder: model.encode, a function from the frame to tensors by input name"


@dataclass(frozen=True, kw_only=True)
class NamedEncoder:
    """Passes a number of the column that each input is named after.

    Attributes
    ----------
    names : tuple of str
        Of the inputs, and of the columns.
    """

    names: tuple[str, ...]

    def encode(self, inputs: Mapping[str, Any]) -> Encoded:
        """Encode the frame ``inputs["table"]``.

        Raises
        ------
        DataError
            If a column is not there, or a value is missing or no number.
        """
        frame = inputs["table"]
        tensors: Tensors = {}
        columns: dict[str, tuple[str, ...]] = {}
        for name, argument in zip(self.names, arguments(self.names), strict=True):
            one = NumericEncoder().encode({"table": frame[[name]]})
            tensors[argument], columns[argument] = one.tensors["x"], (name,)
        return Encoded(tensors=tensors, columns=columns)


@dataclass(frozen=True, kw_only=True)
class RenamedEncoder:
    """The user's own encoder, whose tensors are named like the inputs of the network.

    Attributes
    ----------
    function : FunctionEncoder
    names : tuple of str
        Of the inputs.
    """

    function: FunctionEncoder
    names: tuple[str, ...]

    def encode(self, inputs: Mapping[str, Any]) -> Encoded:
        """Encode with the user's function.

        Raises
        ------
        ModelError
            If its tensors are not those that the network takes.
        """
        encoded = self.function.encode(inputs)
        if set(encoded.tensors) != set(self.names):
            raise ModelError(
                f"the encoder returns {sorted(encoded.tensors)}, the network takes "
                f"{list(self.names)}",
                "return a tensor for each input of the network, by its name",
            )
        passed = dict(zip(self.names, arguments(self.names), strict=True))
        return Encoded(
            tensors={passed[name]: encoded.tensors[name] for name in self.names},
            columns={passed[name]: encoded.columns[name] for name in self.names},
        )


def encoder_for(inputs: Mapping[str, Shape], chosen: Encoder, file: str) -> Encoder:
    """Return the encoder of a network: the chosen one, or one that goes by names.

    Raises
    ------
    ModelError
        If there are several inputs, one takes more than a number, and no encoder is named.
    """
    if len(inputs) == 1:
        return chosen
    if isinstance(chosen, FunctionEncoder):
        return RenamedEncoder(function=chosen, names=tuple(inputs))
    wide = {name: shape for name, shape in inputs.items() if shape != (1,)}
    if wide:
        name, shape = next(iter(wide.items()))
        raise ModelError(
            f"{file} has {len(inputs)} inputs, and {name!r} takes rows of shape {shape}", ENCODE
        )
    return NamedEncoder(names=tuple(inputs))
