"""Attributions of all drawn rows at once, folded to the user's columns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from audit.data.dataset import Dataset, Rows
from audit.errors import ModelError
from audit.explainers.attribution import Explainer
from audit.explainers.folding import fold
from audit.models.inference import evaluating, seeded, threads_for
from audit.models.model import Encoded, Tensors, TorchModel

BATCH = 1024
Progress = Callable[[int, int], None]
Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Attributed:
    """Folded attributions of some rows.

    Attributes
    ----------
    features : tuple of str
    rows : ndarray of int64, shape (rows,)
        In rising order.
    values : ndarray of float64, shape (rows, features)
    errors : ndarray of float64, shape (rows,)
        Completeness errors.
    figures : dict of str to ndarray, each of shape (rows,)
    baseline_score : float
    """

    features: tuple[str, ...]
    rows: Rows
    values: Floats
    errors: Floats
    figures: dict[str, Floats]
    baseline_score: float

    def take(self, rows: Rows) -> Attributed:
        """Return the attributions of some of the rows."""
        places = np.searchsorted(self.rows, rows)
        return Attributed(
            features=self.features,
            rows=rows,
            values=self.values[places],
            errors=self.errors[places],
            figures={name: figure[places] for name, figure in self.figures.items()},
            baseline_score=self.baseline_score,
        )


def attribute_rows(
    model: TorchModel,
    dataset: Dataset,
    explainer: Explainer,
    baselines: Tensors,
    rows: Rows,
    *,
    progress: Progress | None = None,
) -> Attributed:
    """Attribute the score of each row, a batch at a time, leaving no trace on the network.

    Parameters
    ----------
    baselines : dict of str to Tensor
        As `baseline_tensors` returns them.
    rows : ndarray of int64
        In rising order.
    """
    parts = []
    features: tuple[str, ...] = ()
    with evaluating(model.network), seeded(0, model.device), threads_for(model.network):
        for done, (_, inputs) in enumerate(dataset.batches(rows, BATCH), start=1):
            encoded = model.encode(inputs)
            result = explainer.attribute(model, encoded.tensors, baselines)
            features, values = fold(result.values, encoded.columns)
            parts.append((values, result.errors, result.figures))
            if progress is not None:
                progress(min(done * BATCH, len(rows)), len(rows))
        with torch.no_grad():
            at_baseline = float(model.probability(baselines)[0])
    return Attributed(
        features=features,
        rows=rows,
        values=np.concatenate([values for values, _, _ in parts]),
        errors=np.concatenate([errors for _, errors, _ in parts]),
        figures={
            name: np.concatenate([figures[name] for _, _, figures in parts]) for name in parts[0][2]
        },
        baseline_score=at_baseline,
    )


def baseline_tensors(
    model: TorchModel, dataset: Dataset, rows: Rows, kind: str, weights: Floats
) -> Tensors:
    """Return one row for each tensor: the weighted mean of the encoded `rows`, or zeros.

    Raises
    ------
    ModelError
        If a tensor does not hold floating-point numbers, so that no line leads to it.
    """
    sums: dict[str, torch.Tensor] = {}
    place = 0
    for part, inputs in dataset.batches(rows, BATCH):
        encoded = model.encode(inputs)
        _require_floats(encoded)
        share = torch.from_numpy(weights[place : place + len(part)] / weights.sum())
        place += len(part)
        for name, tensor in encoded.tensors.items():
            mean = torch.tensordot(share, tensor.cpu().double(), dims=1)
            sums[name] = sums[name] + mean if name in sums else mean
            dtype = tensor.dtype
            if place == len(rows):
                row = sums[name] if kind == "mean" else torch.zeros_like(sums[name])
                sums[name] = row.to(dtype).to(model.device).unsqueeze(0)
    return sums


def _require_floats(encoded: Encoded) -> None:
    for name, tensor in encoded.tensors.items():
        if not tensor.is_floating_point():
            raise ModelError(
                f"tensor {name!r} holds {str(tensor.dtype).removeprefix('torch.')} numbers: a "
                "gradient needs floating-point inputs",
                "let the encoder return embeddings, or turn explanations off",
            )
