"""All carrier ledgers at one cut: one integral for each link serves every pair of groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from audit.weights.ablation import Bench
from audit.weights.at_cut import View, unit_ledger, weight_ledger
from audit.weights.carrier import Account, account_for, allowed_residual
from audit.weights.chain import activations
from audit.weights.frame import Level
from audit.weights.results import Ledger, Link
from audit.weights.samples import Case
from audit.weights.statistics import difference
from audit.weights.study import Study

LEDGERS: Mapping[Link, tuple[tuple[Link, Level], ...]] = {
    "probability": (("probability", "unit"), ("probability", "weight"), ("log_odds", "unit")),
    "value": (("value", "unit"), ("value", "weight")),
}
"""What is made at each cut, by the link under which the score itself is accounted for."""
MOST_WEIGHTS = 1 << 24
MAKERS = {"unit": unit_ledger, "weight": weight_ledger}
Floats = NDArray[np.float64]


def cut_ledgers(study: Study, cases: Sequence[Case], cut: int) -> list[list[Ledger]]:
    """Return the ledgers of each of some cases, all of which are about the same gap."""
    population = study.population
    fed = activations(study.chain, population.x, cut)
    mean = fed.new_tensor(population.pooled(study.pooled[cases[0].gap])) @ fed
    rows = np.unique(np.concatenate([case.attribution.rows for case in cases]))
    places = population.places(rows)
    made: list[list[Ledger]] = [[] for _ in cases]
    wanted = LEDGERS[study.frame.link]
    for link in dict.fromkeys(link for link, _ in wanted):
        urgency = _urgency(study, cases, rows, link)
        account = account_for(study.chain, cut, link, fed=fed[places], mean=mean, urgency=urgency)
        for ledgers, case in zip(made, cases, strict=True):
            part = account.take(np.searchsorted(rows, case.attribution.rows))
            view = _view(study, case, part, _bench(study, case, cut, link, fed=fed, mean=mean))
            ledgers += [_made(view, level) for own, level in wanted if own == link]
    return made


def _made(view: View, level: Level) -> Ledger:
    weights = view.account.weight.size
    if level == "weight" and weights > MOST_WEIGHTS:
        identity = view.frame.identity(
            view.case, "carrier", cut=view.name, level=level, link=view.bench.link
        )
        reason = (
            f"layer {view.bench.chain.layers[view.bench.cut].name} has {weights:,} weights, more "
            f"than {MOST_WEIGHTS:,}: they are not accounted for one by one"
        )
        return view.frame.missing(identity, "not applicable", reason)
    return MAKERS[level](view)


def _urgency(study: Study, cases: Sequence[Case], rows: NDArray[np.int64], link: Link) -> Floats:
    """Return what an error of 1 in a row counts: the sum over gaps of its weight over the limit."""
    x = study.population.x[study.population.places(rows)]
    with torch.no_grad():
        scores = study.chain.scores(x, link).cpu().numpy()
    urgency = np.zeros(len(rows))
    for case in cases:
        at = np.searchsorted(rows, case.attribution.rows)
        allowed = allowed_residual(difference(scores[at], case.attribution))
        urgency[at] += np.abs(case.attribution.signed()) / allowed
    return urgency


def _bench(study: Study, case: Case, cut: int, link: Link, *, fed: Tensor, mean: Tensor) -> Bench:
    rows = case.verification.rows
    return Bench(
        chain=study.chain,
        cut=cut,
        link=link,
        fed=fed[study.population.places(rows)],
        mean=mean,
        sample=case.verification,
        target=study.population.dataset.target[rows],
        threshold=study.frame.threshold,
        confidence=study.frame.confidence,
    )


def _view(study: Study, case: Case, account: Account, bench: Bench) -> View:
    return View(
        frame=study.frame,
        case=case,
        account=account,
        bench=bench,
        gradient=_gradient(account, bench, case),
        regrouped=study.regrouped[case.key],
        baseline=f"mean activation over {study.pool_words(case.gap)}",
        decision_gap=study.decision_gap(case),
    )


def _gradient(account: Account, bench: Bench, case: Case) -> Floats:
    """Return |w · gradient of the gap| on the attribution rows."""
    fed = torch.from_numpy(account.departures).to(bench.fed) + bench.mean
    layer = bench.chain.layers[bench.cut]
    preactivation = layer.linear(fed).requires_grad_(True)
    with torch.enable_grad():
        score = bench.chain.link(bench.chain.answer(preactivation, bench.cut), bench.link)
        (slopes,) = torch.autograd.grad(score.sum(), preactivation)
    signed = torch.from_numpy(case.attribution.signed()).to(slopes)
    found = layer.weight * ((slopes * signed[:, None]).T @ fed)
    return np.asarray(found.abs().cpu().numpy())
