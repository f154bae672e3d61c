"""Which metrics a task rests on, and how they are said."""

from dataclasses import replace

import pytest

from audit.metrics.headline import RATE_NAMES, headline, in_task, kind_of, parts_of
from audit.metrics.measures.class_functions import MATRIX
from audit.metrics.measures.rates import HEADLINE, RATES
from audit.metrics.measures.regression import REGRESSION
from builders_models import record

RECORD = record(10)
SEVERAL = replace(RECORD, task="multiclass", classes=("a", "b[1]", "c"), focus="b[1]")
NUMBERS = replace(RECORD, task="regression")


def test_each_gap_is_that_of_a_metric_of_the_task():
    assert tuple(headline(RECORD).values()) == HEADLINE
    assert headline(SEVERAL) == {
        "demographic_parity": "selection_rate[b[1]]",
        "equal_opportunity": "true_positive_rate[b[1]]",
        "false_positive_parity": "false_positive_rate[b[1]]",
    }
    assert headline(NUMBERS) == {"demographic_parity": "mean_prediction"}


@pytest.mark.parametrize("of", ["cat", "b[1]", "]", "a ] [ b", "漢字"])
def test_a_class_is_read_back_from_the_name_whatever_it_is(of):
    name = in_task("auc", replace(SEVERAL, focus=of))
    assert parts_of(name) == ("auc", of)


@pytest.mark.parametrize("name", ["auc", "mean_error", "odd[", "[x]"])
def test_other_names_have_no_class(name):
    assert parts_of(name) == (name, "")


def test_every_rate_is_known_as_one():
    assert set(RATES) == set(RATE_NAMES)


def test_shares_units_and_numbers_are_told_apart():
    assert kind_of("selection_rate[cat]", "multiclass") == "share"
    assert kind_of("auc[cat]", "multiclass") == "number"
    assert kind_of("multiclass_accuracy", "multiclass") == "share"
    kinds = {name: kind_of(name, "multiclass") for name in MATRIX}
    assert {name for name, kind in kinds.items() if kind == "number"} == {
        "multiclass_cohen_kappa",
        "multiclass_matthews_corrcoef",
    }
    assert kind_of("worst_class_precision", "multiclass") == "share"
    of_numbers = {name: kind_of(name, "regression") for name in REGRESSION}
    assert of_numbers.pop("r2") == "number"
    assert of_numbers.pop("mean_squared_error") == "number"  # in the square of the unit
    assert {of_numbers.pop(f"{side}_prediction_rate") for side in ("over", "under")} == {"share"}
    assert set(of_numbers.values()) == {"unit"}
    assert kind_of("mean_error", "binary") == "number"
