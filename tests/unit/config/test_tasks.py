"""What a task asks of the other sections is told before anything runs."""

import pytest

from audit.config import config_from
from audit.errors import ConfigError
from tasks import numbers, several


@pytest.mark.parametrize(
    ("values", "line"),
    [
        (several(predictions={"score": "chance"}), "expected label, the column of predicted"),
        (several(predictions={}), "expected exactly one of score and label"),
        (several(predictions={"label": "said", "score": "said"}), "different columns"),
        (several(predictions={"label": "sex"}), "'sex' is a sensitive attribute"),
        (several(predictions={"label": "said", "score": "race"}), "'race' is a sensitive"),
        (numbers(predictions={"label": "guess"}), "expected score, the column of predicted"),
        (numbers(predictions={"label": "said", "score": "guess"}), "came label"),
        (numbers(predictions={"score": "income"}), "'income' is the target"),
        (several(data__task="binary"), "expected exactly one of score and label, came both"),
        (several(metrics__tolerance_value=3), "tolerance_value: expected task: regression"),
        (numbers(metrics__tolerance_value=0), "metrics.tolerance_value"),
        (numbers(metrics__tolerance_value=float("inf")), "metrics.tolerance_value"),
        (several(metrics__names=["selection_rates[cat]"]), "unknown metric"),
        (several(metrics__names=["auc[]"]), "unknown metric"),
    ],
)
def test_what_does_not_fit_is_told_in_one_line(values, line):
    with pytest.raises(ConfigError, match=line) as caught:
        config_from(values)
    assert "\n" not in str(caught.value)


def test_what_fits_is_taken():
    names = ("auc[cat]", "true_positive_rate[a b]", "worst_class_precision", "calibration_slope[0]")
    assert config_from(several(metrics__names=list(names))).metrics.names == names
    assert config_from(numbers(metrics__tolerance_value=2.5)).metrics.tolerance_value == 2.5
