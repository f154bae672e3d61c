"""The data section of audit.yaml: the table and the part each column plays."""

from __future__ import annotations

import keyword
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Discriminator, Field, Tag, field_validator, model_validator

from audit.config.inputs import Input
from audit.config.probable import ProbableSensitive
from audit.config.section import Section

Scalar = str | int | float | bool
Depth = Annotated[int, Field(ge=1, le=4)]
Task = Literal["binary", "multiclass", "regression"]
"""What a network decides: one of two classes, one of several, or a number."""
MISSING = ("", "NA", "N/A", "NaN", "nan", "null", "NULL", "None")


class Target(Section):
    """The column to predict and what counts as positive."""

    column: str
    """Name of the column."""
    positive: tuple[Scalar, ...] | None = None
    """Values that count as positive; every other value is negative. Of several classes: the one
    that explanations, ledgers and mitigations are about, by default the most frequent."""
    above: float | None = None
    """For numbers: values strictly above this are positive."""
    classes: tuple[Scalar, ...] | None = Field(default=None, min_length=2)
    """Of several classes: their values in order; by default those that occur, in their order."""

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


def _kind(item: Any) -> str:  # noqa: ANN401 - before validation
    keys = item if isinstance(item, dict) else vars(item) if hasattr(item, "__dict__") else {}
    probable = "column" not in keys and bool({"name", "probabilities", "proxy"} & set(keys))
    return "[probable]" if probable else "[categorical]"


def _named(value: Any) -> list[Any]:  # noqa: ANN401 - before validation
    items = value if isinstance(value, list | tuple) else [value]
    return [{"column": item} if isinstance(item, str) else item for item in items]


class DataConfig(Section):
    """The table and the part each column plays."""

    path: Path | None = None
    """A .csv, .csv.gz, .tsv or .parquet file, relative to this file or to AUDIT_DATA."""
    source: str | None = None
    """Instead of a file: sklearn:diabetes, or file.py:function of your own that returns a frame."""
    target: Target
    """The column to predict: a name (0/1 values), {column, positive} or {column, above}."""
    task: Task = "binary"
    """What is decided: binary (one of two classes), multiclass (one of several), or regression (a
    number)."""
    inputs: dict[str, Input] = Field(default_factory=dict)
    """Inputs of the network by name, where it takes more than one table of features."""
    sensitive: tuple[
        Annotated[
            Annotated[Sensitive, Tag("[categorical]")]
            | Annotated[ProbableSensitive, Tag("[probable]")],
            Discriminator(_kind),
        ],
        ...,
    ]
    """Columns whose groups are compared: names, or {column, bins} for numbers; or {name,
    probabilities} where only the probability of each group is known."""
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
    query: str | None = None
    """Column that names the list in which each row is ranked; without it all are one list."""
    similar: tuple[str, ...] = ()
    """Columns by which rows are alike, for consistency: numbers count in standard deviations."""
    split: Split | None = None
    """How test rows are told from training rows; without it every row is audited."""
    missing: tuple[str, ...] = MISSING
    """Texts that mean a missing value."""

    @field_validator("target", mode="before", json_schema_input_type=str | Target)
    @classmethod
    def _target_name(cls, value: Any) -> Any:  # noqa: ANN401 - before validation
        return {"column": value} if isinstance(value, str) else value

    @field_validator(
        "sensitive",
        mode="before",
        json_schema_input_type=str | list[str | Sensitive | ProbableSensitive],
    )
    @classmethod
    def _sensitive_names(cls, value: Any) -> Any:  # noqa: ANN401 - before validation
        return _named(value)

    @field_validator("control", mode="before", json_schema_input_type=str | list[str | Sensitive])
    @classmethod
    def _control_names(cls, value: Any) -> Any:  # noqa: ANN401 - before validation
        return _named(value)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.path is None) == (self.source is None):
            raise ValueError("expected exactly one of path and source")
        if not self.sensitive:
            raise ValueError("sensitive: expected at least one column, came none")
        self._require_target_of_task()
        names = [item.column for item in self.categorical]
        names += [item.name for item in self.probable]
        if self.target.column in names:
            raise ValueError(f"sensitive: {self.target.column!r} is the target")
        if len(set(names)) < len(names):
            raise ValueError(f"expected each sensitive column once, came {names}")
        for item in self.control:
            if item.column in (*names, self.target.column):
                raise ValueError(f"control: {item.column!r} is sensitive or the target already")
        if self.person in (*names, self.target.column):
            raise ValueError(f"person: {self.person!r} is sensitive or the target already")
        for probable in self.probable:
            probable.require_free({*names, self.target.column, self.person, self.sample_weight})
        if self.target.column in (self.query, *self.similar):
            raise ValueError(f"query and similar: {self.target.column!r} is the target")
        return self

    @property
    def categorical(self) -> tuple[Sensitive, ...]:
        """Sensitive attributes whose category stands in a column."""
        return tuple(item for item in self.sensitive if isinstance(item, Sensitive))

    @property
    def probable(self) -> tuple[ProbableSensitive, ...]:
        """Sensitive attributes of which only probabilities are known."""
        return tuple(item for item in self.sensitive if isinstance(item, ProbableSensitive))

    @field_validator("inputs")
    @classmethod
    def _names(cls, value: dict[str, Input]) -> dict[str, Input]:
        for name in value:
            if not name.isidentifier() or keyword.iskeyword(name):
                raise ValueError(
                    f"expected names that are Python identifiers, since the network is called with "
                    f"them, came {name!r}"
                )
        if sum(item.kind == "table" for item in value.values()) > 1:
            raise ValueError("expected one input of kind table at most; put all columns into it")
        return value

    def _require_target_of_task(self) -> None:
        target, task = self.target, self.task
        if task == "regression" and (target.positive is not None or target.above is not None):
            raise ValueError("target: a regression has no positive class; leave positive/above out")
        if task == "multiclass" and target.above is not None:
            raise ValueError("target: above makes two classes; leave it out, or say task: binary")
        if task == "multiclass" and target.positive is not None and len(target.positive) != 1:
            raise ValueError(
                f"target: of several classes expected one under positive, came "
                f"{len(target.positive)}"
            )
        if task != "multiclass" and target.classes is not None:
            raise ValueError("target: classes go with task: multiclass")
