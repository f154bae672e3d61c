import pytest

from audit.errors import MetricError
from audit.metrics.disparity import measure
from audit.metrics.imprint import imprint
from audit.metrics.statistics.significance import range_z, two_sided_z
from audit.metrics.table.cells import CellTable
from oracles.intervals import slow_mover_difference, slow_tango
from people import counts_table, people

GROUPS = {"a": (60, 20, 5, 30), "b": (30, 40, 25, 40), "c": (20, 10, 20, 20)}


def only(found, **wanted):
    chosen = [
        d
        for d in found.disparities
        if all(getattr(d, key) == value for key, value in wanted.items())
    ]
    assert len(chosen) == 1
    return chosen[0]


def test_the_imprint_is_the_gap_in_predictions_less_the_gap_in_labels():
    table = people(2000).table()
    values = {
        (m.metric, tuple(m.group.items())): m.value for m in measure(table, intersections=1).metrics
    }
    found = imprint(table)
    assert len(found.disparities) == 2 + 1 + 2
    for d in found.disparities:
        a, b = tuple(d.a.items()), tuple(d.b.items())
        predictions = values["selection_rate", a] - values["selection_rate", b]
        labels = values["base_rate", a] - values["base_rate", b]
        assert d.value == pytest.approx(predictions - labels)


def test_predictions_that_repeat_the_labels_leave_no_imprint():
    found = imprint(counts_table({"a": (60, 0, 0, 40), "b": (20, 0, 0, 70)}))
    for d in found.disparities:
        assert d.value == 0
        assert d.p_value == 1
        assert d.interval.low < 0 < d.interval.high


def test_each_group_has_its_change_with_tangos_interval():
    found = imprint(counts_table(GROUPS))
    changes = {m.group.get("group"): m for m in found.metrics}
    assert list(changes) == [None, "a", "b", "c"]
    one = changes["a"]
    assert (one.numerator, one.denominator, one.value) == (15, 115, pytest.approx(15 / 115))
    assert one.interval.method == "tango"
    expected = slow_tango(20, 5, 115, two_sided_z(0.05))
    assert (one.interval.low, one.interval.high) == pytest.approx(expected, abs=1e-6)


def slow_limits(a, b, z):
    changes = []
    for name in (a, b):
        _, gained, lost, _ = GROUPS[name]
        n = sum(GROUPS[name])
        changes.append(((gained - lost) / n, slow_tango(gained, lost, n, z)))
    return slow_mover_difference(*changes[0], *changes[1])


def test_reference_comparisons_combine_two_paired_changes():
    found = imprint(counts_table(GROUPS))
    one = only(found, selection="reference", a={"group": "c"})
    assert one.b == {"group": "b"}
    assert one.family.name == "imprint, reference comparisons"
    assert one.interval.method == "tango-mover"
    assert (one.interval.low, one.interval.high) == pytest.approx(
        slow_limits("c", "b", two_sided_z(0.05)), abs=1e-6
    )


def test_the_pair_is_the_worst_pair_of_the_selection_rate():
    table = counts_table(GROUPS)
    pair = only(imprint(table), selection="worst_pair")
    selected = only(
        measure(table), metric="selection_rate", kind="difference", selection="worst_pair"
    )
    assert (pair.a, pair.b, pair.pairs) == (selected.a, selected.b, 3)
    assert (pair.family.name, pair.family.size) == ("imprint", 1)
    assert pair.interval.simultaneous
    assert (pair.interval.low, pair.interval.high) == pytest.approx(
        slow_limits(pair.a["group"], pair.b["group"], range_z(0.05, 3)), abs=1e-6
    )


@pytest.mark.parametrize("seed", range(8))
def test_the_p_value_turns_the_interval_round(seed):
    found = imprint(people(500, seed).table(), confidence=0.6)
    for d in found.disparities:
        excludes = d.interval.low > 0 or d.interval.high < 0
        size = d.family.size if d.selection == "worst_pair" else 1
        assert excludes == (d.p_value * size < 0.4)


def test_equal_weights_change_no_value_and_almost_no_limit():
    crowd = people(600)
    plain = imprint(crowd.table())
    table = crowd.table()
    doubled = CellTable(
        attributes=table.attributes,
        codes=table.codes,
        n=table.n,
        w=table.w * 3,
        w2=table.w2 * 9,
        weighted=True,
    )
    for one, two in zip(plain.disparities, imprint(doubled).disparities, strict=True):
        assert two.value == pytest.approx(one.value)
        assert two.interval.low == pytest.approx(one.interval.low)
        assert two.p_value == pytest.approx(one.p_value)


def test_uneven_weights_widen_the_interval():
    crowd = people(600)
    plain = imprint(crowd.table()).metrics[0]
    weighted = imprint(crowd.table(weighted=True)).metrics[0]
    assert weighted.effective_n < 600
    wide, narrow = (m.interval.high - m.interval.low for m in (weighted, plain))
    assert wide > narrow


def test_small_and_unknown_groups_take_no_part():
    groups = GROUPS | {"tiny": (3, 0, 0, 0), "unknown": (0, 90, 0, 0)}
    found = imprint(counts_table(groups))
    pair = only(found, selection="worst_pair")
    assert pair.left_out == (
        "group=tiny: 3 rows, fewer than the minimum of 30",
        "group=unknown: category not known",
    )
    tiny = only(found, selection="reference", a={"group": "tiny"})
    assert (tiny.status, tiny.value) == ("suppressed", None)


def test_one_group_has_no_imprint():
    pair = only(imprint(counts_table({"a": (10, 10, 10, 10)})), selection="worst_pair")
    assert (pair.status, pair.reason) == ("undefined", "fewer than two groups can be compared")


def test_a_wrong_reference_is_refused():
    with pytest.raises(MetricError, match="did you mean 'a'"):
        imprint(counts_table(GROUPS), reference={"group": "A"})
