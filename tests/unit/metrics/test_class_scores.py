"""Metrics of the scores of one class against the rest."""

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss, roc_auc_score

from audit.errors import MetricError
from audit.metrics.catalogue import metric
from audit.metrics.disparity import Comparing, measure
from audit.metrics.measures.score_metrics import SCORES
from audit.metrics.table.cells import CellTable

CLASSES = ("ant", "cat", "dog")


def made(seed=0, rows=600):
    rng = np.random.default_rng(seed)
    kind, said = rng.integers(0, 3, rows), rng.integers(0, 3, rows)
    chance = np.clip(rng.beta(2, 2, rows) + 0.15 * (kind == 1), 0.001, 0.999)
    return rng.integers(0, 2, rows), kind, said, chance


def tables(group, kind, said, chance):
    attribute = [("sex", ("F", "M"), group)]
    return (
        CellTable.from_arrays(attribute, kind, said, classes=CLASSES),
        CellTable.from_arrays(attribute, kind == 1, said == 1, score=chance),
    )


def test_it_is_the_metric_of_that_class_against_the_rest():
    group, kind, said, chance = made()
    whole, scored = tables(group, kind, said, chance)
    found = measure(
        whole, names=("auc[cat]", "brier[cat]", "multiclass_accuracy"), scored=scored,
        minimum_group=1, comparing=Comparing(headline=("selection_rate[cat]",)),
    )  # fmt: skip
    values = {(m.metric, m.group.get("sex")): m for m in found.metrics}
    for place, sex in enumerate(("F", "M")):
        mine = group == place
        auc = roc_auc_score(kind[mine] == 1, chance[mine])
        assert values["auc[cat]", sex].value == pytest.approx(auc, abs=1e-3)
        brier = brier_score_loss(kind[mine] == 1, chance[mine])
        assert values["brier[cat]", sex].value == pytest.approx(brier, abs=1e-9)
        right = (kind == said)[mine].mean()
        assert values["multiclass_accuracy", sex].value == pytest.approx(right)
    assert {d.name for d in found.definitions} >= {"auc[cat]", "brier[cat]"}
    families = {(d.metric, d.family.name) for d in found.disparities if d.family is not None}
    assert ("selection_rate[cat]", "headline") in families
    assert ("auc[cat]", "other worst pairs") in families


@pytest.mark.parametrize("name", sorted(SCORES))
def test_every_score_metric_is_had_of_a_class(name):
    found = metric(f"{name}[cat]")
    plain = SCORES[name]
    assert (found.name, found.needs) == (f"{name}[cat]", "scores")
    assert found.title == f"{plain.title}, cat"
    assert "'cat' is positive" in found.definition
    assert (found.low, found.high, found.source) == (plain.low, plain.high, plain.source)
    _, scored = tables(*made())
    assert found.measure(scored).values == pytest.approx(plain.measure(scored).values)


def test_an_alias_and_a_table_without_scores():
    assert metric("roc_auc[cat]").name == "auc[cat]"
    whole, _ = tables(*made())
    with pytest.raises(MetricError, match="expected scores"):
        metric("auc[cat]").measure(whole)
    with pytest.raises(MetricError, match="unknown metric"):
        metric("nonsense[cat]")
