"""Group metrics beside fairlearn, AIF360 and aequitas, in one run: seconds, and times as long.

Eight metrics of ten groups (sex × race), from a frame. Ours are values, intervals, differences and
ratios of 18 groups (each attribute and everyone besides the ten); theirs are values. A peer that
is not installed here is run by the interpreter named with ``--peers``, or left out.
"""

from __future__ import annotations

import argparse
import subprocess
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from metric_peers import PEERS, installed, people, seconds

from audit.metrics import GroupMetrics, group_metrics

METRICS = (
    "selection_rate", "true_positive_rate", "false_positive_rate", "true_negative_rate",
    "false_negative_rate", "precision", "accuracy", "base_rate",
)  # fmt: skip
FORMS = {"Arrow strings": "str", "object columns": "object", "integer codes": "int64"}
PEERS_AND_GOALS = (
    ("fairlearn", "Arrow strings", 500),
    ("fairlearn", "object columns", 250),
    ("fairlearn-patched", "Arrow strings", 40),
    ("fairlearn-patched", "object columns", 40),
    ("aif360", "integer codes", 40),
    ("aif360", "Arrow strings", 40),
    ("aequitas", "object columns", 1),
)
GOAL_ROWS = 1_000_000
MANY_GROUPS = 1_000_000


def measured(frame: pd.DataFrame) -> GroupMetrics:
    """Compute all that is timed of ours."""
    found = group_metrics(
        frame["y"], frame["p"], sensitive_features=frame[["sex", "race"]], metrics=METRICS
    )
    found.by_group, found.to_frame(), found.difference(), found.ratio()
    return found


def as_type(frame: pd.DataFrame, dtype: str) -> pd.DataFrame:
    """Hold sex and race in another way."""
    if dtype == "int64":
        return frame.assign(**{name: pd.factorize(frame[name])[0] for name in ("sex", "race")})
    return frame.astype({"sex": dtype, "race": dtype})


def timer(name: str, frame: pd.DataFrame, python: str | None) -> Callable[[], float] | None:
    """Return what times a peer once, here or in another interpreter; None where it is in neither.

    Another interpreter draws the same people, as objects, and its start is not timed. AIF360 takes
    integer codes, and is given its data sets ready-made.
    """
    if installed(name):
        call = PEERS[name].prepare(frame)
        return lambda: seconds(call, 1)
    if python is None:
        return None
    command = [python, str(Path(__file__).with_name("metric_peers.py")), name]
    command += ["--rows", str(len(frame))]

    def elsewhere() -> float:
        ran = subprocess.run(command, capture_output=True, text=True, check=True)
        return float(ran.stdout.split()[-1])

    return elsewhere


def compare(rows: int, rounds: int, runs: int, python: str | None) -> None:
    """Print each peer beside ours, timed in turns, the shortest of each."""
    frames = {form: as_type(people(rows), dtype) for form, dtype in FORMS.items()}
    print(f"{rows:>11,} rows {'theirs':>32} {'ours':>10}")
    for name, form, goal in PEERS_AND_GOALS:
        frame = frames[form]
        theirs = timer(name, frame, python)
        if theirs is None:
            print(f"  {name}: not installed here; name a Python that has it with --peers")
            continue
        best, ours = np.inf, np.inf
        for _ in range(rounds):
            best = min(best, theirs())
            ours = min(ours, seconds(partial(measured, frame), runs))
        kept = f" (goal {goal}: {'reached' if best / ours >= goal else 'missed'})"
        print(
            f"  {name + ', ' + form:<36}{best:>9.4f} s{ours:>9.4f} s{best / ours:>8.1f} times"
            f"{kept if rows == GOAL_ROWS else ''}",
            flush=True,
        )
    print(f"  besides, every corrected test {'':>17}{tests(frames['Arrow strings'], runs):>9.4f} s")


def tests(frame: pd.DataFrame, runs: int) -> float:
    """Time the comparisons alone, which a result computes once, when asked for."""
    taken = []
    for _ in range(runs):
        found = measured(frame)
        taken.append(seconds(partial(getattr, found, "disparities"), 1))
    return min(taken)


def many_groups(groups: int) -> None:
    """Print what one attribute of very many categories takes."""
    draw = np.random.default_rng(0)
    rows = 2 * groups
    label, said = (draw.integers(0, 2, size=rows) for _ in range(2))
    code = np.arange(rows) % groups
    found: list[GroupMetrics] = []

    def count() -> None:
        found[:] = [
            group_metrics(label, said, sensitive_features={"id": code}, metrics=METRICS,
                          minimum_group=2)
        ]  # fmt: skip

    print(f"{rows:>11,} rows, {groups:,} groups")
    for name, call in {
        "group_metrics": count,
        "by_group": lambda: found[0].by_group,
        "difference": lambda: found[0].difference("accuracy"),
        "to_frame": lambda: len(found[0].to_frame()),
    }.items():
        print(f"  {name:<47}{seconds(call, 1):>9.2f} s", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--rounds", type=int, default=2, help="of each peer")
    parser.add_argument("--runs", type=int, default=10, help="of ours, in each round")
    parser.add_argument("--peers", metavar="PYTHON", help="an interpreter that has the peers")
    parser.add_argument("--groups", type=int, default=MANY_GROUPS)
    asked = parser.parse_args()
    warnings.simplefilter("ignore")
    for rows in asked.rows:
        compare(rows, asked.rounds, asked.runs, asked.peers)
    if asked.groups:
        many_groups(asked.groups)


if __name__ == "__main__":
    main()
