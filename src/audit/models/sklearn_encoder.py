"""The encoder of a scikit-learn pipeline: its own fitted transformers, and the user's columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from audit.data.columns import row_words
from audit.errors import DataError, ModelError, nearest
from audit.models.columns import as_numbers
from audit.models.model import Encoded
from audit.models.sklearn_calling import FailedStepError, RefusedValueError, dense
from audit.models.sklearn_stages import Stage


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """The columns of a table that an estimator takes.

    Attributes
    ----------
    count : int
    names : tuple of str or None
        As it was fitted; None where it was fitted on an array: then columns go in their order.
    needed : tuple of str or None
        Those of `names` that it does not drop.
    """

    count: int
    names: tuple[str, ...] | None
    needed: tuple[str, ...] | None

    def take(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return the columns in the order of fitting; one that is dropped anyway may be missing.

        Raises
        ------
        DataError
            If a column is missing.
        ModelError
            If the number of columns is another one.
        """
        if self.names is None:
            self._require_count(frame)
            return frame
        for name in self.needed or ():
            if name not in frame.columns:
                raise DataError(
                    f"the model expects column {name!r}, which is not among the features",
                    nearest(name, map(str, frame.columns)),
                )
        return frame.reindex(columns=list(self.names))

    def _require_count(self, frame: pd.DataFrame) -> None:
        came = len(frame.columns)
        if came != self.count:
            raise ModelError(
                f"the model takes {self.count} inputs, data.features has {came}: "
                f"{', '.join(map(repr, frame.columns[:12]))}",
                "name the columns it was fitted on, in that order: data: {features: {include: "
                "[...]}}",
            )


@dataclass(frozen=True, kw_only=True)
class SklearnEncoder:
    """Encodes a table by the fitted transformers of a pipeline into one float64 tensor, ``x``.

    Attributes
    ----------
    inputs : Inputs
    stage : Stage
        What the transformers make of each column by itself; where an affine map follows, its
        shift belongs here too, and the rest of it is the network's first layer. Built on the names
        of `inputs`, or on positions, ``"0"``, ``"1"``, ..., where it has none.
    """

    inputs: Inputs
    stage: Stage

    def encode(self, inputs: Mapping[str, Any]) -> Encoded:
        """Encode the frame ``inputs["table"]``; columns it does not need are passed over.

        Raises
        ------
        DataError
            If a column is missing, or a value is of no use to its step; column, row and value are
            named.
        ModelError
            If the number of columns is another one, or a step fails.
        """
        frame = inputs["table"]
        taken = self.inputs.take(frame)
        names = tuple(self._users(taken, column) for column in self.stage.columns)
        try:
            values = self.stage.apply(taken if self.inputs.names else taken.to_numpy())
        except RefusedValueError as refused:
            column = taken[self._users(taken, refused.column)]
            raise DataError(
                f"column {column.name!r}, row {row_words(column, refused.bad)}: {refused.problem}",
                refused.hint,
            ) from refused
        except (FailedStepError, MemoryError) as error:
            raise ModelError(
                f"the preprocessing of the model failed: {error or 'out of memory'}",
                "check that the columns hold what it was fitted on",
            ) from error
        table = _numbers(values, names, frame.index)
        if self.stage.mix is not None:
            table += self.stage.mix.shift
        return Encoded(tensors={"x": torch.from_numpy(table)}, columns={"x": names})

    def _users(self, frame: pd.DataFrame, column: str) -> str:
        return column if self.inputs.names else str(frame.columns[int(column)])


def _numbers(
    values: Any,  # noqa: ANN401 - a frame or an array
    names: tuple[str, ...],
    index: pd.Index[Any],
) -> NDArray[np.float64]:
    """Return the encoded table as numbers; the first that is none is told by column and row."""
    if values.shape[1] != len(names):
        raise ModelError(
            f"the preprocessing gave {values.shape[1]} columns, {len(names)} were expected",
            "the file and the installed scikit-learn may not fit: fit and save it again",
        )
    array = None if isinstance(values, pd.DataFrame) else dense(values)
    if array is not None and array.dtype.kind in "biuf" and np.isfinite(array).all():
        return np.array(array, dtype=np.float64, order="C")
    frame = values if array is None else pd.DataFrame(array)
    columns = [frame.iloc[:, place].set_axis(index) for place in range(len(names))]
    return np.stack(
        [_column(one.rename(name)) for one, name in zip(columns, names, strict=True)], axis=1
    )


def _column(column: pd.Series[Any]) -> NDArray[np.float64]:
    values = as_numbers(column)
    missing = np.isnan(values)
    if missing.any():
        raise DataError(
            f"column {column.name!r}, row {row_words(column, missing)}: the value is missing "
            f"({int(missing.sum())} rows), and no step of the pipeline fills it",
            "fill it in, leave these rows out, or put an imputer into the pipeline",
        )
    return values
