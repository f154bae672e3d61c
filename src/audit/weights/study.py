"""What the ledgers of one network work on: its chain, the encoded rows, and what is drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audit.data.dataset import Dataset, Rows
from audit.explainers.draws import draw
from audit.models.model import TorchModel
from audit.predictions import Predictions
from audit.weights.chain import Chain
from audit.weights.frame import Frame, about
from audit.weights.heads import Head
from audit.weights.population import Population, encode_rows
from audit.weights.results import GapName
from audit.weights.samples import Case, Halves, generator, under
from audit.weights.statistics import regroupings

Floats = NDArray[np.float64]
Cases = Mapping[GapName, Sequence[Case]]


@dataclass(frozen=True, kw_only=True)
class Study:
    """What the ledgers of one network work on.

    Attributes
    ----------
    frame : Frame
    chain : Chain
    population : Population
        Every row that is needed.
    labels : ndarray of float64, shape (rows of the population,)
        Decisions, 0 or 1; of a regression predicted values.
    pooled : mapping of str to ndarray of int64
        For each gap, the attribution rows of everyone that means are taken over.
    everyone : ndarray of int64
        Attribution rows whatever the gap, for accuracy.
    regrouped : mapping of str to ndarray of bool, shape (permutations, attribution rows)
        By key of a case: permutations of its groups.
    """

    frame: Frame
    chain: Chain
    population: Population
    labels: Floats
    pooled: Mapping[GapName, Rows]
    everyone: Rows
    regrouped: Mapping[str, NDArray[np.bool_]]

    def decision_gap(self, case: Case) -> float | None:
        """Return the gap of decisions on the attribution rows; None of a regression."""
        if self.chain.form.decide is None:
            return None
        labels = self.labels[self.population.places(case.attribution.rows)]
        return float(case.attribution.signed() @ labels)

    def pool_words(self, gap: GapName) -> str:
        """Return in words which rows means are taken over."""
        return (
            f"{len(self.pooled[gap]):,} rows of {self.frame.split} (attribution half){about(gap)}"
        )


def make_study(
    model: TorchModel,
    dataset: Dataset,
    predictions: Predictions,
    *,
    frame: Frame,
    head: Head,
    halves: Halves,
    cases: Cases,
    most: int,
) -> Study:
    """Draw the rows that means are taken over, and encode every row that is needed.

    Raises
    ------
    NotAChainError
        If the chain does not answer as the network does for one of the rows.
    """
    pooled = {
        gap: draw(dataset, under(dataset, halves.attribution, gap), {}, most, frame.seed).rows
        for gap in cases
    }
    everyone = draw(dataset, halves.attribution, {}, most, frame.seed).rows
    samples = [
        sample.rows
        for found in cases.values()
        for case in found
        for sample in (case.attribution, case.verification)
    ]
    rows = np.unique(np.concatenate([everyone, *pooled.values(), *samples]))
    decided = np.zeros(len(dataset))
    decided[predictions.rows] = predictions.label
    return Study(
        frame=frame,
        chain=head.chain,
        population=encode_rows(model, dataset, rows, head),
        labels=decided[rows],
        pooled=pooled,
        everyone=everyone,
        regrouped={
            case.key: regroupings(
                case.attribution, frame.permutations, generator(frame.seed, "groups", case.key)
            )
            for found in cases.values()
            for case in found
            if not case.reason
        },
    )
