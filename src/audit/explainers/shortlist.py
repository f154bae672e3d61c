"""The features that one explanation names: all of a table, the strongest words of a vocabulary."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from audit.explainers.attributed import Attributed
from audit.explainers.words import Places, WordValues, strongest, weighted_means

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Shortlist:
    """Values of the named features, of one group or of both groups of a gap.

    Attributes
    ----------
    features : tuple of str
    values : tuple of ndarray, each of shape (rows of the group, features)
    """

    features: tuple[str, ...]
    values: tuple[Floats, ...]


def shortlist(
    parts: Sequence[Attributed], weights: Sequence[Floats], minimum: int, *, absolute: bool = False
) -> Shortlist:
    """Name the words of the largest means, or of the largest difference of two; fold the others.

    Parameters
    ----------
    parts : sequence of Attributed
        One group, or two whose difference is explained.
    weights : sequence of ndarray
        Of the rows of each.
    minimum : int
        Words of fewer rows are not named.
    absolute : bool
        Whether words are ranked by their mean absolute value.
    """
    features = list(parts[0].features)
    values = [[part.values] for part in parts]
    for place, words in enumerate(parts[0].words):
        groups = [part.words[place] for part in parts]
        chosen = ranked(groups, weights, occurring(parts, place), minimum, absolute=absolute)
        others = int((occurring(parts, place) > 0).sum()) - len(chosen)
        features += [f"{words.prefix}{words.words[word]}" for word in chosen]
        features += [f"{words.prefix}{others_named(others)}"] if others else []
        for group, own in zip(groups, values, strict=True):
            named, rest = group.split(chosen)
            own.extend([named, rest[:, None]] if others else [named])
    return Shortlist(
        features=tuple(features),
        values=tuple(own[0] if len(own) == 1 else np.hstack(own) for own in values),
    )


def ranked(
    groups: Sequence[WordValues],
    weights: Sequence[Floats],
    occurrences: Places,
    minimum: int,
    *,
    absolute: bool = False,
) -> Places:
    """Return the places of the words to name, the strongest first."""
    means = [
        weighted_means(abs(group.values) if absolute else group.values, weight)
        for group, weight in zip(groups, weights, strict=True)
    ]
    strength = np.abs(means[0] - means[1] if len(means) > 1 else means[0])
    return strongest(strength, occurrences, minimum)


def occurring(parts: Sequence[Attributed], place: int) -> Places:
    """Return in how many rows of all parts each word occurs; a row of both parts counts once."""
    seen = np.concatenate([part.rows for part in parts])
    _, first = np.unique(seen, return_index=True)
    bounds = np.cumsum([0, *(len(part.rows) for part in parts)])
    counts = np.zeros(len(parts[0].words[place].words), dtype=np.int64)
    for part, (low, high) in zip(parts, pairwise(bounds), strict=True):
        once = first[(first >= low) & (first < high)] - low
        counts += part.words[place].take(once).occurrences()
    return counts


def others_named(count: int) -> str:
    """Return what the words that are not named are called."""
    return f"({count:,} other {'word' if count == 1 else 'words'})"
