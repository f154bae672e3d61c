"""Levelling down: a rate falls somewhere and rises nowhere."""

import numpy as np
import pytest

from audit.comparison import compare
from audit.predictions import from_labels
from builders_models import dataset, numbers

SIZE = 400


def judged(shifts, metric="selection_rate", size=SIZE, minimum_group=30):
    """Groups of `size` rows, half selected before; `shifts` more rows of each after."""
    names = [name for name in shifts for _ in range(size)]
    before, after = [], []
    for shift in shifts.values():
        half = size // 2
        before += [1] * half + [0] * half
        after += [1] * (half + shift) + [0] * (half - shift)
    data = dataset(
        numbers(len(names)), target=np.ones(len(names), dtype=int), groups={"sex": names}
    )
    found = compare(
        data,
        from_labels(before),
        from_labels(after),
        pairs=(),
        mitigated="m-1",
        minimum_group=minimum_group,
    )
    (one,) = (item for item in found.levelling if item.metric == metric)
    return one


@pytest.mark.parametrize("metric", ["selection_rate", "true_positive_rate"])
def test_a_fall_without_a_rise_is_levelling_down(metric):
    one = judged({"F": 0, "M": -60}, metric)
    assert one.levelling_down
    assert one.text == "falls for sex = M by 15.0 pp; no group's rate is shown to rise"
    assert (one.attribute, one.mitigated) == (("sex",), "m-1")


def test_a_fall_with_a_rise_is_not():
    one = judged({"F": 60, "M": -60})
    assert not one.levelling_down
    assert one.text == "falls for sex = M by 15.0 pp; rises for sex = F by 15.0 pp"


def test_a_rise_alone_is_not():
    assert not judged({"F": 60, "M": 0}).levelling_down


def test_a_fall_within_noise_is_not():
    one = judged({"F": 0, "M": -2})
    assert not one.levelling_down
    assert "no group's rate is shown to fall" in one.text


def test_a_rise_within_noise_does_not_excuse_a_fall():
    assert judged({"F": 2, "M": -60}).levelling_down


def test_small_groups_are_not_judged_and_are_named():
    one = judged({"F": -10, "M": -10}, size=28)
    assert not one.levelling_down
    assert one.text.startswith("no group's rate could be compared; not judged: sex = F (28 rows")
