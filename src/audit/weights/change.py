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
from audit.models.model import Encoded, TorchModel
from audit.predictions import Predictions
from audit.weights.account import Pairs, make_cases, without_meaning
from audit.weights.carrier import allowed_residual
from audit.weights.chain import Chain, NotAChainError, scored_by
from audit.weights.frame import Frame, judged, listing
from audit.weights.heads import head_of
from audit.weights.parameters import Parameters, account_for_parameters, parameters_between
from audit.weights.population import encode_few, encode_rows
from audit.weights.results import Ledger, LedgerStatus
from audit.weights.route import Change, Route, account_for_change
from audit.weights.samples import Case, Halves, positive_weights
from audit.weights.statistics import Difference, difference

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
        For each gap and each pair: layers, then the weights and biases that moved it most; layers
        have intervals where only Linear layers in a row, at the end of the network, were moved. Of
        status ``not applicable`` where the two networks differ in more than parameters.

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
        link=scored_by(after.form),
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
            made = _ledgers(frame, (before, after), dataset, fit) if fit else {}
        except NotAChainError as error:
            reason = error.problem
    if progress is not None:
        progress(len(cases), len(cases))
    return (
        *(one for case in cases for one in made.get(case.key) or _missing(frame, case, reason)),
        *without_meaning(frame, dataset, config, pairs),
    )


def _missing(frame: Frame, case: Case, reason: str) -> Iterator[Ledger]:
    status: LedgerStatus = "suppressed" if case.reason else "not applicable"
    for level in LEVELS:
        identity = frame.identity(case, "change", cut="network", level=level)
        yield frame.missing(identity, status, case.reason or reason)


def _route(
    networks: tuple[TorchModel, TorchModel], dataset: Dataset, rows: Rows
) -> Route | Parameters:
    """Return the way from one network to the other: layer by layer of a chain, if that is all.

    Raises
    ------
    NotAChainError
        If they differ in more than parameters.
    """
    few = [encode_few(model, dataset, rows) for model in networks]
    try:
        heads = [head_of(model, encoded) for model, encoded in zip(networks, few, strict=True)]
    except NotAChainError:
        return parameters_between(*networks, dataset, rows)
    old, new = (head.chain for head in heads)
    if all(head.first is None for head in heads):
        _require_alike(old, new, few)
        x = encode_rows(networks[1], dataset, rows, heads[1]).x
        return Route(before=old, after=new, x=x)
    alike = _layers(old) == _layers(new) and old.form.output == new.form.output
    fed = [
        encode_rows(model, dataset, rows, head).x
        for model, head in zip(networks, heads, strict=True)
        if alike
    ]
    if fed and torch.equal(*fed):
        # What lies before the chain was left alone, so all of the change is in the chain.
        return Route(before=old, after=new, x=fed[0])
    return parameters_between(*networks, dataset, rows)


def _require_alike(old: Chain, new: Chain, few: Sequence[Encoded]) -> None:
    if old.form.output != new.form.output or _layers(old) != _layers(new):
        raise NotAChainError(
            f"the two networks differ in more than parameters: {_layers(old)}; {_layers(new)}"
        )
    (x,), (y,) = (encoded.tensors.values() for encoded in few)
    if old.columns != new.columns or not torch.allclose(x.cpu(), y.cpu(), atol=SAME):
        raise NotAChainError("the two networks encode the same rows differently")


def _layers(chain: Chain) -> str:
    return ", ".join(
        f"{layer.name} {tuple(layer.weight.shape)}"
        + "".join(f" {operation.words}" for operation in layer.after)
        for layer in chain.layers
    )


def _ledgers(
    frame: Frame,
    networks: tuple[TorchModel, TorchModel],
    dataset: Dataset,
    cases: Sequence[Case],
) -> dict[str, tuple[Ledger, ...]]:
    """Return the ledgers by key of their case; one integral serves all of them."""
    rows = np.unique(np.concatenate([case.attribution.rows for case in cases]))
    route = _route(networks, dataset, rows)
    signed, allowed = np.zeros((len(rows), len(cases))), np.zeros(len(cases))
    moved = route.scores(1.0) - route.scores(0.0)
    for place, case in enumerate(cases):
        at = np.searchsorted(rows, case.attribution.rows)
        signed[at, place] = case.attribution.signed()
        allowed[place] = allowed_residual(difference(moved[at], case.attribution))
    if isinstance(route, Route):
        found = account_for_change(route, signed, allowed)
    else:
        found = account_for_parameters(route, signed, allowed)
    return {
        case.key: tuple(
            _ledger(frame, found, case, place, np.searchsorted(rows, case.attribution.rows), level)
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
    amounts, named = found.weights[place], found.weight_names.__getitem__
    if level == "layer":
        amounts, named = found.totals[place], found.layer_names.__getitem__
    entries: Difference | Floats = amounts
    explained, residuals, test = float(amounts.sum()), None, TESTS["weight"]
    if found.layers is not None:
        residuals = moved - found.layers[at].sum(axis=1)
    if found.layers is not None and level == "layer":
        entries, test = difference(found.layers[at], case.attribution), TESTS["layer"]
        explained = float(entries.value.sum())
    allowed = allowed_residual(difference(moved, case.attribution))
    signed = case.attribution.signed()
    return Ledger(
        **frame.identity(case, "change", cut="network", level=level),
        **total,
        **judged(total["total"], explained, residuals, case, allowed),
        **listing(entries, named, total=total, confidence=frame.confidence),
        before=float(signed @ found.before[at]),
        after=float(signed @ found.after[at]),
        steps=found.points,
        baseline=f"the parameters of {frame.reference}",
        test=test,
    )
