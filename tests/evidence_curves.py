"""Made-up curves, coverage, subgroups and strata, counted out of the same groups as the rest."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import product

from audit.canonical import stable_id
from audit.metrics.conditional_results import (
    ConditionalDisparity,
    StratifiedComparison,
    StratumResult,
)
from audit.metrics.curve_results import (
    CalibrationBin,
    CalibrationCurve,
    Curves,
    SweepGap,
    SweepLine,
    ThresholdSweep,
)
from audit.metrics.results import Disparity, Family, MetricResult
from audit.metrics.subgroups.coverage_results import CoverageCell, CoverageMap
from audit.metrics.subgroups.results import (
    FoundSubgroup,
    SearchedColumn,
    SearchLevel,
    SubgroupSearch,
)
from evidence_measured import MINIMUM, interval, wilson

SHARED = {"model": "baseline", "split": "test"}
STEPS = 20
CHOSEN = 10
SMALL = f"fewer rows than the minimum of {MINIMUM}"
SWEPT = {
    "selection_rate": (1.3, 0.35),
    "true_positive_rate": (2.2, 0.25),
    "false_positive_rate": (0.7, 0.2),
    "accuracy": (1.0, 0.05),
}


def _shift(number):
    """How far a group's scores lie above its outcomes; differs from group to group."""
    return 0.06 * math.sin(1.3 * number + 0.4)


def _groups(evidence, attribute):
    return [g for g in evidence.data.groups if set(g.group) == {attribute}]


def _attributes(evidence):
    return list(
        dict.fromkeys(next(iter(g.group)) for g in evidence.data.groups if len(g.group) == 1)
    )


def _calibration(group, n, number):
    shared = {
        "id": stable_id("calibration", group=group),
        "group": group,
        "strategy": "width",
        "n": n,
        **SHARED,
    }
    if n < MINIMUM:
        return CalibrationCurve(**shared, bins=(), status="suppressed", reason=f"{n} rows, {SMALL}")
    bins = []
    for place in range(10):
        size = max(4, n // 10 - 8 * place)
        low, high = place / 10, (place + 1) / 10
        rate = min(1.0, max(0.0, (low + high) / 2 - _shift(number)))
        positives = round(rate * size)
        known = size >= 10
        bins.append(
            CalibrationBin(
                low=low,
                high=high,
                n=size,
                mean_score=(low + high) / 2 if known else None,
                rate=positives / size if known else None,
                interval=interval(*wilson(positives, size), "wilson") if known else None,
                status="ok" if known else "suppressed",
            )
        )
    return CalibrationCurve(**shared, bins=tuple(bins))


def _line(metric, entry, number):
    bend, shift = SWEPT[metric]
    known = entry.n >= MINIMUM
    values = [
        round(max(0.0, (1 - (step / STEPS) ** bend) * (1 - shift * abs(_shift(number)))), 6)
        for step in range(STEPS + 1)
    ]
    return SweepLine(
        metric=metric,
        group=entry.group,
        n=entry.n,
        values=tuple(values) if known else (),
        status="ok" if known else "suppressed",
        reason="" if known else f"{entry.n} rows, {SMALL}",
    )


def _sweep(attribute, groups):
    lines = [_line(m, g, number) for m in SWEPT for number, g in enumerate(groups)]
    gaps = []
    for metric in SWEPT:
        known = [
            line.values
            for line in lines
            if line.metric == metric and line.values and "unknown" not in line.group.values()
        ]
        values = [round(max(step) - min(step), 6) for step in zip(*known, strict=True)]
        few = len(known) < 2
        gaps.append(
            SweepGap(
                metric=metric,
                values=() if few else tuple(values),
                reason="fewer than two groups have a line" if few else "",
            )
        )
    return ThresholdSweep(
        id=stable_id("sweep", attribute=attribute),
        attribute=attribute,
        thresholds=tuple(step / STEPS for step in range(STEPS + 1)),
        chosen=CHOSEN,
        lines=tuple(lines),
        gaps=tuple(gaps),
        **SHARED,
    )


def _scores(entry, number):
    """AUC, Brier score and calibration in the large of one group."""
    figures = {
        "auc": (0.8 + _shift(number) / 3, 0.02),
        "brier": (0.17 - _shift(number) / 3, 0.01),
        "calibration_in_the_large": (_shift(number), 0.015),
    }
    for metric, (value, half) in figures.items():
        known = entry.n >= MINIMUM
        yield MetricResult(
            id=stable_id("metric", metric=metric, group=entry.group),
            metric=metric,
            group=entry.group,
            value=value if known else None,
            numerator=None,
            denominator=None,
            n=entry.n,
            interval=interval(value - half, value + half, "welch") if known else None,
            status="ok" if known else "suppressed",
            reason="" if known else f"{entry.n} rows, under the minimum of {MINIMUM}",
            **SHARED,
        )


def _worst_score(metrics, attribute):
    made = [
        m
        for m in metrics
        if m.metric == "calibration_in_the_large"
        and set(m.group) == {attribute}
        and m.value is not None
        and "unknown" not in m.group.values()
    ]
    if len(made) < 2:
        return ()
    a, b = max(made, key=lambda m: m.value), min(made, key=lambda m: m.value)
    return (
        Disparity(
            id=stable_id("disparity", metric=a.metric, attribute=attribute),
            metric=a.metric,
            kind="difference",
            attributes=(attribute,),
            a=a.group,
            b=b.group,
            a_metric=a.id,
            b_metric=b.id,
            selection="worst_pair",
            value=a.value - b.value,
            interval=interval(0.01, a.value - b.value + 0.05, "tukey-mover of welch", True),
            p_value=0.001,
            p_adjusted=0.012,
            family=Family(name="other worst pairs", size=12),
            minimum_detectable=0.04,
            pairs=len(made) * (len(made) - 1) // 2,
            **SHARED,
        ),
    )


def _coverage(evidence, attributes):
    found = {tuple(sorted(g.group.items())): g.n for g in evidence.data.groups}
    categories = [
        list(dict.fromkeys(g.group[name] for g in _groups(evidence, name))) for name in attributes
    ]
    cells = []
    for values in product(*categories):
        group = dict(zip(attributes, values, strict=True))
        n = found.get(tuple(sorted(group.items())), 0)
        status = "enough" if n >= MINIMUM else "too_small" if n else "empty"
        status = "unknown" if "unknown" in values else status
        cells.append(CoverageCell(group=group, n=n, groups=1 if n else 0, status=status))

    def rows(status):
        return sum(cell.n for cell in cells if cell.status == status)

    def count(status):
        return sum(cell.status == status for cell in cells)

    total = sum(cell.n for cell in cells)
    return CoverageMap(
        attributes=tuple(attributes),
        categories=tuple(tuple(names) for names in categories),
        pooled=(0,) * len(attributes),
        minimum_group=MINIMUM,
        cells=tuple(cells),
        rows=total,
        assessed_rows=rows("enough"),
        too_small_rows=rows("too_small"),
        unknown_rows=rows("unknown"),
        enough=count("enough"),
        too_small=count("too_small"),
        empty=count("empty"),
        assessed_share=rows("enough") / total if total else None,
    )


def _search(evidence, attributes):
    rates = [
        m for m in evidence.metrics if m.metric == "selection_rate" and m.group and m.status == "ok"
    ]
    rates.sort(key=lambda m: m.value)
    everyone = next(m for m in evidence.metrics if m.metric == "selection_rate" and not m.group)
    found = tuple(
        FoundSubgroup(
            group=m.group,
            n=m.n,
            value=m.value,
            rest_value=everyone.value,
            difference=m.value - everyone.value,
            shrunken_difference=0.8 * (m.value - everyone.value),
            confirmed_difference=0.9 * (m.value - everyone.value),
            confirmation_n=m.n // 2,
            interval=interval(m.value - everyone.value - 0.05, 0.01, "newcombe"),
            p_value=0.001,
            p_adjusted=0.003 if number < 2 else 0.2,
            confirmed=number < 2,
            score=5.0 - number,
        )
        for number, m in enumerate(rates[:3])
    )
    return SubgroupSearch(
        id=stable_id("subgroups", attributes=attributes),
        metric="selection_rate",
        method="split",
        against="rest",
        direction="either",
        depth=2,
        minimum_group=MINIMUM,
        confidence=0.95,
        seed=0,
        columns=tuple(
            SearchedColumn(name=name, sensitive=True, categories=("a", "b")) for name in attributes
        ),
        levels=(
            SearchLevel(depth=1, candidates=5, too_small=1, undefined=0),
            SearchLevel(depth=2, candidates=6, too_small=2, undefined=1),
        ),
        candidates=11,
        too_small=3,
        undefined=1,
        rows=everyone.n,
        selection_rows=everyone.n // 2,
        confirmation_rows=everyone.n - everyone.n // 2,
        persons=None,
        value=everyone.value,
        found=found,
        **SHARED,
    )


def with_curves(evidence):
    """Curves, metrics of scores, coverage and a search, for every attribute of the evidence."""
    attributes = _attributes(evidence)
    groups = {name: _groups(evidence, name) for name in attributes}
    everyone = next(g for g in evidence.data.groups if not g.group)
    curves = Curves(
        sweeps=tuple(_sweep(name, found) for name, found in groups.items()),
        calibration=(
            _calibration({}, everyone.n, 0),
            *(
                _calibration(entry.group, entry.n, number)
                for found in groups.values()
                for number, entry in enumerate(found)
            ),
        ),
    )
    scores = [
        score
        for found in ([everyone], *groups.values())
        for number, entry in enumerate(found)
        for score in _scores(entry, number)
    ]
    worst = [made for name in attributes for made in _worst_score(scores, name)]
    maps = [_coverage(evidence, [name]) for name in attributes]
    crossed = [_coverage(evidence, attributes[:2])] if len(attributes) > 1 else []
    return replace(
        evidence,
        metrics=(*evidence.metrics, *scores),
        disparities=(*evidence.disparities, *worst),
        curves=curves,
        coverage=(*maps, *crossed),
        subgroups=(_search(evidence, attributes),),
    )


def _stratified(metric, a, b, turned):
    strata = tuple(
        StratumResult(levels={"department": name}, n=n, value=value, reason=reason)
        for name, n, value, reason in (
            ("Sales", 900, 0.021, ""),
            ("Research", 610, 0.034, ""),
            ("Board", 12, None, "no row of one of the groups"),
        )
    )
    return StratifiedComparison(
        metric=metric,
        a=a,
        b=b,
        controls=("department",),
        difference=0.026,
        ratio=1.06,
        crude=-0.04 if turned else 0.11,
        difference_interval=interval(-0.01, 0.062, "sato"),
        ratio_interval=interval(0.97, 1.16, "greenland-robins"),
        p_value=0.163,
        n=1510,
        strata=strata,
    )


def with_controls(evidence, a, b):
    """Comparisons of two groups within departments; one of them turns round, one is undefined."""
    told = ConditionalDisparity(
        group=b,
        controls=("department",),
        value=0.031,
        unconditional=0.118,
        interval=interval(0.004, 0.058, "mover-newcombe"),
        n=1510,
        left_out=12,
        strata=(),
    )
    missing = replace(
        told,
        group=a,
        value=None,
        unconditional=None,
        interval=None,
        status="undefined",
        reason="no stratum has both a rejected and a selected row",
    )
    return replace(
        evidence,
        conditional=(told, missing),
        stratified=(
            _stratified("selection_rate", a, b, turned=False),
            _stratified("true_positive_rate", a, b, turned=True),
            replace(
                _stratified("false_positive_rate", a, b, turned=False),
                status="undefined",
                reason="no stratum has both groups",
            ),
        ),
    )
