"""A sensitive attribute in audit.yaml of which only probabilities are known."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, Any

from pydantic import Field, field_validator

from audit.config.section import Section

UNKNOWN = "unknown"
FEWEST = 2


class ProbableSensitive(Section):
    """A sensitive attribute of which each row has the probability of every category, no more."""

    name: Annotated[str, Field(min_length=1)]
    """What the attribute is called."""
    probabilities: dict[str, str]
    """{category: column of its probability}; in each row they add up to 1, or all are missing."""
    proxy: tuple[str, ...] = ()
    """Columns that the probabilities were computed from, for example surname and postcode; without
    them, rows of equal probabilities are taken to be alike."""

    @field_validator("probabilities", mode="before", json_schema_input_type=dict[str, str])
    @classmethod
    def _category_texts(cls, value: Any) -> Any:  # noqa: ANN401 - before validation
        return {str(k): v for k, v in value.items()} if isinstance(value, dict) else value

    @field_validator("probabilities")
    @classmethod
    def _two_or_more(cls, value: dict[str, str]) -> dict[str, str]:
        if len(value) < FEWEST:
            raise ValueError(
                f"expected a column for each of two categories or more, came {len(value)}"
            )
        if len(set(value.values())) < len(value):
            raise ValueError(f"expected a column of its own for each, came {list(value.values())}")
        if UNKNOWN in value:
            raise ValueError(
                "expected categories that are known; rows without probabilities are unknown"
            )
        return value

    @field_validator("proxy", mode="before", json_schema_input_type=str | list[str])
    @classmethod
    def _one_or_many(cls, value: Any) -> Any:  # noqa: ANN401 - before validation
        return (value,) if isinstance(value, str) else value

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the probabilities, in the order of the categories."""
        return tuple(self.probabilities.values())

    def require_free(self, taken: Collection[str | None]) -> None:
        """Refuse a column of probabilities that plays another part."""
        for column in self.columns:
            if column in taken:
                raise ValueError(
                    f"sensitive: {column!r} cannot hold a probability of {self.name!r}, it plays "
                    "another part already"
                )
