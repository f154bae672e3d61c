"""scikit-learn transformers that treat each column by itself, and which column each output is of.

One table: the name of a transformer, and a function from it and its number of inputs to the input
column of each output.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from audit.models.sklearn_affine import SELECTORS, OpaqueError

Step = Any  # a fitted transformer of scikit-learn, which has no types
Sources = Sequence[int]
WIDEST, HIGHEST = 200_000, 32


def _each(step: Step, width: int) -> Sources:
    return range(width)


def require_narrow(step: Step, width: int) -> None:
    """Refuse a number of columns that no table has: a file may state any.

    Raises
    ------
    OpaqueError
        If there are more than 200,000.
    """
    if width > WIDEST:
        raise OpaqueError(f"{type(step).__name__} makes {width:,} columns, more than {WIDEST:,}")


def _repeated(step: Step, counts: Sequence[int]) -> Sources:
    require_narrow(step, sum(map(int, counts)))
    return [place for place, count in enumerate(counts) for _ in range(int(count))]


def _one_hot(step: Step, width: int) -> Sources:
    return _repeated(step, step._n_features_outs)  # names of outputs may be ambiguous


def _bins(step: Step, width: int) -> Sources:
    if not step.encode.startswith("onehot"):
        return range(width)
    return _repeated(step, step.n_bins_)


def _splines(step: Step, width: int) -> Sources:
    return _repeated(step, [step.n_features_out_ // width] * width)


def _imputed(step: Step, width: int) -> Sources:
    empty = np.array([value != value for value in step.statistics_.tolist()], dtype=bool)  # noqa: PLR0124 - NaN alone differs from itself
    kept = np.arange(width) if step.keep_empty_features else np.flatnonzero(~empty)
    flags = step.indicator_.features_ if step.add_indicator else ()
    return [*kept.tolist(), *map(int, flags)]


def _flags(step: Step, width: int) -> Sources:
    return [int(place) for place in step.features_]


def _chosen(step: Step, width: int) -> Sources:
    return [int(place) for place in step.get_support(indices=True)]


def _target_means(step: Step, width: int) -> Sources:
    if step.target_type_ == "multiclass":
        raise OpaqueError("TargetEncoder was fitted to more than two classes")
    return range(width)


def _function(step: Step, width: int) -> Sources:
    """Accept none and functions of numpy that work element by element."""
    plain = isinstance(step.func, np.ufunc) and (step.func.nin, step.func.nout) == (1, 1)
    if step.func is None or (plain and not step.kw_args):
        return range(width)
    name = getattr(step.func, "__name__", type(step.func).__name__)
    raise OpaqueError(f"FunctionTransformer calls {name}, which may mix columns")


def _powers(step: Step, width: int) -> Sources:
    most = step.degree if isinstance(step.degree, int) else max(step.degree)
    if step.n_features_in_ != width or most > HIGHEST or math.comb(width + most, most) > WIDEST:
        raise OpaqueError("PolynomialFeatures makes more powers than can be looked at")
    powers = np.asarray(step.powers_) > 0
    if (powers.sum(axis=1) > 1).any():
        raise OpaqueError("PolynomialFeatures multiplies columns, which belong to no single one")
    # The constant goes to the first column: it never varies, so that no share is given for it.
    return [int(place) for place in powers.argmax(axis=1)]


COLUMNWISE: Mapping[str, Callable[[Any, int], Sources]] = {
    "Binarizer": _each,
    "FunctionTransformer": _function,
    "KBinsDiscretizer": _bins,
    "MaxAbsScaler": _each,
    "MinMaxScaler": _each,
    "MissingIndicator": _flags,
    "OneHotEncoder": _one_hot,
    "OrdinalEncoder": _each,
    "PolynomialFeatures": _powers,
    "PowerTransformer": _each,
    "QuantileTransformer": _each,
    "RobustScaler": _each,
    "SimpleImputer": _imputed,
    "SplineTransformer": _splines,
    "StandardScaler": _each,
    "TargetEncoder": _target_means,
    **dict.fromkeys(SELECTORS, _chosen),
}


def sources_of(step: Step, width: int) -> Sources:
    """Return, for each output column of a fitted transformer, the input column it is made of.

    Raises
    ------
    OpaqueError
        If an output may depend on several columns.
    """
    name = type(step).__name__
    find = COLUMNWISE.get(name)
    if find is None or not type(step).__module__.startswith("sklearn."):
        raise OpaqueError(f"{name} is not known to treat each column by itself")
    found = [int(place) for place in find(step, width)]
    if any(not 0 <= place < width for place in found):
        raise OpaqueError(f"{name} names columns that do not reach it")
    return found
