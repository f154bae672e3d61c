"""The seam to attribution methods: tensors in, one number for each input value out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from audit.models.model import Tensors, TorchModel


@dataclass(frozen=True, kw_only=True)
class Attribution:
    """How much of each row's score goes through each input value.

    Attributes
    ----------
    values : dict of str to Tensor
        For each floating-point tensor, the same shape, in units of the score.
    errors : ndarray of float64, shape (rows,)
        Sum of the values less (score at the row less score at the baseline).
    figures : dict of str to ndarray, each of shape (rows,)
        How the values were reached, for example quadrature steps.
    """

    values: Tensors
    errors: NDArray[np.float64]
    figures: dict[str, NDArray[np.float64]]


class Method(Protocol):
    """What explanations of every method share.

    Attributes
    ----------
    name : str
    tolerance : float
        The largest completeness error of a row that still counts as converged.
    """

    @property
    def name(self) -> str:
        """Return the name of the method."""
        ...

    @property
    def tolerance(self) -> float:
        """Return the largest completeness error that counts as converged."""
        ...


class Explainer(Protocol):
    """An attribution method; a row's values depend on that row and the baseline alone.

    Attributes
    ----------
    name : str
    tolerance : float
        The largest completeness error of a row that still counts as converged.
    """

    name: str
    tolerance: float

    def attribute(self, model: TorchModel, tensors: Tensors, baselines: Tensors) -> Attribution:
        """Attribute the score: a probability, or a predicted value.

        Parameters
        ----------
        model : TorchModel
            In evaluation mode.
        tensors : dict of str to Tensor
            First dimension: rows. Values go to floating-point tensors; others (masks, tokens whose
            embeddings are among the tensors) are passed on as they are.
        baselines : dict of str to Tensor
            Of each floating-point tensor one row, or one for each row.
        """
        ...
