"""Parameters that the methods with a penalty share."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from audit.config.section import Section

GRID = tuple(2.0**power for power in range(8))


class PenaltyParameters(Section):
    """Which gap is penalised, and how strongly."""

    constraint: Literal["demographic_parity", "equal_opportunity"] = "demographic_parity"
    """The gap: of mean scores over all rows, or over the positives."""
    attribute: str | None = None
    """Sensitive attribute; by default the first."""
    strength: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    """Weight of the squared gap in the loss; by default tuned on validation rows."""
    remaining: float = Field(default=0.5, ge=0, lt=1)
    """Aim of the tuning: the share of the baseline's gap that may be left on validation rows."""

    @property
    def strengths(self) -> tuple[float, ...]:
        """The strengths to try, in rising order: 1 to 128 by doubling, unless one is given."""
        return GRID if self.strength is None else (self.strength,)
