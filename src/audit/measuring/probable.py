"""The groups of one audit that are known by probability alone."""

from __future__ import annotations

from audit.config import AuditConfig
from audit.data.dataset import Dataset
from audit.data.probable import ProbableAttribute
from audit.metrics.estimates import Scope
from audit.metrics.measures.rates import HEADLINE
from audit.metrics.probable_figures import ProbableRows, probable_figures
from audit.metrics.probable_groups import ProbableGroups
from audit.metrics.probable_results import ProbableFigures
from audit.predictions import Predictions


def measure_probable(
    dataset: Dataset, predictions: Predictions, config: AuditConfig
) -> tuple[ProbableFigures, ...]:
    """Estimate and bound the headline rates of each such attribute; of no regression."""
    if dataset.task == "regression":
        return ()
    return tuple(_figures(item, dataset, predictions, config) for item in dataset.probable)


def _figures(
    item: ProbableAttribute, dataset: Dataset, predictions: Predictions, config: AuditConfig
) -> ProbableFigures:
    known = item.known[predictions.rows]
    places = predictions.rows[known]
    shown = item.take(places)
    rows = ProbableRows(
        groups=ProbableGroups(
            name=item.name, categories=item.categories, probabilities=shown.probabilities
        ),
        label=dataset.target[places],
        prediction=predictions.label[known],
        weights=None if dataset.weights is None else dataset.weights[places],
        person=None if dataset.person is None else dataset.person[places],
        proxy=shown.proxy,
    )
    return probable_figures(
        rows,
        HEADLINE,
        Scope(
            confidence=config.metrics.confidence,
            minimum_group=config.metrics.minimum_group,
            threshold=predictions.threshold,
        ),
        columns=item.columns,
        proxies=item.proxies,
        unknown=int((~known).sum()),
    )
