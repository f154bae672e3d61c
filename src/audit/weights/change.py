"""The change ledger: which layers and weights moved a gap from one network to another."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray

from audit.config import WeightsConfig
from audit.data.dataset import Dataset, Rows
from audit.errors import ModelError
from audit.models.inference import threads_for
from audit.models.model import TorchModel
from audit.predictions import Predictions
from audit.weights.account import Pairs, make_cases
from audit.weights.carrier import allowed_residual
from audit.weights.chain import Chain, NotAChainError
from audit.weights.frame import Frame, judged, listing
from audit.weights.population import encode_few, encode_rows
from audit.weights.results import Ledger, LedgerStatus
from audit.weights.route import Change, Route, account_for_change
from audit.weights.samples import Case, Halves, positive_weights
from audit.weights.statistics import difference
from audit.weights.tracing import trace

Floats = NDArray[np.float64]
SAME = 1e-6
LEVELS: tuple[Literal["layer", "weight"], ...] = ("layer", "weight")
TESTS = {
    "layer": "not tested; intervals are Welch's, each by itself",
    "weight": "not tested, and without intervals",
}
Progress = Callable[[int, int], None]


def change(  # noqa: PLR0917 - as account, with one more network
    before: TorchModel,
    after: TorchModel,
    dataset: Dataset,
    predictions: Predictions,
    config: WeightsConfig,
    pairs: Pairs,
    *,
    seed: int,
    minimum_group: int,
    confidence: float,
    split: str = "test",
    role: str = "mitigated",
    reference: str = "baseline",
    progress: Progress | None = None,
) -> tuple[Ledger, ...]:
    """Account for the change of score gaps from one network to another of the same architecture.

    Parameters
    ----------
    before, after : TorchModel
    dataset : Dataset
    predictions : Predictions
        Of either; says which rows may be used.
    config : WeightsConfig
    pairs : mapping of str to sequence of pairs of groups
        For each gap of ``config.gaps``.
    seed : int
        Of draws, where there are more than ``config.rows`` rows.
    minimum_group : int
        Gaps of smaller groups are suppressed, with the reason.
    confidence : float
        Of Welch's intervals of layer totals; single weights have none.
    split, role, reference : str
        Names of the rows, of the network afterwards and of the one before.
    progress : callable, optional
        Called with (gaps done, gaps).

    Returns
    -------
    tuple of Ledger
        For each gap and each pair: layers, then the weights and biases that moved it most. Of
        status ``not applicable`` where the two networks are not the same chain of layers.

    Raises
    ------
    MetricError
        If an attribute or category is unknown.
    ModelError
        If no row may be used, or a network fails.
    """
    frame = Frame(
        role=role,
        split=split,
        confidence=confidence,
        threshold=0.5,
        seed=seed,
        permutations=config.permutations,
        reference=reference,
    )
    rows = positive_weights(dataset, predictions.rows)
    if not len(rows):
        raise ModelError("expected rows to account for, came none of positive weight")
    halves = Halves(attribution=rows, verification=rows)
    found = make_cases(dataset, halves, config, pairs, seed=seed, minimum_group=minimum_group)
    cases = [case for several in found.values() for case in several]
    fit = [case for case in cases if not case.reason]
    reason = ""
    made: dict[str, tuple[Ledger, ...]] = {}
    with threads_for(before.network):
        try:
            chains = _chains(before, after, dataset, rows)
            made = _ledgers(frame, chains, after, dataset, fit) if fit else {}
        except NotAChainError as error:
            reason = error.problem
    if progress is not None:
        progress(len(cases), len(cases))
    return tuple(
        ledger for case in cases for ledger in made.get(case.key) or _missing(frame, case, reason)
    )


def _missing(frame: Frame, case: Case, reason: str) -> Iterator[Ledger]:
    status: LedgerStatus = "suppressed" if case.reason else "not applicable"
    for level in LEVELS:
        identity = frame.identity(case, "change", cut="network", level=level)
        yield frame.missing(identity, status, case.reason or reason)


def _chains(
    before: TorchModel, after: TorchModel, dataset: Dataset, rows: Rows
) -> tuple[Chain, Chain]:
    """Return both networks as chains, if they are the same chain with other parameters."""
    few = [encode_few(model, dataset, rows) for model in (before, after)]
    old, new = trace(before, few[0]), trace(after, few[1])
    if old.output != new.output or _layers(old) != _layers(new):
        raise NotAChainError(
            f"the two networks differ in more than parameters: {_layers(old)}; {_layers(new)}"
        )
    (x,), (y,) = (encoded.tensors.values() for encoded in few)
    if old.columns != new.columns or not torch.allclose(x.cpu(), y.cpu(), atol=SAME):
        raise NotAChainError("the two networks encode the same rows differently")
    return old, new


def _layers(chain: Chain) -> str:
    return ", ".join(
        f"{layer.name} {tuple(layer.weight.shape)}"
        + "".join(f" {operation.words}" for operation in layer.after)
        for layer in chain.layers
    )


def _ledgers(
    frame: Frame,
    chains: tuple[Chain, Chain],
    model: TorchModel,
    dataset: Dataset,
    cases: Sequence[Case],
) -> dict[str, tuple[Ledger, ...]]:
    """Return the ledgers by key of their case; one integral serves all of them."""
    rows = np.unique(np.concatenate([case.attribution.rows for case in cases]))
    population = encode_rows(model, dataset, rows, chains[0].layers[0].weight)
    route = Route(before=chains[0], after=chains[1], x=population.x)
    signed, allowed = np.zeros((len(rows), len(cases))), np.zeros(len(cases))
    moved = route.scores(1.0) - route.scores(0.0)
    for place, case in enumerate(cases):
        at = population.places(case.attribution.rows)
        signed[at, place] = case.attribution.signed()
        allowed[place] = allowed_residual(difference(moved[at], case.attribution))
    found = account_for_change(route, signed, allowed)
    return {
        case.key: tuple(
            _ledger(frame, found, case, place, population.places(case.attribution.rows), level)
            for level in LEVELS
        )
        for place, case in enumerate(cases)
    }


def _ledger(  # noqa: PLR0917 - the case, its place and its rows go together
    frame: Frame,
    found: Change,
    case: Case,
    place: int,
    at: NDArray[np.int64],
    level: Literal["layer", "weight"],
) -> Ledger:
    moved = found.after[at] - found.before[at]
    total = frame.total(moved, case)
    layers = difference(found.layers[at], case.attribution)
    entries = layers if level == "layer" else found.weights[place]
    names = found.layer_names if level == "layer" else found.weight_names
    explained = float(layers.value.sum() if level == "layer" else found.weights[place].sum())
    allowed = allowed_residual(difference(moved, case.attribution))
    residuals = moved - found.layers[at].sum(axis=1)
    signed = case.attribution.signed()
    return Ledger(
        **frame.identity(case, "change", cut="network", level=level),
        **total,
        **judged(total["total"], explained, residuals, case, allowed),
        **listing(entries, names.__getitem__, total=total, confidence=frame.confidence),
        before=float(signed @ found.before[at]),
        after=float(signed @ found.after[at]),
        steps=found.points,
        baseline=f"the parameters of {frame.reference}",
        test=TESTS[level],
    )
