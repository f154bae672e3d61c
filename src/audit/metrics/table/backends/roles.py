"""Which column of a frame plays which part."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from audit.errors import MetricError, nearest
from audit.metrics.table.binning import Scale
from audit.metrics.table.coded import require_buckets, require_names, require_two
from audit.metrics.table.rows import require_classes, require_threshold


@dataclass(frozen=True, kw_only=True)
class Roles:
    """The columns of a frame, as `audit.metrics.table.backends.frame.cells_from_frame` takes them.

    Attributes
    ----------
    missing : frozenset of str
        Texts that stand for a missing value.
    untyped : bool
        Whether categories and labels come as the texts of a CSV: numbers where all of them are.
    aliases : dict
        From the name of a column to what the engine calls it, where that is another name.
    """

    label: str
    prediction: str | None
    score: str | None
    threshold: float | None
    sensitive: Sequence[str]
    weight: str | None
    person: str | None
    classes: Sequence[str] | None
    scale: Scale
    buckets: int
    missing: frozenset[str] = frozenset()
    untyped: bool = False
    aliases: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if isinstance(self.sensitive, str):
            object.__setattr__(self, "sensitive", (self.sensitive,))
        require_names(list(self.sensitive))
        if self.person is not None:
            require_buckets(self.buckets)
        if self.threshold is not None:
            object.__setattr__(self, "threshold", require_threshold(self.threshold))
        if self.classes is None:
            self._require_numbers()
        else:
            require_classes(self.classes)
            require_two(self.classes, self.score)
            self._require_prediction()

    def named(self) -> dict[str, str]:
        """Return what each column is for, as messages name it, to its name."""
        parts = {
            "label": self.label,
            "prediction": self.prediction,
            "score": self.score,
            "weight": self.weight,
            "person": self.person,
        }
        found = {part: name for part, name in parts.items() if name is not None}
        return found | {f"sensitive {place}": name for place, name in enumerate(self.sensitive)}

    def column(self, name: str | None) -> Any:  # noqa: ANN401 - a column of narwhals
        """Return a column of the lazy frame by the name that the user knows."""
        import narwhals as nw

        assert name is not None  # noqa: S101 - asked only where the role is played
        return nw.col(self.aliases.get(name, name))

    def number(self, name: str | None) -> Any:  # noqa: ANN401 - a column of narwhals
        """Return a column as float64."""
        import narwhals as nw

        return self.column(name).cast(nw.Float64)

    def require(self, schema: Mapping[str, Any]) -> None:
        """Refuse columns that do not exist, or cannot be what they are wanted for.

        Raises
        ------
        MetricError
            Naming the column.
        """
        numeric = {self.score, self.weight}
        if self.classes is None:
            numeric |= {self.label, self.prediction}
        require_columns(self.named(), schema)
        for part, name in self.named().items():
            if schema[name].is_nested():
                raise MetricError(
                    f"column {name!r}: expected one value for each row, came {schema[name]}"
                )
            if name in numeric and not _number(schema[name]):
                raise MetricError(
                    f"column {name!r} ({part}): expected numbers, came {schema[name]}",
                    "cast it to numbers",
                )

    def _require_prediction(self) -> None:
        if self.prediction is None and (self.score is None or self.threshold is None):
            raise MetricError(
                "expected a column of predictions, or one of scores and a threshold, came neither"
            )

    def _require_numbers(self) -> None:
        if self.prediction is None or self.score is not None or self.threshold is not None:
            raise MetricError(
                "expected a column of predicted numbers, no scores and no threshold where "
                "classes is None"
            )


def require_columns(named: Mapping[str, str], known: Iterable[str]) -> None:
    """Refuse columns that do not exist, each named with what it is for."""
    columns = list(known)
    for part, name in named.items():
        if name not in columns:
            raise MetricError(
                f"unknown column {name!r} ({part.split()[0]})", nearest(str(name), columns)
            )


def _number(dtype: Any) -> bool:  # noqa: ANN401 - of narwhals
    import narwhals as nw

    # What pandas calls object may well be numbers; they are looked at one by one.
    return bool(dtype.is_numeric() or dtype in (nw.Boolean, nw.Object, nw.Unknown))
