"""Attributions of all drawn rows at once, folded to what the user can look at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from audit.data.dataset import Dataset, Rows
from audit.explainers.attribution import Explainer
from audit.explainers.baselines import Baselines
from audit.explainers.entrance import Entrance
from audit.explainers.folding import Folded, fold_all
from audit.explainers.words import WordValues, joined
from audit.models.inference import evaluating, seeded, threads_for
from audit.models.model import Encoded, Tensors

Progress = Callable[[int, int], None]
Floats = NDArray[np.float64]
LENGTH = "(length of the text)"


class Viewer(Protocol):
    """Who looks at whole attributions as they are made, since they are not kept."""

    def add(self, rows: Rows, inputs: dict[str, object], encoded: Encoded, values: Tensors) -> None:
        """Take the attributions of a batch."""
        ...


@dataclass(frozen=True, kw_only=True)
class Attributed:
    """Folded attributions of some rows.

    Attributes
    ----------
    features : tuple of str
    rows : ndarray of int64, shape (rows,)
        In rising order.
    values : ndarray of float64, shape (rows, features)
    words : tuple of WordValues
        Attributions of words, one for each tensor that holds them.
    errors : ndarray of float64, shape (rows,)
        Completeness errors.
    figures : dict of str to ndarray, each of shape (rows,)
    baseline_score : float
        Where a row's baseline keeps something of the row (the places of its padding, masks), the
        weighted mean over the uniform draw; what a row's own score at its baseline differs from it
        is one more feature.
    """

    features: tuple[str, ...]
    rows: Rows
    values: Floats
    words: tuple[WordValues, ...] = ()
    errors: Floats
    figures: dict[str, Floats]
    baseline_score: float

    def take(self, rows: Rows) -> Attributed:
        """Return the attributions of some of the rows."""
        places = np.searchsorted(self.rows, rows)
        return replace(
            self,
            rows=rows,
            values=self.values[places],
            words=tuple(words.take(places) for words in self.words),
            errors=self.errors[places],
            figures={name: figure[places] for name, figure in self.figures.items()},
        )


@dataclass(frozen=True, kw_only=True)
class _Batch:
    folded: Folded
    errors: Floats
    figures: dict[str, Floats]
    at_baseline: Floats


def attribute_rows(
    entrance: Entrance,
    dataset: Dataset,
    explainer: Explainer,
    baselines: Baselines,
    rows: Rows,
    *,
    share: Floats,
    viewer: Viewer | None = None,
    progress: Progress | None = None,
) -> Attributed:
    """Attribute the score of each row, a batch at a time, leaving no trace on the network.

    Parameters
    ----------
    rows : ndarray of int64
        In rising order.
    share : ndarray of float64, shape (rows,)
        Weights of the rows of the uniform draw, 0 of others.
    viewer : Viewer, optional
        Shown every batch.
    """
    batches = []
    model = entrance.model
    with evaluating(model.network), seeded(0, model.device), threads_for(model.network):
        for done, (part, inputs) in enumerate(dataset.batches(rows, entrance.batch), start=1):
            encoded = model.encode(inputs)
            tensors = entrance.enter(encoded)
            result = explainer.attribute(model, tensors, baselines.of(entrance, tensors))
            batches.append(
                _Batch(
                    folded=fold_all(
                        entrance, encoded, result.values, several=len(dataset.inputs) > 1
                    ),
                    errors=result.errors,
                    figures=result.figures,
                    at_baseline=_at_baseline(entrance, baselines, tensors, len(part)),
                )
            )
            if viewer is not None:
                viewer.add(part, inputs, encoded, result.values)
            if progress is not None:
                progress(min(done * entrance.batch, len(rows)), len(rows))
    attributed = _joined(batches, rows)
    if not varies(entrance, baselines):
        return attributed
    at_baseline = np.concatenate([batch.at_baseline for batch in batches])
    return _with_kept(attributed, entrance, at_baseline, share)


def _at_baseline(entrance: Entrance, baselines: Baselines, tensors: Tensors, rows: int) -> Floats:
    """Return the score of each row at its baseline; one number where it is everybody's."""
    with torch.no_grad():
        if varies(entrance, baselines):
            scores = entrance.model.score(baselines.points(entrance, tensors))
        else:
            first = {name: tensor[:1] for name, tensor in tensors.items()}
            scores = entrance.model.score(baselines.points(entrance, first)).expand(rows)
    return scores.cpu().double().numpy()


def varies(entrance: Entrance, baselines: Baselines) -> bool:
    """Tell whether a row's baseline keeps something of the row."""
    return bool(baselines.words or entrance.held)


def _joined(batches: list[_Batch], rows: Rows) -> Attributed:
    first = batches[0]
    return Attributed(
        features=first.folded.features,
        rows=rows,
        values=np.concatenate([batch.folded.values for batch in batches]),
        words=tuple(
            joined(parts) for parts in zip(*(b.folded.words for b in batches), strict=True)
        ),
        errors=np.concatenate([batch.errors for batch in batches]),
        figures={
            name: np.concatenate([batch.figures[name] for batch in batches])
            for name in first.figures
        },
        baseline_score=float(first.at_baseline[0]),
    )


def _with_kept(
    attributed: Attributed, entrance: Entrance, at_baseline: Floats, share: Floats
) -> Attributed:
    """Return the attributions with one more feature: what of a row its baseline keeps."""
    center = float(share @ at_baseline / share.sum())
    kept = f"(kept as it is: {', '.join(entrance.held)})"
    return replace(
        attributed,
        features=(*attributed.features, LENGTH if entrance.texts else kept),
        values=np.column_stack([attributed.values, at_baseline - center]),
        baseline_score=center,
    )
