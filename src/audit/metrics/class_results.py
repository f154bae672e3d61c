"""What is said about the classes of a group: how labels and predictions fall together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from audit.metrics.results import Group


@dataclass(frozen=True, kw_only=True)
class Confusion:
    """The matrix of labels and predictions of one group.

    Attributes
    ----------
    group : dict
        Attribute to category, empty for everyone.
    classes : tuple of str
    n : int
        Rows of the group, always stated.
    counts : tuple of tuple of float or None
        Rows (or sums of weights) by label, then by prediction; None where suppressed.
    shares : tuple of tuple of float or None, or None
        Each row of `counts` over its sum: how each label is predicted; None for a label that the
        group does not have, and for all where suppressed.
    status : {"ok", "suppressed"}
    """

    group: Group
    classes: tuple[str, ...]
    n: int
    counts: tuple[tuple[float, ...], ...] | None
    shares: tuple[tuple[float, ...] | None, ...] | None
    status: Literal["ok", "suppressed"] = "ok"
