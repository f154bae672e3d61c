"""scikit-learn transformers that are affine maps, x W' + b, as a table: these can be a layer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Step = Any  # a fitted transformer of scikit-learn, which has no types
LARGEST = 2**26
Floats = NDArray[np.float64]


class OpaqueError(Exception):
    """A step that cannot become part of a torch network; its text says which and why."""


@dataclass(frozen=True, kw_only=True)
class Affine:
    """The map x ↦ (x + s) W' + b.

    The shift s moves each column by itself, so it is part of the encoding; W and b are a layer.

    Attributes
    ----------
    weight : ndarray of float64, shape (outputs, inputs)
    bias : ndarray of float64, shape (outputs,)
    shift : ndarray of float64, shape (inputs,)
    """

    weight: Floats
    bias: Floats
    shift: Floats

    def after(self, first: Affine) -> Affine:
        """Return this map applied to what `first` gives."""
        return Affine(
            weight=self.weight @ first.weight,
            bias=self.bias + self.weight @ (first.bias + self.shift),
            shift=first.shift,
        )

    def times(self, factor: float) -> Affine:
        """Return this map with its answer multiplied."""
        return replace(self, weight=self.weight * factor, bias=self.bias * factor)


def _linear(weight: Floats) -> Affine:
    rows, columns = weight.shape
    return Affine(weight=weight, bias=np.zeros(rows), shift=np.zeros(columns))


def identity(width: int) -> Affine:
    """Return the map that changes nothing.

    Raises
    ------
    OpaqueError
        If it would take more than half a gigabyte.
    """
    _require_modest(width, width)
    return _linear(np.eye(width))


def _require_modest(rows: int, columns: int) -> None:
    if rows * columns > LARGEST:
        raise OpaqueError(f"a layer of {rows:,} times {columns:,} weights is too large")


def beside(maps: list[Affine]) -> Affine:
    """Return several maps side by side, each on its own columns.

    Raises
    ------
    OpaqueError
        If the matrix would take more than half a gigabyte.
    """
    rows, columns = (sum(one.weight.shape[axis] for one in maps) for axis in (0, 1))
    _require_modest(rows, columns)
    weight, row, column = np.zeros((rows, columns)), 0, 0
    for one in maps:
        height, width = one.weight.shape
        weight[row : row + height, column : column + width] = one.weight
        row, column = row + height, column + width
    return Affine(
        weight=weight,
        bias=np.concatenate([one.bias for one in maps]),
        shift=np.concatenate([one.shift for one in maps]),
    )


def affine(transformer: Step, width: int) -> Affine:
    """Return a fitted transformer as an affine map of `width` columns.

    Raises
    ------
    OpaqueError
        If it is none, or none that this version knows.
    """
    name = type(transformer).__name__
    make = {**MIXING, **ALONE}.get(name)
    if make is None or not type(transformer).__module__.startswith("sklearn."):
        raise OpaqueError(f"{name} after a step that mixes columns is no linear layer")
    if name in ALONE:
        _require_modest(width, width)
    found = make(transformer)
    if found.weight.ndim != 2 or found.weight.shape[1] != width:  # noqa: PLR2004 - a matrix
        raise OpaqueError(f"{name} does not fit the {width} columns that reach it")
    return found


def _floats(values: Any) -> Floats:  # noqa: ANN401 - an attribute of a fitted transformer
    return np.asarray(values, dtype=np.float64)


def _principal(step: Step) -> Affine:
    weight = _floats(step.components_)
    if step.whiten:
        scale = np.sqrt(_floats(step.explained_variance_))
        weight = weight / np.maximum(scale, np.finfo(scale.dtype).eps)[:, None]
    return replace(_linear(weight), shift=-_floats(step.mean_))


def _projection(step: Step) -> Affine:
    components = step.components_
    weight = _floats(components.toarray() if hasattr(components, "toarray") else components)
    return _linear(weight)


def _diagonal(scale: Floats, moved: Floats) -> Affine:
    return replace(_linear(np.diag(scale)), bias=moved)


def _standard(step: Step) -> Affine:
    scale = 1 / _floats(step.scale_) if step.scale_ is not None else np.ones(step.n_features_in_)
    mean = _floats(step.mean_) if step.with_mean else np.zeros(len(scale))
    return _diagonal(scale, -mean * scale)


def _robust(step: Step) -> Affine:
    scale = 1 / _floats(step.scale_) if step.with_scaling else np.ones(step.n_features_in_)
    centre = _floats(step.center_) if step.with_centering else np.zeros(len(scale))
    return _diagonal(scale, -centre * scale)


def _ranged(step: Step) -> Affine:
    _require_unclipped(step)
    return _diagonal(_floats(step.scale_), _floats(step.min_))


def _largest(step: Step) -> Affine:
    _require_unclipped(step)
    scale = 1 / _floats(step.scale_)
    return _diagonal(scale, np.zeros(len(scale)))


def _require_unclipped(step: Step) -> None:
    if getattr(step, "clip", False):
        raise OpaqueError(f"{type(step).__name__} clips after a step that mixes columns")


def _selected(step: Step) -> Affine:
    support = np.asarray(step.get_support())
    return _linear(np.eye(len(support))[support])


SELECTORS = (
    "GenericUnivariateSelect",
    "RFE",
    "RFECV",
    "SelectFdr",
    "SelectFpr",
    "SelectFromModel",
    "SelectFwe",
    "SelectKBest",
    "SelectPercentile",
    "SequentialFeatureSelector",
    "VarianceThreshold",
)
MIXING: Mapping[str, Callable[[Any], Affine]] = {
    "PCA": _principal,
    "IncrementalPCA": _principal,
    "TruncatedSVD": _projection,
    "GaussianRandomProjection": _projection,
    "SparseRandomProjection": _projection,
}
ALONE: Mapping[str, Callable[[Any], Affine]] = {
    "StandardScaler": _standard,
    "RobustScaler": _robust,
    "MinMaxScaler": _ranged,
    "MaxAbsScaler": _largest,
    **dict.fromkeys(SELECTORS, _selected),
}
