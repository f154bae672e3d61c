"""Public data sets that a library carries with it."""

from __future__ import annotations

import pandas as pd


def sklearn_diabetes() -> pd.DataFrame:
    """Return scikit-learn's 442 diabetes patients in the units they were measured in.

    Columns: age (years), sex (undocumented codes 1 and 2), bmi, bp, s1 to s6, and progression, the
    disease progression a year later (25 to 346). Source: Efron, Hastie, Johnstone and Tibshirani,
    Least Angle Regression, Annals of Statistics 32 (2004).
    """
    from sklearn.datasets import load_diabetes

    frame: pd.DataFrame = load_diabetes(as_frame=True, scaled=False).frame
    return frame.rename(columns={"target": "progression"})
