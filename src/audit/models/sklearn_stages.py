"""Fitted preprocessing as a stage: columns by themselves first, then at most one affine map.

The first half calls the fitted transformers, the second becomes a Linear layer of the network, so
that attribution reaches the user's columns through a PCA. A step that fits neither half makes the
whole model a black box.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from audit.models.sklearn_affine import MIXING, Affine, OpaqueError, affine, beside, identity
from audit.models.sklearn_calling import call, dense, named
from audit.models.sklearn_columns import require_narrow, sources_of

Step = Any  # a fitted transformer of scikit-learn, or the name of none
Values = Any  # a pandas frame or an array
NONE = (None, "passthrough")


@dataclass(frozen=True, kw_only=True)
class Stage:
    """Preprocessing of a table.

    Attributes
    ----------
    apply : callable
        From a frame or array to an array or frame of the same rows, each column by itself.
    columns : tuple of str
        The user's column of each column that `apply` gives.
    mix : Affine or None
        What comes after it; None changes nothing.
    """

    apply: Callable[[Values], Values]
    columns: tuple[str, ...]
    mix: Affine | None = None


def stage(step: Step, columns: tuple[str, ...]) -> Stage:
    """Return a fitted transformer as a stage.

    Parameters
    ----------
    step : transformer of scikit-learn, None, "passthrough" or "drop"
    columns : tuple of str
        The user's column of each column that reaches it.

    Raises
    ------
    OpaqueError
        If a step mixes columns otherwise than by an affine map at the end, or is not known.
    """
    if isinstance(step, str) and step == "drop":
        return Stage(apply=_nothing, columns=())
    if step is None or (isinstance(step, str) and step in NONE):
        return Stage(apply=_as_it_is, columns=columns)
    name = type(step).__name__
    if name in COMPOSED:
        return COMPOSED[name](step, columns)
    if name in MIXING:
        return Stage(apply=_as_it_is, columns=columns, mix=affine(step, len(columns)))
    sources = sources_of(step, len(columns))
    require_narrow(step, len(sources))
    out = tuple(columns[place] for place in sources)
    return Stage(apply=lambda values: call(step, values, columns), columns=out)


def chained(steps: Iterable[Step], columns: tuple[str, ...]) -> Stage:
    """Return fitted transformers in a row as one stage.

    Raises
    ------
    OpaqueError
        As `stage`, and if a step after an affine map is none.
    """
    found = Stage(apply=_as_it_is, columns=columns)
    for step in steps:
        if step is None or (isinstance(step, str) and step in NONE):
            continue
        found = _followed(found, step)
    return found


def _followed(first: Stage, step: Step) -> Stage:
    if first.mix is not None:
        return replace(first, mix=_affine_after(step, first.mix))
    second = stage(step, first.columns)
    return replace(second, apply=lambda values: second.apply(named(first.apply(values), step)))


def _affine_after(step: Step, mix: Affine) -> Affine:
    if type(step).__name__ == "Pipeline":
        for _, inner in step.steps:
            mix = mix if inner is None or inner == "passthrough" else _affine_after(inner, mix)
        return mix
    return affine(step, len(mix.bias)).after(mix)


def _as_it_is(values: Values) -> Values:
    return values


def _nothing(values: Values) -> Values:
    return np.zeros((len(values), 0))


def _pipeline(step: Step, columns: tuple[str, ...]) -> Stage:
    return chained((inner for _, inner in step.steps), columns)


def _column_transformer(step: Step, columns: tuple[str, ...]) -> Stage:
    weights = step.transformer_weights or {}
    parts = []
    for name, inner, places in branches(step, len(columns)):
        part = stage(inner, tuple(columns[place] for place in places))
        parts.append(_times(_taking(part, places), weights.get(name)))
    return _beside(parts)


def branches(step: Step, width: int) -> list[tuple[str, Step, tuple[int, ...]]]:
    """Return name, transformer and input columns of each branch of a ColumnTransformer in use.

    Raises
    ------
    OpaqueError
        If a branch reads one column as text, or its columns are not known.
    """
    known = getattr(step, "_transformer_to_input_indices", {})
    found = []
    for name, inner, asked in step.transformers_:
        if isinstance(inner, str) and inner == "drop":
            continue
        if isinstance(asked, str | int):
            raise OpaqueError(f"{type(inner).__name__} reads column {asked!r} alone, as a list")
        places = tuple(int(place) for place in known.get(name, ()))
        if not places and not _empty(asked):
            raise OpaqueError(f"the columns of ColumnTransformer's {name!r} are not known")
        if any(not 0 <= place < width for place in places):
            raise OpaqueError(f"ColumnTransformer's {name!r} names columns that do not reach it")
        found += [(name, inner, places)] if places else []
    return found


def _empty(asked: object) -> bool:
    """Tell whether a choice of columns may be of none: slices and masks may."""
    if isinstance(asked, slice):
        return True
    listed = np.asarray(asked)
    return not listed.size or (listed.dtype == bool and not listed.any())


def _union(step: Step, columns: tuple[str, ...]) -> Stage:
    weights = step.transformer_weights or {}
    parts = [
        _times(stage(inner, columns), weights.get(name)) for name, inner in step.transformer_list
    ]
    return _beside(parts)


def _frozen(step: Step, columns: tuple[str, ...]) -> Stage:
    return stage(step.estimator, columns)


COMPOSED: Mapping[str, Callable[[Step, tuple[str, ...]], Stage]] = {
    "ColumnTransformer": _column_transformer,
    "FeatureUnion": _union,
    "FrozenEstimator": _frozen,
    "Pipeline": _pipeline,
}


def _taking(part: Stage, places: tuple[int, ...]) -> Stage:
    chosen = list(places)

    def apply(values: Values) -> Values:
        taken = values.iloc[:, chosen] if hasattr(values, "iloc") else values[:, chosen]
        return part.apply(taken)

    return replace(part, apply=apply)


def _times(part: Stage, factor: float | None) -> Stage:
    if factor is None:
        return part
    if part.mix is not None:
        return replace(part, mix=part.mix.times(factor))
    return replace(part, apply=lambda values: dense(part.apply(values)) * factor)


def _beside(parts: Sequence[Stage]) -> Stage:
    if not parts:
        raise OpaqueError("the preprocessing leaves no column")
    mixed = any(part.mix is not None for part in parts)
    return Stage(
        apply=lambda values: _stacked([part.apply(values) for part in parts]),
        columns=tuple(name for part in parts for name in part.columns),
        mix=beside([part.mix or identity(len(part.columns)) for part in parts]) if mixed else None,
    )


def _stacked(blocks: list[Values]) -> Values:
    return np.hstack([dense(block) for block in blocks])
