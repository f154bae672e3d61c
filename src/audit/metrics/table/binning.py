"""Where the edges of score bins lie, and which bucket a person falls in: one definition for all.

An engine's logarithm may differ from numpy's in the last digit, and so put a score that lies on an
edge into the bin beside it. So an engine decides only scores that lie clearly inside a bin, and
hands over those within `NEAR` of an edge one by one; `bins` then decides them by the edge itself,
computed to 30 digits. Everything else is sums, products and quotients, which are the same
everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Context, Decimal
from functools import cache
from hashlib import md5
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from audit.errors import MetricError

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Axis = Literal["ranked", "even"]

RANKED = 4096
"""Bins of the logit, for ranks."""
REACH = 18.0
"""Logits beyond this lie in the first or the last bin."""
EVEN = 5040
"""Bins of equal width, for calibration: divisible by 10, 15 and 20."""
SIZES: dict[Axis, int] = {"ranked": RANKED, "even": EVEN}
"""Bins of each kind."""
PAIRS = RANKED + EVEN
"""Numbers of pairs of bins: 0 for no bin, else one more than their sum, which tells them apart."""
NEAR = 1e-9
"""Share of a bin's width within which its edge is looked at closely."""
LARGEST = 1e50
"""Largest number that is summed: its fourth power, times as large a weight, has room in a float."""
BUCKETS = 50
"""Buckets of people, for the delete-bucket jackknife."""

_SATURATED = 40.0  # 1 / (1 + exp(-40)) is 1 in float64
_PER_LOGIT = RANKED / (2 * REACH)
_SMALLEST = 1e-8  # below the logit of -REACH
_PRECISE = Context(prec=30)
_HASHED = 8  # hexadecimal digits of the MD5 that make the bucket


@dataclass(frozen=True, kw_only=True)
class Scale:
    """What the scores are, and so where the edges of bins lie.

    Attributes
    ----------
    kind : {"probability", "logit", "value"}
        Probabilities are binned by logit, logits as they are, other numbers evenly from `low` to
        `high`.
    low, high : float
        Range of `value` scores; (0, 1) for probabilities. Values outside lie in the first or the
        last bin.

    Raises
    ------
    MetricError
        If the kind is not known, or `low` is not below `high`.
    """

    kind: Literal["probability", "logit", "value"] = "probability"
    low: float = 0.0
    high: float = 1.0

    def __post_init__(self) -> None:
        kinds = ("probability", "logit", "value")
        if self.kind not in kinds:
            raise MetricError.unknown("kind of score", str(self.kind), kinds)
        if not -LARGEST <= self.low < self.high <= LARGEST:
            raise MetricError(
                f"expected scores from a low to a higher number, came {self.low} to {self.high}"
            )


@dataclass(frozen=True, kw_only=True)
class Maths:
    """The functions that binning needs, of arrays or of an engine's columns."""

    log: Callable[[Any], Any]
    exp: Callable[[Any], Any]
    clip: Callable[[Any, float, float], Any]


NUMPY = Maths(log=np.log, exp=np.exp, clip=np.clip)


def reach(scale: Scale) -> tuple[float, float]:
    """Return the scores between which one has a bin: [0, 1] for probabilities."""
    return (0.0, 1.0) if scale.kind == "probability" else (-LARGEST, LARGEST)


def steps(scale: Scale, maths: Maths = NUMPY) -> dict[str, Callable[[Mapping[str, Any]], Any]]:
    """Return how a score comes to its bins, step by step, from ``score`` on.

    Each step takes the columns before it: arrays, or an engine's columns. The last ones are

    - ``ranked`` and ``even``, where the score lies among the edges: 2.5 is the middle of bin 2,
      and scores of the outermost bins may lie before the first edge or beyond the last one;
    - ``value``, the number that is summed: the probability, or the value where there is none.

    Parameters
    ----------
    scale : Scale
    maths : Maths
        Of arrays, or of the engine.
    """
    if scale.kind == "value":
        return {
            "inside": lambda known: maths.clip(known["score"], scale.low, scale.high),
            "share": lambda known: (known["inside"] - scale.low) / (scale.high - scale.low),
            "ranked": lambda known: known["share"] * float(RANKED),
            "even": lambda known: known["share"] * float(EVEN),
            "value": lambda known: known["score"],
        }
    if scale.kind == "logit":
        return {
            "inside": lambda known: maths.clip(known["score"], -_SATURATED, _SATURATED),
            "odds": lambda known: maths.exp(known["inside"] * -1.0),
            "value": lambda known: 1.0 / (1.0 + known["odds"]),
            "ranked": lambda known: (known["inside"] + REACH) * _PER_LOGIT,
            "even": lambda known: known["value"] * float(EVEN),
        }
    return {
        "inside": lambda known: maths.clip(known["score"], _SMALLEST, 1 - _SMALLEST),
        "odds": lambda known: known["inside"] / (1.0 - known["inside"]),
        "ranked": lambda known: (maths.log(known["odds"]) + REACH) * _PER_LOGIT,
        "even": lambda known: known["score"] * float(EVEN),
        "value": lambda known: known["score"],
    }


def taken(score: Floats, scale: Scale) -> dict[str, Floats]:
    """Take every step for scores inside `reach`."""
    known: dict[str, Floats] = {"score": score}
    for name, step in steps(scale).items():
        known[name] = step(known)
    return known


def bins(score: Floats, scale: Scale) -> tuple[Ints, Ints, Floats]:
    """Find the bin of the logit and the bin of equal width of each score, and what is summed.

    Parameters
    ----------
    score : ndarray of float64, shape (rows,)

    Returns
    -------
    ranked : ndarray of int64, shape (rows,)
        0 to 4,095; -1 for a score that is not finite or outside `reach`.
    even : ndarray of int64, shape (rows,)
        0 to 5,039; -1 likewise.
    value : ndarray of float64, shape (rows,)
        The probability, or the value where there is none; 0 without a bin.
    """
    low, high = reach(scale)
    valid = (score >= low) & (score <= high)  # never true of NaN
    safe = score if valid.all() else np.where(valid, score, 0.5)
    known = taken(safe, scale)
    ranked = _decided(safe, known["ranked"], "ranked", scale)
    even = _decided(safe, known["even"], "even", scale)
    ranked[~valid] = even[~valid] = -1
    value = known["value"] if valid.all() else np.where(valid, known["value"], 0.0)
    return ranked, even, value


@cache
def edge(place: int, axis: Axis, scale: Scale) -> float:
    """Return the smallest score of bin `place` (1 or more), as the nearest float."""
    if scale.kind == "probability" and axis == "ranked":
        odds = _PRECISE.exp(Decimal(2 * REACH) * place / RANKED - Decimal(REACH))
        return float(_PRECISE.divide(odds, odds + 1))
    if scale.kind == "logit" and axis == "even":
        return float(_PRECISE.ln(_PRECISE.divide(Decimal(place), Decimal(EVEN - place))))
    if scale.kind == "logit":
        return place * (2 * REACH / RANKED) - REACH
    size = SIZES[axis]
    return scale.low + place * (scale.high - scale.low) / size


def edges(scale: Scale, axis: Axis = "ranked") -> Floats:
    """Return the inner edges of the bins as scores, rising, shape (bins - 1,)."""
    return np.array([edge(place, axis, scale) for place in range(1, SIZES[axis])])


def close_to_edge(where: Any, nearest: Any, axis: Axis) -> Any:  # noqa: ANN401 - arrays or an engine's columns
    """Say which positions are so close to an inner edge, the nearest one, that it decides."""
    distance = where - nearest
    return (distance < NEAR) & (distance > -NEAR) & (nearest > 0) & (nearest < SIZES[axis])


def looked_at(axis: Axis, scale: Scale) -> bool:
    """Say whether positions on this axis come from a logarithm or an exponential."""
    return (scale.kind, axis) in {("probability", "ranked"), ("logit", "even")}


def bucket(text: str, buckets: int = BUCKETS) -> int:
    """Return the bucket of a person: the first 8 digits of the MD5 of the id, modulo `buckets`.

    Parameters
    ----------
    text : str
        The id as `audit.data.columns.category_text` writes it, so that 1, 1.0 and "1" are one.
    buckets : int
    """
    digest = md5(text.encode("utf-8", "replace"), usedforsecurity=False).hexdigest()
    return int(digest[:_HASHED], 16) % buckets


def buckets_of(texts: Iterable[str], buckets: int = BUCKETS) -> Ints:
    """Return the bucket of each text."""
    return np.fromiter((bucket(text, buckets) for text in texts), dtype=np.int64)


def bucket_names(buckets: int) -> tuple[str, ...]:
    """Name the buckets, in order."""
    return tuple(str(place) for place in range(buckets))


def _decided(score: Floats, where: Floats, axis: Axis, scale: Scale) -> Ints:
    size = SIZES[axis]
    found = np.clip(np.floor(where), 0, size - 1).astype(np.int64)
    if not looked_at(axis, scale):
        return found
    nearest = np.floor(where + 0.5)
    close = np.flatnonzero(close_to_edge(where, nearest, axis))
    if len(close):
        places, which = np.unique(nearest[close].astype(np.int64), return_inverse=True)
        limits = np.array([edge(place, axis, scale) for place in places.tolist()])
        found[close] = places[which] - (score[close] < limits[which])
    return found
