"""One search, from coded rows to its record: count, choose, confirm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from audit.canonical import stable_id
from audit.errors import MetricError
from audit.metrics.measures.rates import NO_WEIGHT, Rate
from audit.metrics.results import Interval, Status
from audit.metrics.statistics.profile_likelihood import profile_limits
from audit.metrics.subgroups.candidates import Candidates, candidates, choose, scores
from audit.metrics.subgroups.confirming import (
    Confirmation,
    SearchRows,
    adjusted,
    confirm,
    exact_p,
    halves,
)
from audit.metrics.subgroups.lattice import POSITIVE, ROWS, TOTAL, Floats, Units, column_sets
from audit.metrics.subgroups.options import Report, SearchOptions
from audit.metrics.subgroups.permuting import corrected, critical, permuted_maxima
from audit.metrics.subgroups.results import FoundSubgroup, SubgroupSearch
from audit.metrics.subgroups.scores import clustered_size, counts, shrunken

NO_CANDIDATE = "no subgroup has enough rows and a rest to compare it with"
NO_HIGHER_SCORE = "no subgroup differs from its rest in the direction sought"


def search(
    rows: SearchRows, options: SearchOptions, progress: Report | None = None
) -> SubgroupSearch:
    """Search coded rows, as `worst_subgroups` does.

    Raises
    ------
    MetricError
        If rows are weighted or persons repeat and the method is ``permutation``, or the search
        would not end.
    """
    report = progress or (lambda done, total: None)
    sets = column_sets(rows.columns, options.depth)
    if options.method == "permutation" and (rows.weights is not None or rows.person is not None):
        raise MetricError(
            "expected rows without weights and persons for method 'permutation', which permutes "
            "outcomes between rows",
            "say method='split'",
        )
    half = halves(rows, options.seed) if options.method == "split" else None
    units = Units.of_rows(rows.columns, rows.outcome, half, rows.weights)
    if half is None:
        first, second = _stages(report, sets)
        every = candidates(units, options, first)
        found, p_maximum = _permutation(every, rows, options, second)
    else:
        every = candidates(units, options, report)
        found, p_maximum = _split(every, rows, half, options), None
    return _record(every, rows, options, found, p_maximum)


def outcomes(
    metric: Rate, label: NDArray[np.int8], prediction: NDArray[np.int8]
) -> NDArray[np.int8]:
    """Code each row: 0 outside the rate's denominator, 1 in it, 2 in the numerator too."""
    cells = [(0, 0), (0, 1), (1, 0), (1, 1)]
    table = [(cell in metric.denominator) + (cell in metric.numerator) for cell in cells]
    coded: NDArray[np.int8] = np.array(table, dtype=np.int8)[label * 2 + prediction]
    return coded


def _split(
    every: Candidates, rows: SearchRows, half: NDArray[np.int8], options: SearchOptions
) -> tuple[FoundSubgroup, ...]:
    score = scores(every.own[:, 0], every.rest[:, 0], options.direction)
    chosen = choose(every, score, options)
    drafts = _drafts(every, rows, score, chosen)
    told = [confirm(every, candidate, rows, half, options) for candidate, _ in chosen]
    corrections = adjusted([item.p for item in told])
    return tuple(
        _confirmed(
            draft,
            one,
            selected=_difference(every.own[candidate, 0], every.rest[candidate, 0]),
            p=p,
            options=options,
        )
        for (candidate, _), draft, one, p in zip(chosen, drafts, told, corrections, strict=True)
    )


def _confirmed(
    draft: FoundSubgroup,
    told: Confirmation,
    *,
    selected: float,
    p: float | None,
    options: SearchOptions,
) -> FoundSubgroup:
    return replace(
        draft,
        confirmed_difference=None if told.problem else told.difference,
        confirmation_n=told.n,
        interval=told.interval,
        p_value=told.p,
        p_adjusted=p,
        confirmed=p is not None and p < options.alpha and selected * told.difference > 0,
        status="undefined" if told.problem else "ok",
        reason=told.problem,
    )


def _permutation(
    every: Candidates, rows: SearchRows, options: SearchOptions, report: Report
) -> tuple[tuple[FoundSubgroup, ...], float | None]:
    if not len(every.owner):
        return (), None
    score = scores(every.own[:, 0], every.rest[:, 0], options.direction)
    chosen = choose(every, score, options)
    maxima = permuted_maxima(every, rows, options, report)
    places = [candidate for candidate, _ in chosen]
    sides = (*counts(every.own[places, 0]), *counts(every.rest[places, 0]))
    limits = profile_limits(*sides, critical(maxima, options.alpha))
    found = tuple(
        _permuted(draft, interval, maxima, p_value=exact_p(*side), options=options)
        for draft, interval, side in zip(
            _drafts(every, rows, score, chosen),
            zip(*(limit.tolist() for limit in limits), strict=True),
            zip(*(side.tolist() for side in sides), strict=True),
            strict=True,
        )
    )
    return found, corrected(max(float(score.max()), 0.0), maxima)


def _permuted(
    draft: FoundSubgroup,
    limits: tuple[float, float],
    maxima: Floats,
    *,
    p_value: float,
    options: SearchOptions,
) -> FoundSubgroup:
    p, (low, high) = corrected(draft.score, maxima), limits
    interval = Interval(
        low=low,
        high=high,
        level=float(options.confidence),
        method="profile-likelihood",
        simultaneous=True,
    )
    return replace(
        draft,
        interval=interval,
        p_value=p_value,
        p_adjusted=p,
        confirmed=p < options.alpha,
    )


def _drafts(
    every: Candidates, rows: SearchRows, score: Floats, chosen: Sequence[tuple[int, int]]
) -> list[FoundSubgroup]:
    """Write what all rows say about the chosen subgroups, before confirmation."""
    own, rest = every.own.sum(axis=1), every.rest.sum(axis=1)
    less = _shrunken(own, rest, rows, every.units.tally.sum(axis=0))
    return [
        FoundSubgroup(
            group=every.group(candidate),
            n=int(own[candidate, ROWS]),
            value=_value(own[candidate]),
            rest_value=_value(rest[candidate]),
            difference=_difference(own[candidate], rest[candidate]),
            shrunken_difference=float(less[candidate]),
            score=float(score[candidate]),
            overlapping=passed,
        )
        for candidate, passed in chosen
    ]


def _shrunken(own: Floats, rest: Floats, rows: SearchRows, everyone: Floats) -> Floats:
    (x1, n1), (x0, n0), (x, n) = counts(own), counts(rest), counts(everyone)
    if n <= 0:
        return np.zeros(len(own))
    variance = x / n * (1 - x / n) * (1 / n1 + 1 / n0) * _design_effect(rows, float(n))
    return shrunken(x1 / n1 - x0 / n0, variance)


def _design_effect(rows: SearchRows, size: float) -> float:
    """How many times the variance is that of independent rows, over everyone."""
    if rows.person is None:
        return 1.0
    everyone = np.ones(len(rows.outcome), dtype=np.bool_)
    return size / clustered_size(*rows.by_person(everyone), size)


def _record(
    every: Candidates,
    rows: SearchRows,
    options: SearchOptions,
    found: tuple[FoundSubgroup, ...],
    p_maximum: float | None,
) -> SubgroupSearch:
    tally = every.units.tally
    by_half = [int(n) for n in tally[:, ROWS]]
    status, reason = _status(every, rows, found, options)
    permuted = options.method == "permutation"
    return SubgroupSearch(
        id=_identify(rows, options),
        metric=options.metric.name,
        model=options.model,
        split=options.split,
        method=options.method,
        against=options.against,
        direction=options.direction,
        depth=int(options.depth),
        minimum_group=int(options.minimum_group),
        confidence=float(options.confidence),
        seed=int(options.seed),
        columns=tuple(item.described for item in rows.columns),
        levels=every.levels,
        candidates=sum(level.candidates for level in every.levels),
        too_small=sum(level.too_small for level in every.levels),
        undefined=sum(level.undefined for level in every.levels),
        rows=sum(by_half),
        selection_rows=by_half[0],
        confirmation_rows=0 if permuted else by_half[1],
        persons=None if rows.person is None else rows.persons,
        value=_value(tally.sum(axis=0)) if tally[:, TOTAL].sum() > 0 else None,
        found=found,
        permutations=int(options.permutations) if permuted else None,
        p_maximum=p_maximum,
        status=status,
        reason=reason,
    )


def _status(
    every: Candidates,
    rows: SearchRows,
    found: tuple[FoundSubgroup, ...],
    options: SearchOptions,
) -> tuple[Status, str]:
    if not rows.outcome.any():
        return "undefined", options.metric.undefined.replace("group has", "there are", 1)
    if every.units.tally[:, TOTAL].sum() <= 0:
        return "undefined", NO_WEIGHT
    if not len(every.owner):
        return "undefined", NO_CANDIDATE
    return "ok", "" if found else NO_HIGHER_SCORE


def _identify(rows: SearchRows, options: SearchOptions) -> str:
    return stable_id(
        "subgroups",
        metric=options.metric.name,
        version=options.metric.version,
        sensitive=[c.described.name for c in rows.columns if c.described.sensitive],
        features=[c.described.name for c in rows.columns if not c.described.sensitive],
        depth=int(options.depth),
        method=options.method,
        against=options.against,
        direction=options.direction,
        model=options.model,
        split=options.split,
    )


def _value(tally: Floats) -> float:
    return float(np.clip(tally[POSITIVE] / tally[TOTAL], 0, 1))


def _difference(own: Floats, rest: Floats) -> float:
    return _value(own) - _value(rest)


def _stages(report: Report, sets: int) -> tuple[Report, Report]:
    """Tell of counting and of permuting, half of the steps each, as one."""

    def second(done: int, total: int) -> None:
        report(sets + sets * done // max(total, 1), 2 * sets)

    return lambda done, _: report(done, 2 * sets), second
