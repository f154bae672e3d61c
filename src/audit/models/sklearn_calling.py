"""Calling a fitted transformer on rows, and saying which value it could not take."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from audit.data.columns import category_text

Step = Any  # a fitted transformer of scikit-learn, which has no types
Values = Any  # a pandas frame or an array


class RefusedValueError(Exception):
    """A value that a transformer does not take.

    Parameters
    ----------
    column : str
        The user's column.
    bad : ndarray of bool, shape (rows,)
        Rows with the same fault.
    problem, hint : str
    """

    def __init__(self, column: str, bad: NDArray[np.bool_], problem: str, hint: str) -> None:
        self.column, self.bad, self.problem, self.hint = column, bad, problem, hint
        super().__init__(problem)


class FailedStepError(Exception):
    """A transformer that failed, nobody knows on which value."""


def call(step: Step, values: Values, columns: tuple[str, ...]) -> Values:
    """Return what a fitted transformer makes of rows, as an array.

    Parameters
    ----------
    step : transformer of scikit-learn
    values : frame or array of shape (rows, inputs)
    columns : tuple of str
        The user's column of each input.

    Raises
    ------
    RefusedValueError
        If it does not take a value.
    FailedStepError
        If it fails otherwise.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # unknown categories that it was told to ignore
            return dense(step.transform(named(values, step)))
    except Exception as error:
        _explain(step, values, columns)
        raise FailedStepError(
            f"{type(step).__name__} failed on {', '.join(map(repr, dict.fromkeys(columns)))}: "
            f"{type(error).__name__}: {error}"
        ) from error


def named(values: Values, step: Step) -> Values:
    """Give an array the column names that a transformer was fitted with, if it was."""
    names = getattr(step, "feature_names_in_", None)
    if names is None:
        return values
    if isinstance(values, pd.DataFrame):
        return values if list(values.columns) == list(names) else values.set_axis(names, axis=1)
    return pd.DataFrame(dense(values), columns=names)


def dense(values: Values) -> NDArray[Any]:
    """Return the array of whatever a transformer gave."""
    if hasattr(values, "toarray"):  # a sparse matrix
        values = values.toarray()
    return values.to_numpy() if hasattr(values, "to_numpy") else np.asarray(values)


def _explain(step: Step, values: Values, columns: tuple[str, ...]) -> None:
    """Raise for the first column with a value that the transformer cannot have taken."""
    table = pd.DataFrame(dense(values))
    known = getattr(step, "categories_", None)
    if known is not None and len(known) == table.shape[1]:
        for place, name in enumerate(columns):
            _require_known(table[place], np.asarray(known[place]), name)
        return
    for place, name in enumerate(columns):
        numbers = pd.to_numeric(table[place], errors="coerce")
        _refuse(table[place], (numbers.isna() & table[place].notna()).to_numpy(), name, "no number")
        infinite = np.isinf(numbers.to_numpy(dtype=np.float64, na_value=np.nan))
        _refuse(table[place], infinite, name, "infinite")
    for place, name in enumerate(columns):
        _refuse(table[place], table[place].isna().to_numpy(), name, "missing")


def _require_known(column: pd.Series[Any], known: NDArray[Any], name: str) -> None:
    seen = {category_text(value) for value in known.tolist() if not pd.isna(value)}
    lacking = column.isna().to_numpy()
    unknown = np.array([category_text(value) not in seen for value in column.tolist()])
    _refuse(column, unknown & ~lacking, name, "a category never seen in training")
    if not any(pd.isna(value) for value in known.tolist()):
        _refuse(column, lacking, name, "missing")


HINTS = {
    "no number": "correct the value, or list it under data.missing",
    "infinite": "correct the value or leave it empty",
    "missing": "fill it in or leave these rows out: no training row lacked it, and no step of the "
    "pipeline fills it",
    "a category never seen in training": "correct the value, leave these rows out, or fit the "
    "encoder with handle_unknown",
}


def _refuse(column: pd.Series[Any], bad: NDArray[np.bool_], name: str, fault: str) -> None:
    if not bad.any():
        return
    value = column.iloc[int(np.flatnonzero(bad)[0])]
    same = bad if pd.isna(value) else bad & (column == value).to_numpy(dtype=bool, na_value=False)
    plain = value.item() if isinstance(value, np.generic) else value
    shown = "the value" if pd.isna(value) else f"{plain!r}"
    raise RefusedValueError(
        name, same, f"{shown} is {fault} ({int(same.sum())} rows)", HINTS[fault]
    )
