"""The built-in encoder of named inputs: one encoder for each, one tensor by the input's name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import pandas as pd
from pydantic import Field

from audit.data.dataset import Dataset, Rows
from audit.errors import DataError
from audit.models.image_encoder import ImageEncoder
from audit.models.layers import Shape
from audit.models.model import Encoded, Encoder
from audit.models.named_input import given
from audit.models.series_encoder import SeriesEncoder
from audit.models.tabular import TabularEncoder
from audit.models.text_encoder import TextCounts, TextEncoder

TEXTS = 1024


@dataclass(frozen=True, kw_only=True)
class TableEncoder:
    """Encodes the table among several inputs; its tensor is named as the input is.

    Attributes
    ----------
    name : str
    table : TabularEncoder
    """

    name: str
    table: TabularEncoder
    kind: Literal["table"] = "table"

    @property
    def shape(self) -> Shape:
        """Return what one row is."""
        return Shape(name=self.name, kind="table", size=(self.table.width,))

    def encode(self, inputs: Mapping[str, Any]) -> Encoded:
        """Encode the frame of this input.

        Raises
        ------
        DataError
            As `TabularEncoder`.
        """
        found = self.table.encode({"table": given(inputs, self.name, pd.DataFrame)})
        ((tensor, columns),) = zip(found.tensors.values(), found.columns.values(), strict=True)
        return Encoded(tensors={self.name: tensor}, columns={self.name: columns})


Part = Annotated[
    TableEncoder | ImageEncoder | TextEncoder | SeriesEncoder, Field(discriminator="kind")
]


@dataclass(frozen=True, kw_only=True)
class InputsEncoder:
    """Encodes each input by its own encoder.

    Attributes
    ----------
    parts : tuple of TableEncoder, ImageEncoder, TextEncoder or SeriesEncoder
        In the order of the configuration.
    """

    parts: tuple[Part, ...]
    kind: Literal["inputs"] = "inputs"

    @property
    def shapes(self) -> tuple[Shape, ...]:
        """Return what one row of each input is."""
        return tuple(part.shape for part in self.parts)

    @property
    def table(self) -> TabularEncoder | None:
        """Return the encoder of the table, where one is among the inputs."""
        return next((part.table for part in self.parts if isinstance(part, TableEncoder)), None)

    @property
    def names(self) -> tuple[str, ...]:
        """Return the columns of a table that it needs, in order; none where there is no table."""
        return self.table.names if self.table else ()

    @property
    def texts(self) -> tuple[TextEncoder, ...]:
        """Return the encoders of texts."""
        return tuple(part for part in self.parts if isinstance(part, TextEncoder))

    def encode(self, inputs: Mapping[str, Any]) -> Encoded:
        """Encode all inputs; those that it does not know are passed over.

        Raises
        ------
        DataError
            If an input is missing, of another kind, of another number of rows than the others, or
            holds what its encoder refuses.
        """
        found = [part.encode(inputs) for part in self.parts]
        tensors = {name: tensor for item in found for name, tensor in item.tensors.items()}
        if len({len(tensor) for tensor in tensors.values()}) > 1:
            told = ", ".join(f"{name} {len(tensor):,}" for name, tensor in tensors.items())
            raise DataError(f"expected inputs with the same rows, came {told}")
        return Encoded(
            tensors=tensors,
            columns={name: columns for item in found for name, columns in item.columns.items()},
            layouts={name: layout for item in found for name, layout in item.layouts.items()},
        )


def text_notes(encoder: Encoder, dataset: Dataset, rows: Rows) -> dict[str, tuple[str, ...]]:
    """Say for each text among the inputs what was cut off and what was unknown in some rows.

    Returns
    -------
    dict of str to tuple of str
        By the name of the input; empty for an encoder of another kind.

    Raises
    ------
    DataError
        As `TextEncoder.encode`.
    """
    notes = {}
    for part in encoder.texts if isinstance(encoder, InputsEncoder) else ():
        source, counts = dataset.inputs[part.name], TextCounts()
        for start in range(0, len(rows), TEXTS):
            counts += part.counts(source.take(rows[start : start + TEXTS]))
        notes[part.name] = counts.notes(part.length)
    return notes
