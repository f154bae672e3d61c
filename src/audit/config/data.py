"""The data section of audit.yaml: the table and the part each column plays."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from audit.config.section import Section

Scalar = str | int | float | bool
Depth = Annotated[int, Field(ge=1, le=4)]
MISSING = ("", "NA", "N/A", "NaN", "nan", "null", "NULL", "None")


class Target(Section):
    """The column to predict and what counts as positive."""

    column: str
    """Name of the column."""
    positive: tuple[Scalar, ...] | None = None
    """Values that count as positive; every other value is negative."""
    above: float | None = None
    """For numbers: values strictly above this are positive."""

    @field_validator("positive", mode="before", json_schema_input_type=Scalar | list[Scalar] | None)
    @classmethod
    def _one_or_many(cls, value: Any) -> Any:  # noqa: ANN401 - before validation
        return value if value is None or isinstance(value, list | tuple) else (value,)

    @model_validator(mode="after")
    def _not_both(self) -> Self:
        if self.positive is not None and self.above is not None:
            raise ValueError("expected one of positive and above, came both")
        return self


class Sensitive(Section):
    """A sensitive attribute, cut into ranges where it is a number."""

    column: str
    """Name of the column."""
    bins: tuple[float, ...] | None = None
    """Edges in rising order; a range holds its lower edge and not its upper one: [a, b)."""

    @field_validator("bins")
    @classmethod
    def _rising(cls, value: tuple[float, ...] | None) -> tuple[float, ...] | None:
        if value is not None and (not value or list(value) != sorted(set(value))):
            raise ValueError(f"expected edges in rising order, came {list(value)}")
        return value


class Features(Section):
    """Columns that the network sees. Sensitive columns only if included by name."""

    include: tuple[str, ...] | None = None
    """Exactly these columns, in this order."""
    exclude: tuple[str, ...] = ()
    """All columns but these (and target, weight, split and sensitive columns)."""

    @model_validator(mode="after")
    def _not_both(self) -> Self:
        if self.include is not None and self.exclude:
            raise ValueError("expected one of include and exclude, came both")
        if self.include is not None and not self.include:
            raise ValueError("expected at least one column under include, came none")
        if self.include is not None and len(set(self.include)) < len(self.include):
            raise ValueError(f"expected each column once under include, came {list(self.include)}")
        return self


class Split(Section):
    """Which rows train, validate and test: a column that says so, or a seeded draw."""

    column: str | None = None
    """Name of the column that names each row's split."""
    train: str | int | None = None
    """The value of the column that marks training rows."""
    validation: str | int | float | None = None
    """The value of the column that marks validation rows, or the share drawn for validation."""
    test: str | int | float | None = None
    """The value of the column that marks test rows, or the share drawn for test."""
    seed: int = 0
    """Seed of the draw."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.column is None:
            self._require_shares()
        elif self.test is None:
            raise ValueError(f"expected test: the value in {self.column!r} that marks test rows")
        else:
            named = [v for v in (self.train, self.validation, self.test) if v is not None]
            if len({str(value) for value in named}) < len(named):
                raise ValueError(f"expected different values for the splits, came {named}")
        return self

    def _require_shares(self) -> None:
        if self.train is not None:
            raise ValueError("expected column: beside train:, or shares for test and validation")
        shares = [share for share in (self.test, self.validation) if share is not None]
        if self.test is None or not all(
            isinstance(share, float | int) and 0 < share <= 1 for share in shares
        ):
            raise ValueError("expected shares between 0 and 1, for example {test: 0.3}")
        total = sum(float(share) for share in shares)
        if self.validation is not None and total >= 1:
            raise ValueError(f"expected test and validation to leave training rows, came {total:g}")


class DataConfig(Section):
    """The table and the part each column plays."""

    path: Path | None = None
    """A .csv, .csv.gz, .tsv or .parquet file, relative to this file or to AUDIT_DATA."""
    source: str | None = None
    """Instead of a file: sklearn:diabetes, or file.py:function of your own that returns a frame."""
    target: Target
    """The column to predict: a name (0/1 values), {column, positive} or {column, above}."""
    task: Literal["binary"] = "binary"
    """This version audits binary decisions."""
    sensitive: tuple[Sensitive, ...]
    """Columns whose groups are compared: names, or {column, bins} for numbers."""
    intersections: Depth = 2
    """How many attributes are crossed at most; 1 turns intersections off."""
    features: Features = Features()
    """Columns that the network sees; by default all that play no other part."""
    control: tuple[Sensitive, ...] = ()
    """Columns within whose values groups are compared once more: names, or {column, bins}."""
    sample_weight: str | None = None
    """Column of row weights."""
    person: str | None = None
    """Column that names the person of each row, where people have several rows."""
    split: Split | None = None
    """How test rows are told from training rows; without it every row is audited."""
    missing: tuple[str, ...] = MISSING
    """Texts that mean a missing value."""

    @field_validator("target", mode="before", json_schema_input_type=str | Target)
    @classmethod
    def _target_name(cls, value: Any) -> Any:  # noqa: ANN401 - before validation
        return {"column": value} if isinstance(value, str) else value

    @field_validator(
        "sensitive", "control", mode="before", json_schema_input_type=str | list[str | Sensitive]
    )
    @classmethod
    def _sensitive_names(cls, value: Any) -> Any:  # noqa: ANN401 - before validation
        items = value if isinstance(value, list | tuple) else [value]
        return [{"column": item} if isinstance(item, str) else item for item in items]

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.path is None) == (self.source is None):
            raise ValueError("expected exactly one of path and source")
        if not self.sensitive:
            raise ValueError("sensitive: expected at least one column, came none")
        names = [item.column for item in self.sensitive]
        if self.target.column in names:
            raise ValueError(f"sensitive: {self.target.column!r} is the target")
        if len(set(names)) < len(names):
            raise ValueError(f"expected each sensitive column once, came {names}")
        for item in self.control:
            if item.column in (*names, self.target.column):
                raise ValueError(f"control: {item.column!r} is sensitive or the target already")
        if self.person in (*names, self.target.column):
            raise ValueError(f"person: {self.person!r} is sensitive or the target already")
        return self
