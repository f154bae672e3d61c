"""A threshold for each group, by fairlearn; the network stays as it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from audit.config.section import Section
from audit.mitigation.mitigator import Outcome, Refused, Task
from audit.mitigation.rows import SMALLEST, participants

NAMES: Mapping[str, str] = {"equal_opportunity": "true_positive_rate_parity"}
"""What fairlearn calls a constraint where the field has another name for it too."""


class ThresholdOptimizer(Section):
    """Choose thresholds by group that maximise an objective under a constraint.

    The rule may draw lots between two thresholds. A row's lot depends on the seed and on the row's
    place in the source, not on which other rows are decided. Groups with too few validation rows,
    and rows without a known category, keep the network's own decision. Row weights are not used.

    Notes
    -----
    Hardt, Price and Srebro, NeurIPS 2016; fairlearn.postprocessing.ThresholdOptimizer.
    """

    needs_sensitive_at_prediction: ClassVar[bool] = True

    constraint: Literal[
        "demographic_parity",
        "equalized_odds",
        "equal_opportunity",
        "selection_rate_parity",
        "true_positive_rate_parity",
        "false_positive_rate_parity",
        "true_negative_rate_parity",
        "false_negative_rate_parity",
    ] = "demographic_parity"
    """The rates that are made equal."""
    attribute: str | None = None
    """Sensitive attribute; by default the first."""
    objective: Literal[
        "accuracy_score",
        "balanced_accuracy_score",
        "selection_rate",
        "true_positive_rate",
        "true_negative_rate",
    ] = "accuracy_score"
    """What the thresholds maximise."""
    grid_size: int = Field(default=1000, ge=10, le=100_000)
    """Values of the constrained rate that are tried."""

    @model_validator(mode="after")
    def _possible(self) -> Self:
        allowed = ("accuracy_score", "balanced_accuracy_score")
        if self.constraint == "equalized_odds" and self.objective not in allowed:
            raise ValueError(f"equalized_odds goes with the objectives {' and '.join(allowed)}")
        return self

    def apply(self, task: Task) -> Outcome:
        """Choose the thresholds on `task.rows.tuning`.

        Raises
        ------
        Refused
            If the task is not binary, there are fewer than two groups to compare, or one has not
            both labels.
        """
        if task.dataset.task != "binary":
            raise Refused(
                f"thresholds decide between two classes, and data.task is {task.dataset.task}",
                "use fairness_penalty or fairness_retraining",
            )
        from audit.mitigation.thresholds import decide, fit_rules
        from audit.predictions import predict

        attribute, target = task.attribute, task.dataset.target
        groups = participants(
            attribute,
            target,
            task.rows.tuning,
            least=SMALLEST,
            labels=((1,), (0,)),
            words="validation",
        )
        kept = task.rows.tuning[np.isin(attribute.codes[task.rows.tuning], groups.codes)]
        score = predict(task.model, task.dataset, kept, task.threshold).score
        rules = fit_rules(
            np.asarray(score),
            target[kept],
            attribute.codes[kept],
            constraint=NAMES.get(self.constraint, self.constraint),
            objective=self.objective,
            grid_size=self.grid_size,
        )
        return Outcome(
            predict=lambda rows: decide(task, rules, rows),
            fitted_on=task.rows.tuning_words,
            tuned_on=task.rows.tuning_words,
            selected={
                "rules": {
                    attribute.categories[code]: rule.values() for code, rule in rules.items()
                },
                "left_out": list(groups.left_out),
                "weighted": False,
            },
        )
