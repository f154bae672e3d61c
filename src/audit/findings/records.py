"""What an audit concludes: coded findings and one verdict."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["high", "medium", "low", "info"]
VerdictWord = Literal["Disparity found", "No disparity detected", "Too little data", "Not assessed"]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One coded sentence about the results, with the entries it rests on."""

    id: str
    code: str
    severity: Severity
    status: Literal["open", "note"]
    text: str
    refs: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The word, the rule that gives it, and what the first screen says.

    Attributes
    ----------
    word : str
    rule : str
        The printed rule.
    finding : str or None
        Identifier of the finding that leads.
    headline : str or None
        Identifier of the disparity that leads: the smallest adjusted p-value, then the largest gap.
    missable : float or None
        The largest of the smallest detectable gaps of the single-attribute headline comparisons.
    compared, standing : int
        Headline comparisons made, and those that stand after correction.
    sentence : str
        The verdict in one sentence.
    """

    word: VerdictWord
    rule: str
    finding: str | None
    headline: str | None
    missable: float | None
    compared: int
    standing: int
    sentence: str
