"""Coverage of every interval and false alarms of every test, on the full grid.

Rates are enumerated exactly; the rest is simulated from fixed seeds. The tables are written into
docs/method/metrics.md. Takes about ten minutes; `--fairlearn 0` leaves out fairlearn's bootstrap.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from audit.metrics.statistics.intervals import mover_r, newcombe, wilson  # noqa: E402 - after the path
from audit.metrics.statistics.multiplicity import benjamini_hochberg, holm  # noqa: E402 - after the path
from audit.metrics.statistics.score_intervals import (  # noqa: E402 - after the path
    miettinen_nurminen,
    miettinen_nurminen_ratio,
)
from audit.metrics.statistics.simultaneous import TUKEY, simultaneous_for  # noqa: E402 - after the path
from exact_coverage import (  # noqa: E402 - found through the path above
    Coverage,
    difference,
    katz,
    one_rate,
    ratio,
    two_rates,
    wald,
    wald_one,
)
from simulation import (  # noqa: E402 - found through the path above
    COUNT_FUNCTIONS,
    TRUE_RATES,
    auc_gaps,
    aucs,
    bound,
    count_function_gaps,
    count_functions,
    gap_bias,
    homogeneity_p,
    largest_gaps,
    mean_gaps,
    means,
    null_families,
    q_alarms,
    reference_families,
    repeated_rows,
    weighted_gaps,
    worst_pair_p,
)

PAGE = ROOT / "docs" / "method" / "metrics.md"
BEGIN, END = "<!-- coverage: begin -->", "<!-- coverage: end -->"
MEANS = {"mover": "MOVER of Student", "welch": "Welch"}
WEIGHTED = {"kish": "Newcombe with Kish's size", "rows": "Newcombe with rows counted"}
REPEATED = {
    "jackknife": "buckets, Student's t",
    "effective": "buckets, Wilson at the effective size",
    "rows": "rows as independent",
}
Row = tuple[str, ...]


def rates() -> Iterator[Row]:
    for name, interval in (("rate: Wilson", wilson), ("rate: Wald", wald_one)):
        yield exact(one_rate(name, interval), lambda n, p: n >= 30)
    for name, interval, truth in (
        ("difference: Newcombe", newcombe, difference),
        ("difference: Miettinen–Nurminen", miettinen_nurminen, difference),
        ("difference: Wald", wald, difference),
        ("ratio: MOVER-R", mover_r, ratio),
        ("ratio: Miettinen–Nurminen", miettinen_nurminen_ratio, ratio),
        ("ratio: Katz (log)", katz, ratio),
    ):
        yield exact(two_rates(name, interval, truth), lambda n1, n2, p1, p2: n1 == n2 >= 30)


def exact(found: Coverage, equal: Callable[..., bool]) -> Row:
    worst = ", ".join(f"{part:g}" for part in found.worst)
    at_thirty = found.where(equal)
    return (
        found.name,
        share(found.mean),
        share(found.minimum),
        worst,
        share(at_thirty.mean),
        share(at_thirty.minimum),
        f"{found.over:.0%}",
    )


def fairlearn_rows(draws: int, replicates: int) -> Iterator[Row]:
    """Coverage of fairlearn's bootstrap interval of the largest difference of two groups."""
    for n, (p1, p2) in product((30, 100), ((0.1, 0.1), (0.3, 0.3), (0.3, 0.5))):
        held, zero = fairlearn_interval(n, p1, p2, draws, replicates)
        ours = two_rates("", newcombe, difference, sizes=[(n, n)], rates=(p1, p2))
        yield (
            f"{n} against {n}, rates {p1:g} and {p2:g}",
            share(held),
            "–" if p1 != p2 else f"{zero:.0%}",
            share(ours.cases[n, n, p1, p2]),
        )


def fairlearn_interval(
    n: int, p1: float, p2: float, draws: int, replicates: int
) -> tuple[float, float]:
    from fairlearn.metrics import MetricFrame, selection_rate

    rng, held, excluded = np.random.default_rng(0), 0, 0
    group = np.repeat(["a", "b"], n)
    for seed in range(draws):
        said = rng.random(2 * n) < np.repeat([p1, p2], n)
        frame = MetricFrame(
            metrics=selection_rate,
            y_true=pd.Series(said.astype(int)),
            y_pred=pd.Series(said.astype(int)),
            sensitive_features=pd.Series(group, name="group"),
            n_boot=replicates,
            ci_quantiles=[0.025, 0.975],
            random_state=seed,
        )
        low, high = frame.difference_ci()
        held += low <= abs(p1 - p2) <= high
        excluded += low > 0
    return held / draws, excluded / draws


def simulated(draws: int) -> Iterator[Row]:
    for part in (of_counts, of_scores, of_means, of_dependent_rows):
        yield from part(draws)


def of_counts(draws: int) -> Iterator[Row]:
    for name, n in product(COUNT_FUNCTIONS, (10, 30, 100, 1000)):
        yield drawn(f"{name}, one group of {n:,}", count_functions(name, draws, (n,)), draws)
    pairs = ((30, 30), (30, 300), (300, 300))
    for name, (n1, n2) in product(("F1", "balanced accuracy", "MCC"), pairs):
        found = count_function_gaps(name, draws // 4, ((n1, n2),))
        yield drawn(f"{name}, {n1} against {n2}", found, draws // 4)


def of_scores(draws: int) -> Iterator[Row]:
    for p, n in ((10, 10), (10, 100), (30, 30), (20, 500), (100, 100), (30, 1000)):
        found = aucs(draws, ((p, n),), (0.5, 0.7, 0.8, 0.9, 0.95, 0.98), (0.5, 1, 2))
        yield drawn(f"AUC, {p} positives, {n:,} negatives", found, draws)
    for p, n in ((10, 40), (30, 100), (100, 300)):
        found = auc_gaps(draws // 2, ((p, n),), (0.6, 0.8, 0.9))
        yield drawn(f"AUC difference, {p} and {n} each way", found, draws // 2)


def of_means(draws: int) -> Iterator[Row]:
    for n in (10, 30, 100, 1000):
        found = means(2 * draws, (n,))
        yield drawn(f"mean of {n:,} (normal, folded normal, exponential)", found, 2 * draws)
    pairs = ((10, 10), (30, 30), (10, 300), (100, 100))
    for (how, title), (n1, n2) in product(MEANS.items(), pairs):
        found = mean_gaps(2 * draws, ((n1, n2),), how)
        yield drawn(f"difference of means, {n1} against {n2}: {title}", found, 2 * draws)


def of_dependent_rows(draws: int) -> Iterator[Row]:
    for how, title in WEIGHTED.items():
        found = weighted_gaps(draws, (30, 100, 300), how)
        yield drawn(f"difference of weighted rates: {title}", found, draws)
    for (how, title), people in product(REPEATED.items(), (20, 50, 200, 1000)):
        found = repeated_rows(draws, (people,), how)
        yield drawn(f"rate over {people:,} people with repeated rows: {title}", found, draws)


def drawn(title: str, found: Coverage, draws: int) -> Row:
    return title, share(found.mean), share(found.minimum), f"{draws:,}"


def many_groups(draws: int) -> Iterator[Row]:
    for groups in (2, 3, 5, 10, 20, 50, 100):
        ours = largest_gaps(simultaneous_for, draws, (groups,))
        tukey = largest_gaps(lambda *_: TUKEY, draws, (groups,))
        yield (
            f"{groups}",
            share(ours.mean),
            share(ours.minimum),
            f"{ours.worst[1]}; {ours.worst[2]}",
            share(tukey.minimum),
        )


def shrinkage(draws: int) -> Iterator[Row]:
    for shape in TRUE_RATES:
        shrunken, plain = gap_bias(shape, draws)
        yield shape, f"{shrunken:+.3f}", f"{plain:+.3f}"


def alarms(draws: int) -> Iterator[Row]:
    most = share(bound(draws))
    for name, test in (("worst pairs", worst_pair_p), ("Q", homogeneity_p)):
        families = null_families(draws, test)
        found = np.mean([min(holm(p_values)) < 0.05 for p_values in families])
        yield f"any alarm in 9 {name}, Holm", share(found), most, f"{draws:,}"
    for planted in (0, 5, 10):
        p_values = reference_families(draws, planted)
        found = np.array([benjamini_hochberg(row) for row in p_values]) < 0.05
        false = found[:, planted:].sum(axis=1) / np.maximum(found.sum(axis=1), 1)
        title = f"share of false alarms, 20 groups, {planted} truly apart, Benjamini–Hochberg"
        yield title, share(false.mean()), most, f"{draws:,}"
    for sizes, p in (
        ((50,) * 5, 0.3),
        ((30,) * 10, 0.05),
        ((30,) * 50, 0.02),
        (tuple(range(10, 300, 40)), 0.02),
        ((5,) * 20, 0.1),
        ((20,) * 250, 0.03),
    ):
        size = f"{min(sizes)}" if min(sizes) == max(sizes) else f"{min(sizes)} to {max(sizes)}"
        title = f"Q, {len(sizes)} groups of {size}, rate {p:g}"
        yield title, share(q_alarms(sizes, p, draws)), most, f"{draws:,}"


def share(value: float) -> str:
    return f"{value:.3f}"


def table(header: Row, rows: Iterator[Row]) -> Iterator[str]:
    yield "| " + " | ".join(header) + " |"
    yield "|" + "---|" * len(header)
    for row in rows:
        yield "| " + " | ".join(row) + " |"
        print("  ".join(row), flush=True)


def page(draws: int, fairlearn: int) -> Iterator[str]:
    yield (
        "Rates, exactly (every possible count): all pairs of sizes 10, 30, 100, 300, 1,000; "
        "all pairs of rates .01, .02, .05, .1, .2, .3, .5.\n"
    )
    yield from table(
        (
            "Nominal .95", "Mean", "Minimum", "at (sizes, rates)", "Mean, equal sizes >= 30",
            "Minimum, equal sizes >= 30", "Cases above .98",
        ),
        rates(),
    )  # fmt: skip
    if fairlearn:
        yield f"\nfairlearn's `difference_ci` (100 replicates, {fairlearn} data sets a row):\n"
        yield from table(
            ("Two groups", "Covers", "Excludes 0 where there is no gap", "Newcombe, exactly"),
            fairlearn_rows(fairlearn, 100),
        )
    yield "\nOther quantities, simulated:\n"
    yield from table(("Quantity", "Mean", "Minimum", "Data sets a case"), simulated(draws))
    yield (
        "\nThe largest gap of many groups (sizes 30 or 100 each, 30 to 900, 30 to 3,000; five "
        f"patterns of true rates; {draws // 2:,} data sets a case):\n"
    )
    yield from table(
        ("Groups", "Mean", "Minimum", "at", "Minimum of Tukey–Newcombe alone"),
        many_groups(draws // 2),
    )
    yield f"\nBias of the estimated largest gap, 50 groups of 30 ({draws:,} data sets):\n"
    yield from table(("True rates", "Shrunken", "Plain"), shrinkage(draws))
    yield "\nFalse alarms at .05:\n"
    yield from table(("Test", "Found", "At most", "Data sets"), alarms(draws))


def write(text: str) -> None:
    before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    after = rest.split(END)[1]
    PAGE.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=2000)
    parser.add_argument("--fairlearn", type=int, default=25, help="data sets a row; 0 for none")
    chosen = parser.parse_args()
    start = time.perf_counter()
    write("\n".join(page(chosen.draws, chosen.fairlearn)))
    print(f"{time.perf_counter() - start:.0f} s; written to {PAGE.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
