"""The seam of mitigation: what a method is given, what it gives back, and how it says no."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from audit.errors import AuditError

if TYPE_CHECKING:
    from torch import Tensor

    from audit.data.dataset import Dataset, Rows, SensitiveAttribute
    from audit.mitigation.results import MitigationRecord
    from audit.models.model import TorchModel
    from audit.predictions import Predictions

Progress = Callable[[int, int], None]


class Refused(AuditError):  # noqa: N818 - an answer, not a mistake
    """A mitigation cannot apply to this network or these rows; the audit goes on without it."""


@dataclass(frozen=True, kw_only=True)
class Division:
    """The rows that a mitigation may look at, and where they come from in words."""

    fitting: Rows
    tuning: Rows
    fitting_words: str
    tuning_words: str


@dataclass(frozen=True, kw_only=True)
class Task:
    """What a method works on. It may look at no other rows than `rows`.

    Attributes
    ----------
    model : TorchModel
        The baseline; it must be as before afterwards.
    dataset : Dataset
    attribute : SensitiveAttribute
        Of all rows of the data set.
    rows : Division
        Training rows to fit on, and validation rows to tune on.
    threshold : float
        Positive is score >= threshold; of several classes and of numbers it is not used.
    seed : int
    minimum_group : int
        Groups with fewer training rows take no part.
    progress : callable or None
        Called with (steps done, steps at most).
    """

    model: TorchModel
    dataset: Dataset
    attribute: SensitiveAttribute
    rows: Division
    threshold: float
    seed: int
    minimum_group: int
    progress: Progress | None = None


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a method gives back.

    Attributes
    ----------
    predict : callable
        From rows of the data set to predictions; asked about the test rows once, at the end.
    fitted_on, tuned_on : str
    selected : dict
        What tuning chose, with the figures it chose by.
    model : TorchModel or None
        The mitigated network; None where the network stays and its decisions change.
    initial_state : mapping of str to Tensor or None
        Weights that the mitigated network started from.
    """

    predict: Callable[[Rows], Predictions]
    fitted_on: str
    tuned_on: str
    selected: dict[str, Any] = field(default_factory=dict)
    model: TorchModel | None = None
    initial_state: Mapping[str, Tensor] | None = None


@runtime_checkable
class Mitigator(Protocol):
    """A mitigation with its parameters; made by calling the named class with them as keywords."""

    @property
    def constraint(self) -> str:
        """Which gap it narrows, for example ``demographic_parity``."""
        ...

    @property
    def attribute(self) -> str | None:
        """Sensitive attribute; None is the first of the data set."""
        ...

    @property
    def needs_sensitive_at_prediction(self) -> bool:
        """Whether decisions use the sensitive attribute itself."""
        ...

    def apply(self, task: Task) -> Outcome:
        """Fit on `task.rows.fitting`, tune on `task.rows.tuning`, leave `task.model` as it is.

        Raises
        ------
        Refused
            If it cannot apply, with the reason.
        ModelError
            If it fails on the way.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class Mitigated:
    """One mitigation of the baseline, carried out or not.

    Attributes
    ----------
    record : MitigationRecord
    predictions : Predictions or None
        Of the test rows; None where `record.status` is not ``ok``.
    model : TorchModel or None
        The mitigated network, in evaluation mode.
    initial_state : mapping of str to Tensor or None
        Weights it started from: the baseline's where it was fine-tuned.
    """

    record: MitigationRecord
    predictions: Predictions | None = None
    model: TorchModel | None = None
    initial_state: Mapping[str, Tensor] | None = None
