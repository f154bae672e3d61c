"""Encoders for networks of one's own: a function of the user's, or plain numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from audit.data.columns import row_words
from audit.data.inputs.batches import ImageBatch, SeriesBatch, TextBatch
from audit.errors import DataError, ModelError, nearest
from audit.models.columns import as_numbers
from audit.models.model import Encoded
from audit.models.plain_inputs import layouts_of, plain, tensor_of

Columns = dict[str, tuple[str, ...]]
TABLE = "table"


@dataclass(frozen=True, kw_only=True)
class NumericEncoder:
    """Passes numbers on as float32: features in their order as ``x``, other inputs by name."""

    def encode(self, inputs: Mapping[str, Any]) -> Encoded:
        """Encode the frame ``inputs["table"]``, or all named inputs.

        Raises
        ------
        DataError
            If a value is missing or no number; column, row and value are named.
        ModelError
            If an input is text.
        """
        if set(inputs) == {TABLE}:
            tensor, names = self._table(inputs[TABLE])
            return Encoded(tensors={"x": tensor}, columns={"x": names})
        tensors: dict[str, Tensor] = {}
        columns: Columns = {}
        for name, batch in inputs.items():
            if isinstance(batch, ImageBatch | SeriesBatch | TextBatch):
                tensors[name], columns[name] = tensor_of(name, batch), (name,)
            else:
                tensors[name], columns[name] = self._table(batch)
        return Encoded(tensors=tensors, columns=columns, layouts=layouts_of(tensors, inputs))

    def _table(self, frame: Any) -> tuple[Tensor, tuple[str, ...]]:  # noqa: ANN401 - a frame
        values = [self._column(frame[name]) for name in frame.columns]
        table = np.stack(values, axis=1).astype(np.float32)
        names = tuple(str(name) for name in frame.columns)
        return torch.from_numpy(table), names

    def _column(self, column: Any) -> np.ndarray[Any, np.dtype[np.float64]]:  # noqa: ANN401 - a Series
        values = as_numbers(column)
        missing = np.isnan(values)
        if missing.any():
            raise DataError(
                f"column {column.name!r}, row {row_words(column, missing)}: the value is missing "
                f"({int(missing.sum())} rows)",
                "fill it in, leave the column out, or name an encoder: model.encode",
            )
        return values


@dataclass(frozen=True, kw_only=True)
class FunctionEncoder:
    """Calls a function of the user's own with the frame of features, or with all named inputs.

    It returns a tensor, or named tensors, or these with a map from tensor to the user's columns
    (for one tensor, a list of them). Without a map, columns are called ``x[0]``, ``x[1]``, ...

    Attributes
    ----------
    function : callable
    name : str
        For messages.
    """

    function: Callable[[Any], Any]
    name: str

    def encode(self, inputs: Mapping[str, Any]) -> Encoded:
        """Encode the frame ``inputs["table"]``, or a mapping of named inputs (see `plain`).

        Raises
        ------
        ModelError
            If the function fails, or returns something else than said above.
        """
        if set(inputs) != {TABLE}:
            return self._of_several(inputs)
        frame = inputs[TABLE]
        tensors, given = self._parts(self.function(frame))
        for key, tensor in tensors.items():
            self._require_tensor(key, tensor, len(frame))
        columns = self._positions(tensors) if given is None else self._named(tensors, given, frame)
        return Encoded(tensors=tensors, columns=columns)

    def _of_several(self, inputs: Mapping[str, Any]) -> Encoded:
        result = self.function({name: plain(batch) for name, batch in inputs.items()})
        tensors, given = self._parts(result)
        only = next(iter(inputs))
        if len(inputs) == 1 and set(tensors) == {"x"}:
            tensors = {only: tensors["x"]}
            given = {only: given["x"]} if isinstance(given, Mapping) and "x" in given else given
        for key, tensor in tensors.items():
            self._require_tensor(key, tensor, len(inputs[only]))
        layouts = layouts_of(tensors, inputs)
        columns = self._positions(tensors) | {name: (name,) for name in layouts}
        if given is not None:
            columns |= {key: tuple(map(str, names)) for key, names in dict(given).items()}
        for key, names in columns.items():
            if key in tensors and key not in layouts and len(names) != _last(tensors[key]):
                raise ModelError(
                    f"{self.name}: {key!r} has {_last(tensors[key])} columns, but {len(names)} "
                    "names came",
                    "name each position along the last dimension",
                )
        return Encoded(tensors=tensors, columns=columns, layouts=layouts)

    def _parts(self, result: Any) -> tuple[dict[str, Any], Any]:  # noqa: ANN401 - from the user's code
        tensors, given = result, None
        if isinstance(result, tuple) and len(result) == 2:  # noqa: PLR2004 - tensors and columns
            tensors, given = result
        if isinstance(tensors, Mapping) and tensors:
            return {str(key): value for key, value in tensors.items()}, given
        if isinstance(given, Sequence) and not isinstance(given, str):
            given = {"x": given}
        return {"x": tensors}, given

    def _require_tensor(self, key: str, tensor: object, rows: int) -> None:
        if not isinstance(tensor, Tensor):
            raise ModelError(
                f"{self.name}: expected a tensor for {key!r}, came {type(tensor).__name__}",
                "return a tensor, or a dict of name to tensor, with the columns if you wish",
            )
        if tensor.ndim == 0 or len(tensor) != rows:
            raise ModelError(
                f"{self.name}: expected {rows} rows in {key!r}, came shape {tuple(tensor.shape)}",
                "return one row of the tensor for each row of the frame, in its order",
            )
        if tensor.is_floating_point() and not bool(torch.isfinite(tensor).all()):
            bad = int((~torch.isfinite(tensor)).reshape(rows, -1).any(dim=1).sum())
            raise ModelError(
                f"{self.name}: {key!r} holds NaN or infinity in {bad} rows",
                "fill missing values in the encoder, or leave these rows out",
            )

    def _positions(self, tensors: dict[str, Tensor]) -> Columns:
        return {
            key: tuple(f"{key}[{place}]" for place in range(_last(tensor)))
            for key, tensor in tensors.items()
        }

    def _named(self, tensors: dict[str, Tensor], given: object, frame: Any) -> Columns:  # noqa: ANN401 - a frame
        if not isinstance(given, Mapping) or set(given) != set(tensors):
            came = sorted(map(str, given)) if isinstance(given, Mapping) else type(given).__name__
            raise ModelError(
                f"{self.name}: expected the columns of {sorted(tensors)}, came {came}",
                "return (tensors, {tensor name: [column of each position]})",
            )
        return {key: self._checked(key, tensors[key], given[key], frame) for key in tensors}

    def _checked(self, key: str, tensor: Tensor, names: Any, frame: Any) -> tuple[str, ...]:  # noqa: ANN401 - from the user's code
        columns = tuple(str(name) for name in names)
        if len(columns) != _last(tensor):
            raise ModelError(
                f"{self.name}: {key!r} has {_last(tensor)} columns, but {len(columns)} names came",
                "name the user's column of each position along the last dimension",
            )
        known = [str(name) for name in frame.columns]
        unknown = [name for name in columns if name not in known]
        if unknown:
            raise ModelError(
                f"{self.name}: {unknown[0]!r} of {key!r} is not among the feature columns",
                nearest(unknown[0], known),
            )
        return columns


def _last(tensor: Tensor) -> int:
    return int(tensor.shape[-1]) if tensor.ndim > 1 else 1
