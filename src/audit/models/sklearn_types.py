"""Types that skops asks about and that this version knows to be safe, with the reason of each.

A type stands here if loading it fills its attributes and runs nothing (plain Python of
scikit-learn, with no ``__new__`` or ``__setstate__`` of its own), and if what it is asked for later
indexes no raw memory: trees, KD-trees and splines do, and do not stand here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

OPTIMISER = "numbers of the training, not looked at afterwards"
SCORE = "the name of the score that a selection of columns was made by; it is not called again"
CALIBRATION = "one estimator and the two numbers that calibrate it"
SEARCH = "a setting of the search that found the estimator"

SAFE: Mapping[str, str] = {
    "numpy.dtype": "read from an empty array, without pickle",
    "sklearn.neural_network._stochastic_optimizers.AdamOptimizer": OPTIMISER,
    "sklearn.neural_network._stochastic_optimizers.SGDOptimizer": OPTIMISER,
    "sklearn.feature_selection._univariate_selection.chi2": SCORE,
    "sklearn.feature_selection._univariate_selection.f_classif": SCORE,
    "sklearn.feature_selection._mutual_info.mutual_info_classif": SCORE,
    "sklearn.calibration._CalibratedClassifier": CALIBRATION,
    "sklearn.calibration._SigmoidCalibration": CALIBRATION,
    "sklearn.metrics._scorer._PassthroughScorer": SEARCH,
    "sklearn.model_selection._split.KFold": SEARCH,
    "sklearn.model_selection._split.StratifiedKFold": SEARCH,
    "sklearn.utils._bunch.Bunch": "a dict",
}


def beyond_safe(types: Iterable[str]) -> tuple[str, ...]:
    """Return those of `types` that are not known to be safe, in their order."""
    return tuple(name for name in types if name not in SAFE)
