"""All ledgers of a network: each gap between two groups, at each cut, and its biases."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from audit.config import WeightsConfig
from audit.data.dataset import Dataset
from audit.errors import ConfigError, ModelError
from audit.metrics.results import Group
from audit.models.inference import threads_for
from audit.models.model import TorchModel
from audit.predictions import Predictions
from audit.weights.bias_ledger import bias_ledgers
from audit.weights.chain import Chain, NotAChainError, scored_by
from audit.weights.cut_ledgers import LEDGERS, cut_ledgers
from audit.weights.frame import Frame, Kind, Level
from audit.weights.heads import head_of
from audit.weights.population import encode_few
from audit.weights.results import GapName, Ledger
from audit.weights.samples import (
    CONDITIONS,
    Case,
    Halves,
    Named,
    halve,
    make_case,
    positive_weights,
)
from audit.weights.study import Cases, Study, make_study

NO_LABELS = "a regression has no positive and negative rows that a gap could be about"
Pairs = Mapping[GapName, Sequence[tuple[Group, Group]]]
Progress = Callable[[int, int], None]


def account(
    model: TorchModel,
    dataset: Dataset,
    predictions: Predictions,
    config: WeightsConfig,
    pairs: Pairs,
    *,
    seed: int,
    minimum_group: int,
    confidence: float,
    threshold: float,
    split: str = "test",
    role: str = "baseline",
    progress: Progress | None = None,
) -> tuple[Ledger, ...]:
    """Account for score gaps: which units, weights and biases of a network carry them.

    The predicted rows are halved by seed. One half attributes; on the other one, entries are
    ablated to see whether the gap moves as the ledger says. The network is left as it is: ledgers
    work on a copy of its parameters in double precision.

    Parameters
    ----------
    model : TorchModel
    dataset : Dataset
    predictions : Predictions
        With a decision for each row that may be used.
    config : WeightsConfig
    pairs : mapping of str to sequence of pairs of groups
        For each gap of ``config.gaps``: groups a and b, whose gap is that of a less that of b.
    seed : int
        Of the halves, of draws and permutations.
    minimum_group : int
        Gaps of smaller groups (in either half) are suppressed, with the reason.
    confidence : float
        Of Welch's intervals; 1 less this is the family-wise rate of false carriers at a cut.
    threshold : float
        Positive is probability >= threshold, for accuracy after ablation; of a binary task.
    split, role : str
        Names of the rows and of the model.
    progress : callable, optional
        Called with (cuts done, cuts).

    Returns
    -------
    tuple of Ledger
        For each gap and each pair: biases; then at each cut units and weights (probability), units
        (log odds); of a regression units and weights (value). Where the network is more than a
        chain of Linear layers: of the chain that it ends in, with what lies before it. Where it
        ends in none, or the gap has no meaning for the task: of status ``not applicable``, with
        the reason.

    Raises
    ------
    ConfigError
        If a cut of the configuration does not exist.
    MetricError
        If an attribute or category is unknown.
    ModelError
        If no row may be used, or the network fails.
    """
    frame = Frame(
        role=role,
        split=split,
        confidence=confidence,
        threshold=threshold,
        seed=seed,
        permutations=config.permutations,
        link=scored_by(model.form),
    )
    rows = positive_weights(dataset, predictions.rows)
    if not len(rows):
        raise ModelError("expected rows to account for, came none of positive weight")
    halves = halve(rows, seed)
    cases = make_cases(dataset, halves, config, pairs, seed=seed, minimum_group=minimum_group)
    meaningless = tuple(without_meaning(frame, dataset, config, pairs))
    with threads_for(model.network):
        try:
            head = head_of(model, encode_few(model, dataset, rows))
            cuts = _cuts(head.chain, config)
            study = make_study(
                model,
                dataset,
                predictions,
                frame=replace(frame, unaccounted=head.before),
                head=head,
                halves=halves,
                cases=cases,
                most=config.rows,
            )
        except NotAChainError as error:
            return (*_not_applicable(frame, cases, error.problem), *meaningless)
        return (*_ledgers(study, cases, cuts, progress), *meaningless)


def make_cases(
    dataset: Dataset,
    halves: Halves,
    config: WeightsConfig,
    pairs: Pairs,
    *,
    seed: int,
    minimum_group: int,
) -> dict[GapName, tuple[Case, ...]]:
    """Draw the rows of every case, by the gap that it is about.

    Raises
    ------
    MetricError
        If an attribute or category is unknown.
    """
    settings = {"most": config.rows, "seed": seed, "minimum_group": minimum_group}
    return {
        gap: tuple(make_case(dataset, halves, gap, pair, **settings) for pair in pairs.get(gap, ()))
        for gap in config.gaps
        if has_meaning(dataset, gap)
    }


def has_meaning(dataset: Dataset, gap: GapName) -> bool:
    """Tell whether a gap has a meaning: of a regression there are no positive rows."""
    return dataset.task != "regression" or CONDITIONS[gap] is None


def without_meaning(
    frame: Frame, dataset: Dataset, config: WeightsConfig, pairs: Pairs
) -> Iterator[Ledger]:
    """Say once of each gap that has no meaning why there is no ledger of it."""
    for gap in config.gaps:
        known = (*pairs.get(gap, ()), *(pair for found in pairs.values() for pair in found))
        if has_meaning(dataset, gap) or not known:
            continue
        (a, b), *_ = known
        kind: Kind = "change" if frame.reference else "carrier"
        level: Level = "layer" if frame.reference else "unit"
        identity = frame.identity(Named(gap=gap, a=a, b=b), kind, cut="network", level=level)
        yield frame.missing(identity, "not applicable", NO_LABELS)


def _cuts(chain: Chain, config: WeightsConfig) -> tuple[int, ...]:
    """Return the places of the cuts that are asked for."""
    names = chain.cuts
    if config.cuts == "all":
        return tuple(range(len(names)))
    for name in config.cuts:
        if name not in names:
            raise ConfigError.unknown("cut", name, names, where="weights.cuts")
    return tuple(place for place, name in enumerate(names) if name in config.cuts)


def _ledgers(
    study: Study, cases: Cases, cuts: Sequence[int], progress: Progress | None
) -> Iterator[Ledger]:
    """Yield the ledgers of all cases, in their order."""
    done, tasks = 0, sum(map(bool, cases.values())) * (len(cuts) + 1)
    for found in cases.values():
        fit = [case for case in found if not case.reason]
        ledgers: dict[int, list[Ledger]] = {id(case): [] for case in found}
        for task in (None, *cuts):
            made = _at(study, fit, task) if fit else []
            for case, several in zip(fit, made, strict=True):
                ledgers[id(case)] += several
            done += bool(found)
            if progress is not None and found:
                progress(done, tasks)
        for case in found:
            yield from ledgers[id(case)] or _suppressed(study, case, cuts)


def _at(study: Study, cases: Sequence[Case], cut: int | None) -> list[list[Ledger]]:
    """Return the ledgers of each case: of biases where no cut is given, else at the cut."""
    if cut is None:
        return [[ledger] for ledger in bias_ledgers(study, cases)]
    return cut_ledgers(study, cases, cut)


def _suppressed(study: Study, case: Case, cuts: Sequence[int]) -> Iterator[Ledger]:
    frame = study.frame
    yield frame.missing(
        frame.identity(case, "bias", cut="network", level="bias"), "suppressed", case.reason
    )
    for cut in cuts:
        name = study.chain.cuts[cut]
        for link, level in LEDGERS[frame.link]:
            identity = frame.identity(case, "carrier", cut=name, level=level, link=link)
            yield frame.missing(identity, "suppressed", case.reason)


def _not_applicable(frame: Frame, cases: Cases, reason: str) -> Iterator[Ledger]:
    for case in (case for found in cases.values() for case in found):
        identities = (
            frame.identity(case, "bias", cut="network", level="bias"),
            frame.identity(case, "carrier", cut="network", level="unit"),
        )
        for identity in identities:
            yield frame.missing(identity, "not applicable", reason)
