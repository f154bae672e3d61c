"""What the model says about each row: scores or labels, checked against what was declared."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from audit.errors import DataError, ModelError

if TYPE_CHECKING:
    from audit.data.dataset import Dataset, Rows
    from audit.models.answering import AnswerModel
    from audit.models.model import TorchModel

SLACK = 1e-6
SUM_SLACK = 1e-3
ENOUGH_ROWS = 30
PAIR = 2
CERTAIN = frozenset({"bundle", "trained", "sklearn"})
"""Where a model comes from, if what it answers with is built or read there, not declared."""
Scores = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Predictions:
    """Scores and decisions of some rows of a data set.

    Attributes
    ----------
    score : ndarray of float64, shape (rows,), or None
        Probability of the positive class (of several, the one in focus) from a network; any number
        from a table of scores; the predicted value of a regression. None where only labels are
        known.
    label : ndarray of int8 or float64, shape (rows,)
        1 where the decision is positive: score >= threshold; of several classes, where the one in
        focus is the likeliest; of a regression the predicted value, like `score`.
    threshold : float or None
        None where only labels are known, of several classes and of a regression.
    rows : ndarray of int64, shape (rows,)
        Which rows of the data set, in this order.
    notes : tuple of str
        What a reader must know about the scores.
    classes : ndarray of int64, shape (rows,), or None
        Of several classes: the place of the predicted one.
    ends : ndarray of float64, shape (rows, 2), or None
        Of a regression: the lower and the upper end of each row's prediction interval.
    """

    score: Scores | None
    label: NDArray[Any]
    threshold: float | None
    rows: Rows
    notes: tuple[str, ...] = ()
    classes: NDArray[np.int64] | None = None
    ends: NDArray[np.float64] | None = None

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.label)


def predict(
    model: TorchModel | AnswerModel,
    dataset: Dataset,
    rows: Rows,
    threshold: float,
    *,
    batch_size: int = 8192,
    progress: Callable[[int, int], None] | None = None,
) -> Predictions:
    """Ask the network, or a black box, about `rows`, a batch at a time.

    The network is in evaluation mode meanwhile and no gradients are kept; modes, gradients and
    random state are as before afterwards. Scores do not depend on `batch_size` (to 1e-6).

    Parameters
    ----------
    model : TorchModel or AnswerModel
    dataset : Dataset
    rows : ndarray of int64
    threshold : float
        Positive is score >= threshold.
    batch_size : int
    progress : callable, optional
        Called with (rows done, rows) after each batch.

    Raises
    ------
    ModelError
        If the answers are not finite, have another shape than declared, or do not lie in the
        declared range.
    DataError
        If there are no rows, or a value cannot be encoded.
    """
    from audit.models.answering import AnswerModel
    from audit.models.inference import asked_answers, raw_answers, scores_of

    if not len(rows):
        raise DataError("expected rows to predict, came none", "check data.split")
    if isinstance(model, AnswerModel):
        answers = asked_answers(model, dataset, rows, batch_size, progress)
    else:
        answers = raw_answers(model, dataset, rows, batch_size, progress)
    places = dataset.row_ids[rows]
    _require_finite(answers, places)
    if model.output in {"probability", "probabilities"}:
        answers = _within_range(answers, places, model.output)
    score = scores_of(model, answers)
    doubt = () if _origin(model) in CERTAIN else _logit_notes(answers, model.output)
    if dataset.task == "regression":
        notes = (*doubt, *_constant_notes(score, None))
        return Predictions(score=score, label=score, threshold=None, rows=rows, notes=notes)
    if dataset.task == "multiclass":
        return _of_classes(score, answers, model.focus, rows, doubt)
    notes = (*doubt, *_constant_notes(score, threshold))
    return Predictions(
        score=score, label=_decide(score, threshold), threshold=threshold, rows=rows, notes=notes
    )


def _of_classes(
    score: Scores, answers: Scores, focus: int, rows: Rows, doubt: tuple[str, ...]
) -> Predictions:
    """Decide for the likeliest class; of equally likely ones the first."""
    found = answers.argmax(axis=1).astype(np.int64)
    only = (f"every row is decided for class {found[0]}",) if np.ptp(found) == 0 else ()
    return Predictions(
        score=score,
        label=(found == focus).astype(np.int8),
        threshold=None,
        rows=rows,
        notes=(*doubt, *_constant_notes(score, None), *only),
        classes=found,
    )


def from_scores(
    values: ArrayLike,
    threshold: float,
    *,
    rows: Rows | None = None,
    row_ids: Rows | None = None,
    name: str = "score",
) -> Predictions:
    """Take scores from a table; positive is score >= threshold.

    Parameters
    ----------
    values : array-like of numbers, shape (rows,)
        In any range.
    threshold : float
    rows : ndarray of int64, optional
        Which rows of the data set these are; by default the first ones.
    row_ids : ndarray of int64, optional
        Their places in the source, for messages; by default `rows`.
    name : str
        Column, for messages.

    Raises
    ------
    DataError
        If a value is no number, missing or infinite, or there are none.
    """
    score = _numbers(values, rows if row_ids is None else row_ids, name)
    return Predictions(
        score=score,
        label=_decide(score, threshold),
        threshold=threshold,
        rows=_places(len(score), rows),
        notes=_constant_notes(score, threshold),
    )


def from_labels(
    values: ArrayLike,
    *,
    rows: Rows | None = None,
    row_ids: Rows | None = None,
    name: str = "label",
) -> Predictions:
    """Take decisions from a table: 1 or true is positive, 0 or false is not.

    Parameters
    ----------
    values : array-like, shape (rows,)
    rows : ndarray of int64, optional
        Which rows of the data set these are; by default the first ones.
    row_ids : ndarray of int64, optional
        Their places in the source, for messages; by default `rows`.
    name : str
        Column, for messages.

    Raises
    ------
    DataError
        If a value is neither, or missing, or there are none.
    """
    numbers = _numbers(values, rows if row_ids is None else row_ids, name)
    places = _places(len(numbers), rows if row_ids is None else row_ids)
    bad = ~np.isin(numbers, (0.0, 1.0))
    if bad.any():
        first = int(np.flatnonzero(bad)[0])
        raise DataError(
            f"column {name!r}, row {places[first] + 1}: expected a label of 0 or 1, came "
            f"{numbers[first]:g} ({int(bad.sum())} rows)",
            f"code the labels as 0 and 1, or give them as a score: predictions: {{score: {name}}}",
        )
    label = numbers.astype(np.int8)
    notes = (f"every label is {label[0]}",) if len(np.unique(label)) == 1 else ()
    return Predictions(
        score=None, label=label, threshold=None, rows=_places(len(label), rows), notes=notes
    )


def _origin(model: TorchModel | AnswerModel) -> str:
    from audit.models.answering import AnswerModel

    return model.format if isinstance(model, AnswerModel) else model.kind


def _decide(score: Scores, threshold: float) -> NDArray[np.int8]:
    return (score >= threshold).astype(np.int8)


def _places(count: int, rows: Rows | None) -> Rows:
    if rows is not None and len(rows) != count:
        raise DataError(f"expected {len(rows)} predictions, came {count}", "give one for each row")
    return np.arange(count, dtype=np.int64) if rows is None else rows


def _numbers(values: ArrayLike, rows: Rows | None, name: str) -> Scores:
    given = np.asarray(values)
    if given.ndim != 1 or not len(given):
        raise DataError(
            f"{name!r}: expected one number for each row, came an array of shape {given.shape}"
        )
    places = _places(len(given), rows)
    try:
        numbers = given.astype(np.float64)
    except (TypeError, ValueError):
        first, value = _first_non_number(given)
        raise DataError(
            f"column {name!r}, row {places[first] + 1}: expected a number, came {value!r}",
            "correct the value, or name another column under predictions",
        ) from None
    bad = ~np.isfinite(numbers)
    if bad.any():
        raise DataError(
            f"column {name!r}: {int(bad.sum())} of {len(numbers)} values are missing or infinite, "
            f"the first in row {places[np.flatnonzero(bad)[0]] + 1}",
            "fill them in, or leave these rows out",
        )
    return numbers


def _first_non_number(given: NDArray[np.generic]) -> tuple[int, object]:
    for place, value in enumerate(given.tolist()):
        try:
            float(value)
        except (TypeError, ValueError):
            return place, value
    return 0, given[0]


def _require_finite(answers: Scores, places: Rows) -> None:
    bad = ~np.isfinite(answers).reshape(len(answers), -1).all(axis=1)
    if bad.any():
        raise ModelError(
            f"{int(bad.sum())} of {len(answers)} scores of the model are not finite (NaN or "
            f"infinity), the first in row {places[np.flatnonzero(bad)[0]] + 1}",
            "look for extreme or missing values in that row, and for a network that diverged",
        )


def _within_range(answers: Scores, places: Rows, output: str) -> Scores:
    table = answers.reshape(len(answers), -1)
    bad = ((table < -SLACK) | (table > 1 + SLACK)).any(axis=1)
    if bad.any():
        first = int(np.flatnonzero(bad)[0])
        raise ModelError(
            f"output: {output} was declared, but {int(bad.sum())} of {len(answers)} answers lie "
            f"outside [0, 1], the first in row {places[first] + 1} "
            f"({', '.join(f'{value:.4g}' for value in table[first])})",
            f"declare output: {'logit' if output == 'probability' else 'logits'}",
        )
    off = np.abs(table.sum(axis=1) - 1) > SUM_SLACK
    if output == "probabilities" and off.any():
        first = int(np.flatnonzero(off)[0])
        raise ModelError(
            f"output: probabilities was declared, but in {int(off.sum())} of {len(answers)} rows "
            f"{'the two' if table.shape[1] == PAIR else 'they'} do not sum to 1, the first in row "
            f"{places[first] + 1} ({table[first].sum():.4g})",
            "end the network in a softmax, or declare output: logits",
        )
    return np.clip(answers, 0.0, 1.0)


def _logit_notes(answers: Scores, output: str) -> tuple[str, ...]:
    inside = len(answers) >= ENOUGH_ROWS and bool(((answers >= 0) & (answers <= 1)).all())
    if output not in {"logit", "logits"} or not inside:
        return ()
    return (
        f"output: {output} was declared, but all answers for {len(answers)} rows lie in [0, 1]: "
        "the network may answer with probabilities",
    )


def _constant_notes(score: Scores, threshold: float | None) -> tuple[str, ...]:
    if len(score) > 1 and float(np.ptp(score)) <= SLACK:
        return (f"every score is the same ({score[0]:.6g})",)
    if threshold is None:
        return ()
    decided = score >= threshold
    if len(score) > 1 and decided.all() == decided.any():
        side = "at or above" if decided.all() else "below"
        return (f"every score lies {side} the threshold of {threshold:g}: all decisions agree",)
    return ()
