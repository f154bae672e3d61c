"""How findings put figures, by task."""

import pytest

from audit.findings.amounts import Amounts, quantity
from audit.findings.words import points_interval, title
from audit.metrics.results import Interval

NUMBERS = Amounts(task="regression", spread=110_000.0, tolerance=5_500.0)
SPAN = Interval(low=-0.0123, high=0.2, level=0.95, method="m", simultaneous=True)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (12_300.4, "12,300"), (123_456.0, "123,500"), (12.3456, "12.35"), (-0.5, "−0.5000"),
        (0, "0"), (0.00012345, "0.0001234"), (1e-12, "1e−12"), (-1e-12, "−1e−12"),
        (9.9999e6, "10,000,000"), (1.5e12, "1,500,000,000,000"),
    ],
)  # fmt: skip
def test_quantities_have_four_digits(value, said):
    assert quantity(value) == said


def test_a_gap_of_numbers_is_also_told_in_standard_deviations():
    assert NUMBERS.gap(12_300.0, "unit") == "12,300 (0.11 standard deviations)"
    assert NUMBERS.gap(-12_300.0, "unit") == "−12,300 (−0.11 standard deviations)"
    assert NUMBERS.limit == "5,500 (0.05 standard deviations)"
    assert Amounts(task="regression", spread=0.0).gap(2.0, "unit") == "2.000"
    assert NUMBERS.gap(0.051, "share") == "5.1 pp"
    assert NUMBERS.value(0.25, "share") == "25.0%"
    assert NUMBERS.gap(0.1, "number") == "0.100"


def test_intervals_of_numbers_stay_in_their_unit():
    span = Interval(low=-300.0, high=20_000.0, level=0.9, method="m")
    assert NUMBERS.interval(span, "unit") == "90% interval −300.0 to 20,000"
    endless = Interval(low=1.0, high=None, level=0.95, method="m")
    assert NUMBERS.interval(endless, "unit") == "95% interval 1.000 to no upper limit"


@pytest.mark.parametrize(("kind", "share"), [("share", True), ("number", False)])
def test_of_classes_they_are_said_as_ever(kind, share):
    said = Amounts(task="binary", tolerance=0.05)
    assert said.interval(SPAN, kind) == points_interval(SPAN, share=share)
    assert said.limit == "5.0 pp"


def test_a_metric_of_one_class_names_it():
    assert title("selection_rate[new york]") == "selection rate of class 'new york'"
    assert title("auc[a_b]") == "AUC of class 'a_b'"
    assert title("multiclass_accuracy") == "accuracy"
    assert title("mean_absolute_error") == "mean absolute error"
