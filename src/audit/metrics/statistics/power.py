"""The smallest difference a comparison would have found, from standard errors alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm

Floats = NDArray[np.float64]
POWER = 0.8


def detectable_difference(
    error1: ArrayLike, error2: ArrayLike, z: ArrayLike, power: float = POWER
) -> Floats:
    """Smallest true difference that is found with probability `power`.

    Parameters
    ----------
    error1, error2 : array of float
        Standard errors of the two independent estimates.
    z : array of float
        Quantile that the comparison must exceed, corrections included.
    power : float
        In (0.5, 1).

    Returns
    -------
    ndarray
        (z + quantile of power) times the error of the difference; NaN where an error is NaN. It is
        the normal approximation; for rates `significance.minimum_detectable` is exact about it.
    """
    error = np.hypot(np.asarray(error1, dtype=np.float64), np.asarray(error2, dtype=np.float64))
    found: Floats = (np.asarray(z, dtype=np.float64) + norm.isf(1 - power)) * error
    return found
