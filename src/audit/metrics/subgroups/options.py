"""What a subgroup search is asked for, checked before anything is counted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite
from numbers import Integral, Real
from typing import Any, get_args

from audit.errors import MetricError, nearest
from audit.metrics.measures.rates import Rate, rate
from audit.metrics.subgroups.results import Against, Direction, Method

Report = Callable[[int, int], None]

_WORDS = {"method": Method, "against": Against, "direction": Direction}
_WHOLE = {"depth": 1, "minimum_group": 1, "top": 1, "permutations": 1, "bins": 2, "seed": 0}


@dataclass(frozen=True, kw_only=True)
class SearchOptions:
    """The options of `worst_subgroups`, described there.

    Raises
    ------
    MetricError
        If one is out of its range.
    """

    metric: Rate
    depth: int = 3
    minimum_group: int = 30
    confidence: float = 0.95
    method: Method = "split"
    against: Against = "rest"
    direction: Direction = "either"
    top: int = 5
    permutations: int = 999
    bins: int = 4
    seed: int = 0
    model: str = "baseline"
    split: str = "test"

    def __post_init__(self) -> None:
        for name, least in _WHOLE.items():
            _require_whole(name, getattr(self, name), least)
        for name, words in _WORDS.items():
            _require_word(name, getattr(self, name), get_args(words))
        if not _number(self.confidence) or not 0 < self.confidence < 1:
            raise MetricError(
                f"expected a confidence between 0 and 1, came {self.confidence!r}",
            )
        if self.method == "permutation" and (self.permutations + 1) * self.alpha < 1 - 1e-9:
            raise MetricError(
                f"expected permutations enough for a confidence of {self.confidence:g}, came "
                f"{self.permutations}",
                f"say permutations={round(1 / self.alpha)} or more",
            )

    @property
    def alpha(self) -> float:
        """Rate of false alarms: 1 less the confidence."""
        return 1 - float(self.confidence)


def one_rate(metric: Any) -> Rate:  # noqa: ANN401 - checked here
    """Find the rate to search by.

    Raises
    ------
    MetricError
        If there is no such rate, or it is not one.
    """
    if isinstance(metric, Rate):
        return metric
    if not isinstance(metric, str):
        raise MetricError(
            f"expected one rate by name or as Rate, came {metric!r}",
            "search by one metric at a time",
        )
    found: object = rate(metric)
    if not isinstance(found, Rate):
        raise MetricError(
            f"metric {metric!r}: expected a rate, a share of rows, came {type(found).__name__}",
            "search by a rate such as 'selection_rate'",
        )
    return found


def _require_whole(name: str, value: Any, least: int) -> None:  # noqa: ANN401 - checked here
    if not isinstance(value, Integral) or isinstance(value, bool) or value < least:
        raise MetricError(f"expected {name} as a whole number of {least} or more, came {value!r}")


def _require_word(name: str, value: Any, known: tuple[str, ...]) -> None:  # noqa: ANN401 - checked here
    if not isinstance(value, str) or value not in known:
        raise MetricError(
            f"expected {name} as one of {', '.join(map(repr, known))}, came {value!r}",
            nearest(value, known) if isinstance(value, str) else "",
        )


def _number(value: Any) -> bool:  # noqa: ANN401 - checked here
    return isinstance(value, Real) and not isinstance(value, bool) and isfinite(value)
