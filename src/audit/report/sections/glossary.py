"""Glossary: the words of the report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from audit.report.document import Document
from audit.report.units import Task

KEY = "glossary"
TITLE = "Glossary"

TERMS = {
    "Ablation, mean": "Replacing what a unit or weight carries by its mean, for every row.",
    "Adjusted p": "The p-value after correction for the number of comparisons in its family.",
    "Attribution": "The part of a score that an explanation method assigns to a feature.",
    "AUC": "The chance that a random positive label scores higher than a random negative one.",
    "Brier score": "The mean squared distance of score and label; lower is better.",
    "Calibrated": "Of rows with one score, the share labelled positive is that score.",
    "Calibration in the large": "The mean score less the share labelled positive.",
    "Carrier": "A unit through which more of a gap passes than chance explains; not its origin.",
    "Control feature": "What rows are held alike in while groups are compared.",
    "Cut": "A place in the network: the input, or the units of a layer after their activation.",
    "Difference": "The rate of group A less the rate of group B, in percentage points (pp).",
    "Decision gap": "The gap in decisions, after the threshold; the score gap is before it.",
    "Family, k": "The comparisons corrected together, and how many they are.",
    "Gauge": "What biases are measured from; without one a share of biases has no meaning.",
    "Impact ratio": "The rate of a group over the rate of the group with the highest one.",
    "Interval": "Covers the true value at the stated confidence, over repeated samples.",
    "Homogeneity": "The test of whether any groups differ, over all of them at once.",
    "Imprint": "The gap in the predictions less the gap in the labels, on the same rows.",
    "Ledger": "An account of a gap whose entries add up to it, up to a stated residual.",
    "Levelling down": "A gap narrowed by lowering one group while no group rises.",
    "n": "Rows of the group in the audited split.",
    "Paired change": "After less before on the same rows; its interval uses that they are.",
    "Ratio": "The rate of group A over the rate of group B.",
    "Reference group": "The group that others are compared with: the largest, or a chosen one.",
    "Residual": "What an explanation leaves unassigned: the total less the sum of its parts.",
    "Score gap": "The mean score of group A less that of group B.",
    "Selection rate": "The share of a group that is predicted positive.",
    "Shrunken estimate": "A gap corrected for having been chosen as the largest among many.",
    "Simultaneous": "Intervals of a whole family that hold all at once at the confidence.",
    "Smallest detectable gap": "The difference that would be found in four cases of five.",
    "Suppressed": "Not shown, because the group has fewer rows than the stated minimum.",
    "Tolerance": "The gap that matters, chosen before the run.",
    "TPR": "True positive rate: the share predicted positive where the label is positive.",
    "FPR": "False positive rate: the share predicted positive where the label is negative.",
    "Undefined": "Without a value, because nothing stands in the denominator.",
    "Weight-induced disparity": "The part of a gap left when hidden biases are off, in the gauge.",
    "Worst pair": "The two groups with the highest and the lowest rate.",
}

PICTURED = {
    "Attribution map": "Where in an image or a series the score comes from, mean over a group.",
    "Mean image": "The average of a group's images, pixel by pixel; nobody's own image.",
}
DECISIONS_ONLY = (
    "AUC", "Brier score", "Calibrated", "Calibration in the large", "Decision gap", "Impact ratio",
    "Levelling down", "Ratio", "Selection rate", "TPR", "FPR",
)  # fmt: skip
"""Terms that have no meaning where a number is predicted."""
OF_TASK: Mapping[Task, tuple[tuple[str, ...], Mapping[str, str]]] = {
    "binary": ((), {}),
    "multiclass": (
        (),
        {
            "Class in focus": "The one class that scores and explanations are about, against all "
            "others.",
            "Confusion matrix": "How often each label is predicted as each class.",
            "Mean over classes": "A rate of each class against the rest, averaged (macro).",
            "TPR": "True positive rate of a class: the share predicted as it where it is the "
            "label.",
            "FPR": "False positive rate of a class: the share predicted as it where it is not.",
            "Selection rate": "The share of a group that is predicted as a class.",
            "Worst class": "The class in which a rate is worst.",
        },
    ),
    "regression": (
        DECISIONS_ONLY,
        {
            "Difference": "The value of group A less that of group B, in units of the target.",
            "Imprint": "The gap in mean predictions less the gap in mean targets, on the same "
            "rows.",
            "MAE": "Mean absolute error: how far predictions lie from the target, either way.",
            "Mean error": "Mean of prediction less target; above zero, predictions are too high.",
            "Over-prediction": "By how much predictions lie above the target, zero where below.",
            "R²": "The share of the target's variance that predictions account for.",
            "RMSE": "Root of the mean squared error; large errors weigh more.",
            "Score gap": "The mean prediction of group A less that of group B.",
            "Tolerance": "The gap that matters, chosen before the run; unless stated as an "
            "amount, a share of the target's standard deviation.",
            "Under-prediction": "By how much predictions lie below the target, zero where above.",
            "Worst pair": "The two groups with the highest and the lowest value.",
        },
    ),
}
"""Terms that a task does without, and those that it adds or says in another way."""


@dataclass(frozen=True, kw_only=True)
class View:
    """Terms and what they mean."""

    terms: tuple[tuple[str, str], ...]


def summarise(document: Document) -> View:
    """Return the glossary of the task."""
    left_out, more = OF_TASK[document.task]
    pictures = PICTURED if document.evidence.pictures else {}
    kept = {term: said for term, said in TERMS.items() if term not in left_out}
    return View(terms=tuple({**kept, **more, **pictures}.items()))
