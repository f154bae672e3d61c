"""Which rows a mitigation is fitted and tuned on, and which groups take part. Never test rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from audit.data.records import UNKNOWN
from audit.mitigation.mitigator import Division, Refused

if TYPE_CHECKING:
    from audit.data.dataset import Dataset, Rows, SensitiveAttribute

SET_APART = 0.2
SMALLEST = 10  # rows of a group that a rate can be tuned on at all
PAIR = 2
COUNTED: Mapping[str, tuple[int, ...] | None] = {
    "demographic_parity": None,
    "equal_opportunity": (1,),
}
"""The labels of the rows whose scores a constraint compares; None: every row."""


def counts(target: NDArray[Any], labels: tuple[int, ...] | None) -> NDArray[np.bool_]:
    """Say which rows have one of `labels`; None counts every row."""
    return np.ones(len(target), dtype=bool) if labels is None else np.isin(target, labels)


@dataclass(frozen=True, kw_only=True)
class Participants:
    """Groups that take part, as codes of the attribute, and in words those that do not."""

    codes: tuple[int, ...]
    left_out: tuple[str, ...]


def divide(dataset: Dataset, seed: int) -> Division:
    """Take training and validation rows; without the latter a fifth of the former, by seed.

    Raises
    ------
    Refused
        If there are no training rows.
    """
    rows = dataset.splits.get("train")
    if rows is None or not len(rows):
        raise Refused("there are no training rows", "say under data.split which rows train")
    validation = dataset.splits.get("validation")
    if validation is not None and len(validation):
        return Division(
            fitting=rows,
            tuning=validation,
            fitting_words=f"train ({len(rows)} rows)",
            tuning_words=f"validation ({len(validation)} rows)",
        )
    order = np.random.default_rng(seed).permutation(len(rows))
    apart = max(1, round(SET_APART * len(rows)))
    fitting, tuning = rows[np.sort(order[apart:])], rows[np.sort(order[:apart])]
    return Division(
        fitting=fitting,
        tuning=tuning,
        fitting_words=f"train ({len(fitting)} of {len(rows)} rows)",
        tuning_words=f"validation ({len(tuning)} rows set apart from train with seed {seed})",
    )


def participants(
    attribute: SensitiveAttribute,
    target: NDArray[Any],
    rows: Rows,
    *,
    least: int,
    labels: tuple[tuple[int, ...] | None, ...],
    words: str,
) -> Participants:
    """Find the groups that are large enough among `rows`.

    Parameters
    ----------
    attribute : SensitiveAttribute
    target : ndarray of int8 or float64
    rows : ndarray of int64
    least : int
        Groups with fewer rows are left out.
    labels : tuple of tuple of int or None
        Sets of labels; of each, every group that takes part must have a row. None asks for none.
    words : str
        What the rows are called.

    Raises
    ------
    Refused
        If fewer than two groups are left, or one has no row of such labels.
    """
    taking, left_out = [], []
    for code, category in enumerate(attribute.categories):
        if category == UNKNOWN:
            continue
        own = rows[attribute.codes[rows] == code]
        group = f"{attribute.name}={category}"
        if len(own) < least:
            left_out.append(f"{group}: {len(own)} {words} rows, fewer than {least}")
            continue
        _require_labels(target[own], labels, group, words)
        taking.append(code)
    if len(taking) < PAIR:
        raise Refused(
            f"expected two groups of {attribute.name} or more to compare in the {words} rows, came "
            f"{len(taking)}" + (f" ({'; '.join(left_out)})" if left_out else "")
        )
    return Participants(codes=tuple(taking), left_out=tuple(left_out))


def _require_labels(
    own: NDArray[Any], labels: tuple[tuple[int, ...] | None, ...], group: str, words: str
) -> None:
    for wanted in labels:
        if wanted is not None and not np.isin(own, wanted).any():
            kind = "positive" if 1 in wanted else "negative"
            raise Refused(f"{group} has no {kind} labels in its {len(own)} {words} rows")


def measurable(
    groups: Participants,
    attribute: SensitiveAttribute,
    target: NDArray[Any],
    rows: Rows,
    counted: tuple[int, ...] | None,
) -> Participants:
    """Keep the groups whose rate can be measured on the validation rows.

    Raises
    ------
    Refused
        If fewer than two are left.
    """
    sizes = {
        code: int(counts(target[rows][attribute.codes[rows] == code], counted).sum())
        for code in groups.codes
    }
    kept = tuple(code for code, size in sizes.items() if size >= SMALLEST)
    short = tuple(
        f"{attribute.name}={attribute.categories[code]}: its rate is over {size} validation rows, "
        f"fewer than {SMALLEST}"
        for code, size in sizes.items()
        if size < SMALLEST
    )
    if len(kept) < PAIR:
        raise Refused(f"the gap cannot be tuned: {'; '.join(short)}", "give more validation rows")
    return Participants(codes=kept, left_out=(*groups.left_out, *short))
