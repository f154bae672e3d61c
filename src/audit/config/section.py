"""A part of the configuration: frozen, unknown keys refused."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator


class Section(BaseModel):
    """A part of the configuration: frozen, unknown keys refused."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False
    )

    @model_validator(mode="before")
    @classmethod
    def _nothing_is_not_given(cls, values: Any) -> Any:  # noqa: ANN401 - before validation
        # A key whose entries are all commented out reads as null in YAML.
        if not isinstance(values, dict):
            return values
        return {key: value for key, value in values.items() if value is not None}
