from itertools import product

import numpy as np
import pytest

from audit.errors import MetricError
from audit.metrics.measures.rates import RATES
from audit.metrics.table.cells import Attribute, CellTable
from audit.metrics.unknown_groups import unknown_bounds
from families import class_table

GROUPS = ("a", "b", "unknown")


def table(group, label, prediction):
    return CellTable.from_codes([("group", GROUPS, np.array(group))], label, prediction)


def every_placement(rate, group, label, prediction):
    """Rates and gap of every way of giving the unknown rows to a or b."""
    unknown = [place for place, code in enumerate(group) if code == 2]
    for given in product((0, 1), repeat=len(unknown)):
        placed = list(group)
        for place, code in zip(unknown, given, strict=True):
            placed[place] = code
        values = []
        for code in (0, 1):
            counted = [
                (label[i], prediction[i]) in rate.numerator
                for i in range(len(group))
                if placed[i] == code and (label[i], prediction[i]) in rate.denominator
            ]
            values.append(sum(counted) / len(counted) if counted else None)
        yield values


@pytest.mark.parametrize("name", ["selection_rate", "true_positive_rate", "precision", "accuracy"])
@pytest.mark.parametrize("seed", range(4))
def test_bounds_are_the_extremes_over_every_placement(name, seed):
    rng = np.random.default_rng(seed)
    group = rng.choice(3, 16, p=[0.25, 0.25, 0.5])
    label, prediction = rng.integers(0, 2, 16), rng.integers(0, 2, 16)
    rate = RATES[name]
    found = unknown_bounds(table(group, label, prediction), rate)
    placed = list(every_placement(rate, group, label, prediction))
    for place, bounds in enumerate(found.rates):
        values = [item[place] for item in placed if item[place] is not None]
        assert (bounds.low, bounds.high) == pytest.approx((min(values), max(values)))
        assert bounds.placeable == (group == 2).sum()
    gaps = [one - two for one, two in placed if one is not None and two is not None]
    (gap,) = found.gaps
    if gap.sharp:
        assert (gap.low, gap.high) == pytest.approx((min(gaps), max(gaps)))
    else:
        assert gap.low <= min(gaps)
        assert max(gaps) <= gap.high


def test_without_unknown_rows_the_bounds_are_the_value():
    found = unknown_bounds(table([0, 0, 1, 1], [0, 1, 0, 1], [0, 1, 1, 1]), RATES["selection_rate"])
    for bounds in found.rates:
        assert bounds.low == bounds.value == bounds.high
    assert found.gaps[0].low == found.gaps[0].high == -0.5


def test_a_group_that_can_have_no_row_that_counts_has_no_bounds():
    found = unknown_bounds(table([0, 1, 1], [0, 1, 0], [0, 1, 1]), RATES["true_positive_rate"])
    assert (found.rates[0].value, found.rates[0].low, found.rates[0].high) == (None, None, None)
    assert (found.gaps[0].low, found.gaps[0].high) == (None, None)
    assert found.widest is None


def test_a_group_known_by_no_row_that_counts_may_be_anywhere():
    found = unknown_bounds(
        table([0, 1, 2, 2], [0, 1, 1, 1], [0, 1, 1, 0]), RATES["true_positive_rate"]
    )
    assert (found.rates[0].value, found.rates[0].low, found.rates[0].high) == (None, 0.0, 1.0)


def test_rows_known_in_part_go_only_where_they_fit():
    sex, race = ("F", "M", "unknown"), ("X", "Y", "unknown")
    rows = np.array([[0, 0], [0, 1], [1, 0], [1, 1], [0, 2], [2, 2]])
    cells = CellTable.from_codes(
        [("sex", sex, rows[:, 0]), ("race", race, rows[:, 1])], np.ones(6, int), np.ones(6, int)
    )
    found = unknown_bounds(cells, RATES["selection_rate"])
    placeable = {tuple(item.group.values()): item.placeable for item in found.rates}
    assert placeable == {("F", "X"): 2, ("F", "Y"): 2, ("M", "X"): 1, ("M", "Y"): 1}
    assert len(found.gaps) == 6


def test_the_widest_gap_is_found():
    found = unknown_bounds(
        table([0] * 4 + [1] * 4 + [2] * 4, [1] * 12, [1, 1, 1, 0] + [0] * 4 + [1, 1, 0, 0]),
        RATES["selection_rate"],
    )
    assert found.widest.high == pytest.approx(5 / 6)


def test_too_many_groups_or_classes_are_refused():
    many = CellTable(
        attributes=(Attribute(name="group", categories=tuple(map(str, range(201)))),),
        codes=np.arange(201)[:, None],
        n=np.ones((201, 2, 2), dtype=np.int64),
        w=np.ones((201, 2, 2)),
        w2=np.ones((201, 2, 2)),
    )
    with pytest.raises(MetricError, match="at most 200 groups to bound the gaps of, came 201"):
        unknown_bounds(many, RATES["accuracy"])
    with pytest.raises(MetricError, match="expected a table of two classes"):
        unknown_bounds(class_table([0], [2], [1], classes=("a", "b", "c")), RATES["accuracy"])
