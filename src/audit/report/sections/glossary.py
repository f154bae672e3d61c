"""Glossary: the words of the report."""

from __future__ import annotations

from dataclasses import dataclass

from audit.report.document import Document

KEY = "glossary"
TITLE = "Glossary"

TERMS = {
    "Adjusted p": "The p-value after correction for the number of comparisons in its family.",
    "Attribution": "The part of a score that an explanation method assigns to a feature.",
    "Difference": "The rate of group A less the rate of group B, in percentage points (pp).",
    "Family, k": "The comparisons corrected together, and how many they are.",
    "Interval": "Covers the true value at the stated confidence, over repeated samples.",
    "Imprint": "The gap in the predictions less the gap in the labels, on the same rows.",
    "n": "Rows of the group in the audited split.",
    "Ratio": "The rate of group A over the rate of group B.",
    "Reference group": "The group that others are compared with: the largest, or a chosen one.",
    "Residual": "What an explanation leaves unassigned: the total less the sum of its parts.",
    "Selection rate": "The share of a group that is predicted positive.",
    "Simultaneous": "Intervals of a whole family that hold all at once at the confidence.",
    "Smallest detectable gap": "The difference that would be found in four cases of five.",
    "Suppressed": "Not shown, because the group has fewer rows than the stated minimum.",
    "Tolerance": "The gap that matters, chosen before the run.",
    "TPR": "True positive rate: the share predicted positive where the label is positive.",
    "FPR": "False positive rate: the share predicted positive where the label is negative.",
    "Undefined": "Without a value, because nothing stands in the denominator.",
    "Worst pair": "The two groups with the highest and the lowest rate.",
}


@dataclass(frozen=True, kw_only=True)
class View:
    """Terms and what they mean."""

    terms: tuple[tuple[str, str], ...]


def summarise(document: Document) -> View:
    """Return the glossary."""
    return View(terms=tuple(TERMS.items()))
