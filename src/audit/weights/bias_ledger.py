"""The bias ledger of each case, from one integral along the path of biases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from audit.weights.bias import GAUGE, BiasAccount, Scaled, account_for_biases, centre
from audit.weights.carrier import allowed_residual
from audit.weights.chain import Chain, NotAChainError
from audit.weights.frame import judged, listing
from audit.weights.population import Population
from audit.weights.quality import measure_of, quality
from audit.weights.results import Ledger
from audit.weights.samples import Case
from audit.weights.statistics import difference, tells_from_zero
from audit.weights.study import Study

SMALLEST_GAP = 0.05
Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What all cases about the same gap share.

    Attributes
    ----------
    study : Study
    rows : Population
        The pooled rows and the attribution rows of every case.
    found : BiasAccount
        Of these rows.
    accuracies : tuple of two floats or None
        With hidden biases and without; R² of a regression.
    """

    study: Study
    rows: Population
    found: BiasAccount
    accuracies: tuple[float | None, float | None]


def bias_ledgers(study: Study, cases: Sequence[Case]) -> list[Ledger]:
    """Return the bias ledger of each of some cases, all of which are about the same gap.

    No shares where the gap is under `SMALLEST_GAP` (of a regression, in standard deviations of the
    predicted values) or its interval includes 0: they are noise.
    """
    pool = study.pooled[cases[0].gap]
    rows = study.population.take(np.concatenate([pool, *(c.attribution.rows for c in cases)]))
    pooled = rows.pooled(pool)
    scaled = centre(study.chain, rows.x, rows.x.new_tensor(pooled))
    scores = scaled.chain.scores(scaled.x).cpu().numpy()
    signed = np.zeros((len(rows.rows), len(cases)))
    allowed = np.zeros(len(cases))
    for place, case in enumerate(cases):
        at = rows.places(case.attribution.rows)
        signed[at, place] = case.attribution.signed()
        allowed[place] = allowed_residual(difference(scores[at], case.attribution))
    try:
        found = account_for_biases(scaled, signed, allowed)
    except NotAChainError as error:
        return [
            study.frame.missing(_identity(study, case), "not applicable", error.problem)
            for case in cases
        ]
    measured = Measured(
        study=study,
        rows=rows,
        found=found,
        accuracies=(
            _accuracy(study, scaled, 1.0),
            _accuracy(study, scaled, 0.0),
        ),
    )
    return [_ledger(measured, case, bound) for case, bound in zip(cases, allowed, strict=True)]


def _ledger(measured: Measured, case: Case, allowed: float) -> Ledger:
    study, found = measured.study, measured.found
    at = measured.rows.places(case.attribution.rows)
    total = study.frame.total(found.scores[at], case)
    left = study.frame.total(found.without[at], case)
    biases = difference(found.values[at], case.attribution)
    sum_ = float(biases.value.sum())
    smallest = SMALLEST_GAP * (float(found.scores.std()) if study.frame.link == "value" else 1)
    shares = abs(total["total"]) >= smallest and tells_from_zero(total["interval"])
    residuals = found.residuals()[at]
    start = study.chain.start
    whole = start == Chain.start
    gauge = GAUGE.format(what="inputs" if whole else f"units of {start}")
    listed = listing(
        biases,
        found.names.__getitem__,
        total=total,
        confidence=study.frame.confidence,
        shares=shares,
    )
    return Ledger(
        **_identity(study, case),
        **total,
        **judged(total["total"], left["total"] + sum_, residuals, case, allowed),
        **listed,
        decision_gap=study.decision_gap(case),
        steps=found.points,
        baseline="no hidden biases" if whole else f"no hidden biases after {start}",
        gauge=f"{gauge}; means are over {study.pool_words(case.gap)}",
        accuracy_with_biases=measured.accuracies[0],
        accuracy_without_biases=measured.accuracies[1],
        measure=measure_of(study.chain.form),
        weight_induced=left["total"],
        weight_induced_interval=left["interval"],
        bias_share=sum_ / total["total"] if shares else None,
        test="not tested; intervals are Welch's, each by itself",
    )


def _identity(study: Study, case: Case) -> dict[str, Any]:
    return study.frame.identity(case, "bias", cut="network", level="bias")


def _accuracy(study: Study, scaled: Scaled, share: float) -> float | None:
    """Return the accuracy on the attribution rows of everyone with `share` of hidden biases."""
    everyone = study.population.take(study.everyone)
    with torch.no_grad():
        answer = scaled.at(share).answers(everyone.x - scaled.mean)
    target, weights = everyone.dataset.target[everyone.rows], everyone.pooled(everyone.rows)
    return quality(study.chain.form, answer, target, weights, threshold=study.frame.threshold)
