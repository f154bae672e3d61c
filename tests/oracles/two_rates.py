"""Tests of two rates, spelled out."""

from __future__ import annotations

from math import erfc, sqrt


def pooled_z(x1: int, n1: int, x2: int, n2: int) -> float:
    """Two-sided p-value of the z-test with one pooled rate."""
    pooled = (x1 + x2) / (n1 + n2)
    variance = pooled * (1 - pooled) / n1 + pooled * (1 - pooled) / n2
    z = (x1 / n1 - x2 / n2) / sqrt(variance)
    return erfc(abs(z) / sqrt(2))
