"""From the columns of a table to the inputs of an ONNX graph, and where each number comes from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from audit.data.columns import row_words
from audit.errors import DataError, ModelError, nearest
from audit.models.columns import as_numbers, as_texts
from audit.models.encoders import FunctionEncoder
from audit.models.onnx_graph import Array, Port

MATRIX = 2
ENCODE = "name an encoder: model.encode, a function from the frame to tensors by input name"


@dataclass(frozen=True, kw_only=True)
class Value:
    """A tensor and, for each number of one row, the column it comes from.

    Attributes
    ----------
    array : ndarray, shape (rows, ...)
    sources : ndarray of str, shape (...)
    """

    array: Array
    sources: Array


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """How the features of a data set fill the inputs of a graph.

    Attributes
    ----------
    ports : tuple of Port
    gaps : bool
        Whether the graph knows what to do with missing numbers.
    function : FunctionEncoder or None
        The user's own, which returns the inputs by name.
    """

    ports: tuple[Port, ...]
    gaps: bool = False
    function: FunctionEncoder | None = None

    @property
    def features(self) -> tuple[str, ...] | None:
        """Return the columns of the table where the file names them: several inputs do."""
        by_name = self.function is None and len(self.ports) > 1
        return tuple(port.name for port in self.ports) if by_name else None

    def values(self, inputs: Mapping[str, Any]) -> dict[str, Value]:
        """Return what goes into each input of the graph.

        Raises
        ------
        ModelError
            If the inputs do not go with the features: wrong number, unknown name, wrong shape.
        DataError
            If a value is missing or no number where one is expected.
        """
        if self.function is not None:
            return self._encoded(inputs)
        frame = inputs["table"]
        if len(self.ports) == 1:
            return {self.ports[0].name: self._table(self.ports[0], frame)}
        return {port.name: self._named(port, frame) for port in self.ports}

    def _table(self, port: Port, frame: Any) -> Value:  # noqa: ANN401 - a frame
        names = [str(name) for name in frame.columns]
        shape = row_shape(port)
        expected = prod(shape) if shape is not None else len(names)
        if expected != len(names):
            raise ModelError(
                f"the network takes {expected} inputs, data.features has {len(names)}: "
                f"{', '.join(names[:12])}",
                f"list the features that it was trained on, in their order, or {ENCODE}",
            )
        columns = [self._column(port, frame[name]) for name in frame.columns]
        table = np.stack(columns, axis=1)
        sources = np.array(names, dtype=object)
        target = shape if shape is not None else (len(names),)
        return Value(array=table.reshape(-1, *target), sources=sources.reshape(target))

    def _named(self, port: Port, frame: Any) -> Value:  # noqa: ANN401 - a frame
        shape = row_shape(port)
        if shape is not None and prod(shape) != 1:
            raise ModelError(
                f"input {port.name!r} of the network takes {prod(shape)} numbers, and there are "
                f"{len(self.ports)} inputs",
                ENCODE,
            )
        names = {str(name): name for name in frame.columns}
        if port.name not in names:
            raise ModelError(
                f"the network takes an input {port.name!r}, which is not among the features",
                nearest(port.name, names),
            )
        column = self._column(port, frame[names[port.name]])
        target = shape if shape is not None else (1,)
        sources = np.full(target, port.name, dtype=object)
        return Value(array=column.reshape(-1, *target), sources=sources)

    def _column(self, port: Port, column: Any) -> Array:  # noqa: ANN401 - a Series
        if port.dtype == "str":
            texts, missing = as_texts(column)
            if missing.any():
                raise _missing(column, missing)
            return texts
        values = as_numbers(column)
        missing = np.isnan(values)
        kind = np.dtype(port.dtype)
        if missing.any() and not (self.gaps and kind.kind == "f"):
            raise _missing(column, missing)
        if kind.kind in "iub" and (broken := values != np.trunc(values)).any():
            raise DataError(
                f"column {column.name!r}, row {row_words(column, broken)}: the network takes whole "
                f"numbers ({kind.name}), came {values[broken][0]}",
                "round them, or export the network with a floating-point input",
            )
        return values.astype(kind)

    def _encoded(self, inputs: Mapping[str, Any]) -> dict[str, Value]:
        encoded = self.function.encode(inputs) if self.function is not None else None
        tensors = encoded.tensors if encoded is not None else {}
        names = [port.name for port in self.ports]
        if len(tensors) == len(names) == 1:
            tensors = dict(zip(names, tensors.values(), strict=True))
            columns = dict(zip(names, encoded.columns.values(), strict=True)) if encoded else {}
        else:
            columns = encoded.columns if encoded else {}
        if set(tensors) != set(names):
            raise ModelError(
                f"the encoder returns {sorted(tensors)}, the network takes {names}",
                "return a tensor for each input of the network, by its name",
            )
        return {
            port.name: _as_port(port, tensors[port.name].cpu().numpy(), columns[port.name])
            for port in self.ports
        }


def _as_port(port: Port, array: Array, columns: Sequence[str]) -> Value:
    shape = array.shape[1:]
    expected = port.shape[1:] if port.shape is not None else shape
    fits = len(shape) == len(expected) and all(
        size in {None, came} for size, came in zip(expected, shape, strict=True)
    )
    if not fits:
        raise ModelError(
            f"input {port.name!r} of the network takes rows of shape {tuple(expected)}, the "
            f"encoder returns {tuple(shape)}",
            "return tensors of that shape",
        )
    sources = np.broadcast_to(np.array(columns or [""], dtype=object), shape or (1,))
    return Value(array=array.astype(port.dtype), sources=sources.reshape(shape))


def _missing(column: Any, missing: Array) -> DataError:  # noqa: ANN401 - a Series
    return DataError(
        f"column {column.name!r}, row {row_words(column, missing)}: the value is missing "
        f"({int(missing.sum())} rows)",
        "fill it in, leave the column out, or name an encoder: model.encode",
    )


def row_shape(port: Port) -> tuple[int, ...] | None:
    """Return the shape of one row, or None where the file does not say it.

    Raises
    ------
    ModelError
        If there is no dimension for rows, or one beyond the first two is left open.
    """
    if port.shape is None:
        return None
    if len(port.shape) == 0:
        raise ModelError(
            f"input {port.name!r} of the network has no dimension for rows", "export it with one"
        )
    sizes = port.shape[1:]
    if sizes == (None,):
        return None
    if any(size is None for size in sizes):
        raise ModelError(
            f"input {port.name!r} of the network takes rows of a shape that the file leaves open",
            f"export it with that shape fixed, or {ENCODE}",
        )
    return tuple(size or 1 for size in sizes)
