"""Learning the built-in encoder from training rows, and refusing columns that cannot be learnt."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from audit.config import Input
from audit.data.columns import row_words
from audit.data.dataset import Dataset, Rows
from audit.errors import DataError, ModelError
from audit.models.columns import as_numbers, as_texts, is_numeric, is_other
from audit.models.input_fitting import fit_images, fit_series, fit_text
from audit.models.inputs_encoder import InputsEncoder, Part, TableEncoder
from audit.models.named_input import given
from audit.models.tabular import CategoryCode, ColumnCode, NumberCode, TabularEncoder

MOST_CATEGORIES = 1000
DISTINCT_SHARE = 0.5
DISTINCT_ROWS = 50
NUMBER_SHARE = 0.95
FEW_NUMBERS = 10


def fit_encoder_of(
    dataset: Dataset, rows: Rows, config_inputs: Mapping[str, Input], base: Path | None = None
) -> TabularEncoder | InputsEncoder:
    """Learn the encoder of all inputs of a data set from its training rows.

    Images, texts and series are read a few rows at a time.

    Parameters
    ----------
    dataset : Dataset
    rows : ndarray of int64
        The training rows.
    config_inputs : mapping of str to Input
        The inputs as the configuration says them; empty where a table is all there is.
    base : Path, optional
        Folder that the tokenizer of a text is relative to.

    Raises
    ------
    DataError
        As `fit_encoder`, `fit_images`, `fit_series` and `fit_text`.
    ModelError
        If there is no column, or a tokenizer cannot be read.
    """
    if not config_inputs:
        return fit_encoder(dataset.inputs["table"].take(rows))
    place = base or Path()
    parts = [
        _fit_input(name, settings, dataset, rows, place) for name, settings in config_inputs.items()
    ]
    return InputsEncoder(parts=tuple(parts))


def _fit_input(name: str, settings: Input, dataset: Dataset, rows: Rows, base: Path) -> Part:
    source = dataset.inputs[name]
    if settings.kind == "image":
        return fit_images(name, source, rows)
    if settings.kind == "series":
        return fit_series(name, source, rows)
    if settings.kind == "text":
        return fit_text(name, source, rows, settings, base)
    frame = given({name: source.take(rows)}, name, pd.DataFrame)
    return TableEncoder(name=name, table=fit_encoder(frame))


def fit_encoder(frame: pd.DataFrame) -> TabularEncoder:
    """Learn means, scales and categories from training rows.

    Parameters
    ----------
    frame : pandas.DataFrame
        Feature columns of the training rows; the index is each row's place in the source.

    Raises
    ------
    DataError
        If a column is empty, looks like an identifier, holds a few texts among numbers, or holds
        neither numbers nor texts nor true and false.
    ModelError
        If there is no column.
    """
    if not len(frame.columns):
        raise ModelError("expected at least one feature column, came none", "see data.features")
    return TabularEncoder(codes=tuple(_fit_column(frame[name]) for name in frame.columns))


def _fit_column(column: pd.Series[Any]) -> ColumnCode:
    if column.isna().all():
        raise _excluded(column, "has no value in any training row")
    if is_other(column):
        raise _excluded(column, "holds neither numbers nor texts nor true and false")
    numeric = is_numeric(column) or _numbers_as_text(column)
    return _fit_number(column) if numeric else _fit_category(column)


def _numbers_as_text(column: pd.Series[Any]) -> bool:
    """Say whether a column is text only because rows outside training hold other texts."""
    numbers = pd.to_numeric(column.dropna().astype(str), errors="coerce")
    return not numbers.isna().any() and numbers.nunique() > FEW_NUMBERS


def _excluded(column: pd.Series[Any], problem: str) -> DataError:
    return DataError(
        f"column {column.name!r} {problem}",
        f"exclude it: data.features: {{exclude: [{column.name}]}}",
    )


def _fit_number(column: pd.Series[Any]) -> NumberCode:
    values = as_numbers(column)
    present = values[~np.isnan(values)]
    scale = float(present.std())
    constant = scale <= 1e-12 * max(1.0, float(np.abs(present).max()))
    return NumberCode(
        name=str(column.name),
        mean=float(present.mean()),
        scale=1.0 if constant else scale,
        indicator=len(present) < len(values),
    )


def _fit_category(column: pd.Series[Any]) -> CategoryCode:
    texts, missing = as_texts(column)
    categories = sorted(set(texts[~missing]))
    _refuse_numbers(column)
    _refuse_identifier(column, len(categories), int((~missing).sum()))
    return CategoryCode(
        name=str(column.name), categories=tuple(categories), missing=bool(missing.any())
    )


def _refuse_identifier(column: pd.Series[Any], distinct: int, rows: int) -> None:
    mostly_distinct = rows > DISTINCT_ROWS and distinct > DISTINCT_SHARE * rows
    if distinct > MOST_CATEGORIES or mostly_distinct:
        raise _excluded(
            column,
            f"has {distinct} categories in {rows} training rows: it looks like an identifier",
        )


def _refuse_numbers(column: pd.Series[Any]) -> None:
    """Refuse a few texts among many different numbers; a category such as ``3+`` may stand."""
    present = column[column.notna()]
    numbers = pd.to_numeric(present.astype(str), errors="coerce")
    bad = numbers.isna().to_numpy()
    if bad.any() and 1 - bad.mean() >= NUMBER_SHARE and numbers.nunique() > FEW_NUMBERS:
        value = present.iloc[int(np.flatnonzero(bad)[0])]
        raise DataError(
            f"column {column.name!r}, row {row_words(present, bad)}: expected a number as in "
            f"{1 - bad.mean():.1%} of the rows, came {value!r} ({int(bad.sum())} rows)",
            "correct the value, name it under data.missing, or exclude the column",
        )
