"""What other libraries take for eight metrics of ten groups; run by bench_metrics.py.

Each peer gets what suits it best: no intervals are asked of it, and what it needs its columns
turned into first is not timed. As a script, it times one peer in the interpreter that runs it:
``python metric_peers.py aequitas --rows 1000000``.
"""

from __future__ import annotations

import argparse
import importlib.util
import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

SEXES = ("Female", "Male")
RACES = ("Asian", "Black", "Native American", "Other", "White")
Call = Callable[[], object]


@dataclass(frozen=True, kw_only=True)
class Peer:
    """A library, and what makes the call that is timed from a frame of people."""

    module: str
    prepare: Callable[[pd.DataFrame], Call]


def people(rows: int) -> pd.DataFrame:
    """Draw sex and race as objects, as `read_csv` makes them, with label y and prediction p."""
    draw = np.random.default_rng(0)
    columns = {"sex": SEXES, "race": RACES}
    return pd.DataFrame(
        {
            **{
                name: np.array(texts, dtype=object)[draw.integers(0, len(texts), size=rows)]
                for name, texts in columns.items()
            },
            "y": draw.integers(0, 2, size=rows),
            "p": draw.integers(0, 2, size=rows),
        }
    ).astype({"sex": object, "race": object})


def seconds(call: Call, runs: int) -> float:
    """Return the shortest of several runs."""
    taken = []
    for _ in range(runs):
        start = time.perf_counter()
        call()
        taken.append(time.perf_counter() - start)
    return min(taken)


def metric_frame(frame: pd.DataFrame) -> Call:
    """Make fairlearn compute values, differences and ratios."""
    from fairlearn import metrics as fairlearn
    from sklearn.metrics import accuracy_score, precision_score

    wanted = {
        "selection_rate": fairlearn.selection_rate,
        "true_positive_rate": fairlearn.true_positive_rate,
        "false_positive_rate": fairlearn.false_positive_rate,
        "true_negative_rate": fairlearn.true_negative_rate,
        "false_negative_rate": fairlearn.false_negative_rate,
        "precision": precision_score,
        "accuracy": accuracy_score,
        "base_rate": lambda y_true, y_pred: float(np.mean(y_true)),
    }

    def call() -> object:
        made = fairlearn.MetricFrame(
            metrics=wanted, y_true=frame["y"], y_pred=frame["p"],
            sensitive_features=frame[["sex", "race"]],
        )  # fmt: skip
        return made.by_group, made.difference(), made.ratio()

    return call


def patched_metric_frame(frame: pd.DataFrame) -> Call:
    """Make fairlearn compute the same without its slow line.

    Its annotated metric function calls ``np.stack`` on every column of every group; on columns of
    one dimension that copies value by value, and does nothing else.
    """
    call = metric_frame(frame)

    def patched() -> object:
        from fairlearn.metrics import _annotated_metric_function as home

        plain, home.np = home.np, _NumpyWithoutStack()
        try:
            return call()
        finally:
            home.np = plain

    return patched


class _NumpyWithoutStack:
    def __getattr__(self, name: str) -> object:
        return getattr(np, name)

    def stack(self, column: np.ndarray) -> np.ndarray:
        """Leave a column of numbers as it is."""
        return np.stack(column) if column.dtype == object else column


def aif360(frame: pd.DataFrame) -> Call:
    """Make AIF360's ClassificationMetric compute each metric of each of the ten groups."""
    from aif360.datasets import BinaryLabelDataset
    from aif360.metrics import ClassificationMetric

    coded = pd.DataFrame(
        {"sex": pd.factorize(frame["sex"])[0], "race": pd.factorize(frame["race"])[0]}
    )
    truth, said = (
        BinaryLabelDataset(
            df=coded.assign(label=frame[column]), label_names=["label"],
            protected_attribute_names=["sex", "race"],
        )
        for column in ("y", "p")
    )  # fmt: skip
    names = (
        "selection_rate", "true_positive_rate", "false_positive_rate", "true_negative_rate",
        "false_negative_rate", "positive_predictive_value", "accuracy", "base_rate",
    )  # fmt: skip
    groups = coded.drop_duplicates().to_dict("records")

    def call() -> object:
        found = []
        for group in groups:
            others = [other for other in groups if other != group]
            metric = ClassificationMetric(truth, said, [group], others)
            found.append([getattr(metric, name)(privileged=False) for name in names])
        return found

    return call


def aequitas(frame: pd.DataFrame) -> Call:
    """Make aequitas count the crossed groups, which it must be given as one column."""
    from aequitas.group import Group

    given = pd.DataFrame(
        {
            "group": (frame["sex"] + " " + frame["race"]).astype(object),
            "score": frame["p"],
            "label_value": frame["y"],
        }
    )
    return lambda: Group().get_crosstabs(given, attr_cols=["group"])


PEERS: Mapping[str, Peer] = {
    "fairlearn": Peer(module="fairlearn", prepare=metric_frame),
    "fairlearn-patched": Peer(module="fairlearn", prepare=patched_metric_frame),
    "aif360": Peer(module="aif360", prepare=aif360),
    "aequitas": Peer(module="aequitas", prepare=aequitas),
}


def installed(name: str) -> bool:
    """Tell whether this interpreter has the library of a peer."""
    return importlib.util.find_spec(PEERS[name].module) is not None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("peer", choices=PEERS)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3)
    asked = parser.parse_args()
    warnings.simplefilter("ignore")
    call = PEERS[asked.peer].prepare(people(asked.rows))
    print(seconds(call, asked.runs))


if __name__ == "__main__":
    main()
