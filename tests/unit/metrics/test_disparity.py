import json
from itertools import combinations

import numpy as np
import pytest

from audit.errors import MetricError
from audit.metrics.disparity import measure
from audit.metrics.statistics.significance import minimum_detectable, range_z, two_sided_z
from audit.metrics.table.cells import CellTable
from oracles.intervals import slow_largest_gap
from people import RACE, SEX, counts_table, people

UNEVEN = {"a": (60, 20, 5, 30), "b": (30, 40, 25, 40), "c": (20, 10, 20, 20), "d": (90, 10, 20, 30)}


def pick(found, **wanted):
    chosen = [
        d
        for d in found.disparities
        if all(getattr(d, key) == value for key, value in wanted.items())
    ]
    assert len(chosen) == 1, chosen
    return chosen[0]


def worst(found, metric="selection_rate", kind="difference", attributes=("group",)):
    return pick(found, metric=metric, kind=kind, attributes=attributes, selection="worst_pair")


def test_everyone_comes_first_then_attributes_then_intersections():
    found = measure(people().table())
    lengths = [len(m.group) for m in found.metrics]
    assert lengths == sorted(lengths)
    assert [m.metric for m in found.metrics if not m.group] == [
        "selection_rate", "true_positive_rate", "false_positive_rate", "precision", "accuracy",
        "base_rate",
    ]  # fmt: skip
    assert {tuple(m.group) for m in found.metrics} == {(), ("sex",), ("race",), ("sex", "race")}


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_intersections_stop_at_the_depth(depth):
    crowd = people()
    table = CellTable.from_codes(
        [("sex", SEX, crowd.sex), ("race", RACE, crowd.race), ("age", ("y", "o"), 1 - crowd.sex)],
        crowd.label,
        crowd.prediction,
    )
    found = {m.attributes for m in measure(table, intersections=depth).disparities}
    names = ("sex", "race", "age")
    assert found == {c for size in range(1, depth + 1) for c in combinations(names, size)}


def test_headline_metrics_are_always_measured():
    found = measure(people().table(), names=("accuracy",))
    assert list(dict.fromkeys(m.metric for m in found.metrics)) == [
        "selection_rate", "true_positive_rate", "false_positive_rate", "accuracy",
    ]  # fmt: skip


def test_the_worst_pair_is_the_largest_gap_with_its_simultaneous_interval():
    found = measure(counts_table(UNEVEN))
    pair = worst(found)
    rates = {name: (c[1] + c[3], sum(c)) for name, c in UNEVEN.items()}
    values = {name: x / n for name, (x, n) in rates.items()}
    assert (pair.a, pair.b) == ({"group": "b"}, {"group": "d"})
    assert pair.value == pytest.approx(values["b"] - values["d"])
    assert pair.pairs == 6
    assert pair.family.name == "headline"
    assert pair.family.size == 3
    z = range_z(0.05 / 3, 4)
    assert (pair.interval.low, pair.interval.high) == pytest.approx(
        slow_largest_gap(list(rates.values()), z)
    )
    assert (pair.interval.method, pair.interval.simultaneous) == ("tukey-newcombe", True)
    assert pair.interval.level == 0.95


def test_the_ratio_of_a_worst_pair_is_the_lower_over_the_higher():
    found = measure(counts_table(UNEVEN))
    gap, ratio = worst(found), worst(found, kind="ratio")
    assert (ratio.a, ratio.b) == (gap.b, gap.a)
    assert (ratio.a_metric, ratio.b_metric) == (gap.b_metric, gap.a_metric)
    values = {m.group.get("group"): m.value for m in found.metrics if m.metric == "selection_rate"}
    assert ratio.value == pytest.approx(values["d"] / values["b"])
    assert 0 < ratio.interval.low < ratio.value < ratio.interval.high < 1
    assert (ratio.p_value, ratio.p_adjusted) == (gap.p_value, gap.p_adjusted)
    assert ratio.family == gap.family
    assert ratio.minimum_detectable is None


def test_the_lower_limit_names_the_pair_that_sets_it():
    """Two large groups differ for sure; a tiny one lies farther off, perhaps by chance."""
    groups = {"big": (2000, 2000, 0, 0), "other": (2600, 1400, 0, 0), "tiny": (26, 6, 0, 0)}
    pair = worst(measure(counts_table(groups)))
    assert (pair.a, pair.b) == ({"group": "big"}, {"group": "tiny"})
    assert pair.interval.low > 0.1
    assert pair.established == ({"group": "big"}, {"group": "other"})
    assert pair.p_adjusted < 0.05


def test_without_a_tiny_group_the_pair_is_its_own():
    groups = {"big": (2000, 2000, 0, 0), "other": (2600, 1400, 0, 0)}
    assert worst(measure(counts_table(groups))).established is None


@pytest.mark.parametrize("seed", range(12))
def test_the_interval_excludes_no_difference_exactly_at_holms_first_step(seed):
    found = measure(people(600, seed).table(), confidence=0.8, minimum_group=10)
    pairs = [d for d in found.disparities if d.selection == "worst_pair" and d.status == "ok"]
    assert pairs
    for pair in pairs:
        first_step = pair.range_p * pair.family.size < 0.2
        if pair.kind == "difference":
            assert (pair.interval.low > 0) == first_step
        else:
            assert (pair.interval.high < 1) == first_step
        two = pair.pairs == 1
        assert pair.test.startswith("homogeneity") != two
        assert not two or pair.p_value == pair.range_p


def test_reference_comparisons_are_against_the_largest_known_group():
    found = measure(counts_table(UNEVEN), minimum_group=2)
    against = [
        d
        for d in found.disparities
        if d.selection == "reference" and d.metric == "selection_rate" and d.kind == "difference"
    ]
    assert [d.a["group"] for d in against] == ["a", "b", "c"]
    assert {d.b["group"] for d in against} == {"d"}  # 150 rows; b has 135
    assert against[0].pairs == 1


def test_reference_comparisons_have_their_own_intervals_and_family():
    found = measure(counts_table(UNEVEN))
    one = pick(found, metric="accuracy", kind="difference", selection="reference", a={"group": "c"})
    assert one.family.name == "reference comparisons"
    assert one.family.size == 3 * 6
    assert (one.interval.method, one.interval.simultaneous) == ("newcombe", False)
    assert one.minimum_detectable == pytest.approx(
        float(
            minimum_detectable(40 + 120, 70 + 150, 70, 150, two_sided_z(0.05 / 18)),
        )
    )


def test_families_hold_what_could_be_compared():
    found = measure(people().table(), minimum_group=30)
    for name in ("headline", "other worst pairs", "reference comparisons"):
        members = [d for d in found.disparities if d.family.name == name and d.kind == "difference"]
        made = [d for d in members if d.status == "ok"]
        assert {d.family.size for d in members} == {len(made)}
        assert all((d.p_adjusted is None) == (d.status != "ok") for d in members)


def test_a_small_group_is_suppressed_and_left_out():
    groups = {"a": (20, 20, 20, 20), "b": (20, 10, 20, 20), "one": (0, 1, 0, 0)}
    found = measure(counts_table(groups))
    small = next(m for m in found.metrics if m.group == {"group": "one"})
    assert (small.status, small.n) == ("suppressed", 1)
    assert small.reason == "1 row, fewer than the minimum of 30"
    assert (small.value, small.numerator, small.denominator, small.interval) == (None,) * 4
    pair = worst(found)
    assert pair.left_out == ("group=one: 1 row, fewer than the minimum of 30",)
    assert pair.pairs == 1
    against = pick(
        found,
        metric="selection_rate",
        kind="ratio",
        selection="reference",
        a={"group": "one"},
    )
    assert against.status == "suppressed"
    assert against.reason == "group=one: 1 row, fewer than the minimum of 30"
    assert (against.value, against.interval, against.p_value, against.p_adjusted) == (None,) * 4


def test_the_unknown_group_is_measured_and_compared_with_none():
    groups = {"a": (20, 20, 20, 20), "b": (20, 10, 20, 20), "unknown": (0, 300, 0, 0)}
    found = measure(counts_table(groups))
    unknown = [m for m in found.metrics if m.group == {"group": "unknown"}]
    assert next(m.value for m in unknown if m.metric == "selection_rate") == 1.0
    for d in found.disparities:
        assert "unknown" not in {*d.a.values(), *d.b.values()}
    assert worst(found).left_out == ("group=unknown: category not known",)


def test_an_undefined_rate_takes_part_in_no_comparison():
    groups = {"a": (30, 30, 0, 0), "b": (20, 10, 20, 20), "c": (20, 10, 30, 10)}
    found = measure(counts_table(groups))
    pair = worst(found, "true_positive_rate")
    assert (pair.a, pair.b) == ({"group": "b"}, {"group": "c"})
    assert pair.left_out == ("group=a: group has no positive labels",)
    against = pick(
        found,
        metric="true_positive_rate",
        kind="difference",
        selection="reference",
        a={"group": "a"},
    )
    assert (against.status, against.reason) == (
        "undefined",
        "group=a: group has no positive labels",
    )


@pytest.mark.parametrize(
    ("groups", "status"),
    [
        ({"a": (20, 20, 20, 20)}, "undefined"),
        ({"a": (20, 20, 20, 20), "b": (1, 1, 1, 1)}, "suppressed"),
        ({"unknown": (20, 20, 20, 20)}, "undefined"),
    ],
)
def test_one_group_is_no_pair(groups, status):
    found = measure(counts_table(groups))
    pair = worst(found)
    assert (pair.status, pair.reason) == (status, "fewer than two groups can be compared")
    assert (pair.a, pair.b, pair.pairs) == ({}, {}, 0)
    assert pair.family.size == 0
    assert pair.a_metric in {m.id for m in found.metrics}


def test_a_ratio_over_a_rate_of_zero_is_undefined():
    groups = {"a": (50, 0, 0, 50), "b": (40, 0, 20, 20), "c": (40, 0, 0, 40)}
    found = measure(counts_table(groups))
    gap = worst(found, "false_positive_rate")
    ratio = worst(found, "false_positive_rate", "ratio")
    assert (gap.status, gap.value) == ("ok", 0.0)
    assert gap.interval.low == 0.0
    assert gap.minimum_detectable > 0
    assert (ratio.status, ratio.value, ratio.interval) == ("undefined", None, None)
    assert ratio.reason == "group=a: rate is 0, so it has no ratio to it"


def test_a_ratio_of_zero_is_a_value():
    groups = {"a": (50, 50, 0, 0), "b": (80, 0, 0, 0)}
    ratio = worst(measure(counts_table(groups)), kind="ratio")
    assert (ratio.value, ratio.interval.low) == (0.0, 0.0)
    assert 0 < ratio.interval.high < 0.2


def test_a_named_reference_and_its_intersections():
    crowd = people(2000)
    found = measure(crowd.table(), reference={"race": "C"})
    references = {d.attributes: d.b for d in found.disparities if d.selection == "reference"}
    assert references[("race",)] == {"race": "C"}
    assert references[("sex", "race")]["race"] == "C"
    sizes = {
        tuple(m.group.items()): m.n
        for m in found.metrics
        if m.metric == "selection_rate" and m.group
    }
    largest_sex = max(SEX, key=lambda sex: sizes[(("sex", sex),)])
    assert references[("sex",)] == {"sex": largest_sex}


@pytest.mark.parametrize("reference", [{"sex": "F", "race": "A"}, {"race": "A"}])
def test_a_reference_without_rows_is_a_suppressed_group(reference):
    """Nobody is both F and A, so the intersection has nothing to be compared with."""
    sex = np.array([0] * 50 + [1] * 50)
    race = np.array([1] * 50 + [0] * 25 + [1] * 25)
    table = CellTable.from_codes(
        [("sex", SEX, sex), ("race", ("A", "B"), race)],
        np.tile([0, 1], 50),
        np.tile([0, 1, 1, 0], 25),
    )
    found = measure(table, reference=reference, minimum_group=5)
    crossed = [
        d for d in found.disparities if d.selection == "reference" and len(d.attributes) == 2
    ]
    if "sex" in reference:
        assert {d.status for d in crossed} == {"suppressed"}
        assert {d.reason for d in crossed} == {"sex=F, race=A: 0 rows, fewer than the minimum of 5"}
    else:
        assert {tuple(d.b.values()) for d in crossed} == {("M", "A")}
        assert "ok" in {d.status for d in crossed}


def test_a_reference_known_only_beside_unknown_is_filled_in():
    """All of race A are of unknown sex: the reference is the larger sex of race A, with 0 rows."""
    sex = np.array([2] * 40 + [0] * 60 + [1] * 40)
    race = np.array([0] * 40 + [1] * 100)
    table = CellTable.from_codes(
        [("sex", (*SEX, "unknown"), sex), ("race", ("A", "B"), race)],
        np.tile([0, 1], 70),
        np.tile([0, 1], 70),
    )
    found = measure(table, reference={"race": "A"})
    crossed = [
        d for d in found.disparities if d.selection == "reference" and len(d.attributes) == 2
    ]
    assert {tuple(d.b.values()) for d in crossed} == {("F", "A")}
    assert {d.status for d in crossed} == {"suppressed"}


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ({"sexx": "F"}, "unknown sensitive attribute 'sexx' in reference; did you mean 'sex'"),
        ({"sex": "f"}, "unknown category 'f' in reference for 'sex'; did you mean 'F'"),
        ({"race": "unknown"}, "unknown category 'unknown' in reference for 'race'"),
        ("biggest", "expected reference 'largest' or a mapping.*came 'biggest'"),
    ],
)
def test_a_wrong_reference_is_refused(reference, message):
    with pytest.raises(MetricError, match=message):
        measure(people().table(), reference=reference)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"confidence": 95}, "confidence between 0 and 1, came 95"),
        ({"minimum_group": 0}, "minimum_group of 1 or more, came 0"),
        ({"names": ("accurcy",)}, "unknown metric 'accurcy'; did you mean 'accuracy'"),
    ],
)
def test_wrong_settings_are_refused(options, message):
    with pytest.raises(MetricError, match=message):
        measure(people().table(), **options)


def test_identifiers_are_unique_and_all_references_resolve():
    found = measure(people().table())
    metrics = [m.id for m in found.metrics]
    disparities = [d.id for d in found.disparities]
    assert len(set(metrics)) == len(metrics)
    assert len(set(disparities)) == len(disparities)
    assert {d.a_metric for d in found.disparities} | {d.b_metric for d in found.disparities} <= set(
        metrics
    )


def test_identifiers_do_not_depend_on_what_came_out():
    one, two = (measure(people(3000, seed).table()) for seed in (1, 2))
    assert [m.id for m in one.metrics] == [m.id for m in two.metrics]
    assert [d.id for d in one.disparities if d.selection == "worst_pair"] == [
        d.id for d in two.disparities if d.selection == "worst_pair"
    ]


@pytest.mark.parametrize("change", [{"threshold": 0.4}, {"model": "other"}, {"split": "train"}])
def test_identifiers_depend_on_threshold_model_and_split(change):
    one = measure(people().table(), threshold=0.5)
    two = measure(people().table(), **({"threshold": 0.5} | change))
    assert not {m.id for m in one.metrics} & {m.id for m in two.metrics}
    assert not {d.id for d in one.disparities} & {d.id for d in two.disparities}


def test_no_number_is_infinite_or_nan():
    groups = {"a": (50, 0, 0, 0), "b": (0, 0, 0, 40), "c": (1, 0, 0, 0), "unknown": (3, 0, 0, 0)}
    found = measure(counts_table(groups), minimum_group=2)

    def plain(item):
        return {key: vars(v) if hasattr(v, "__dict__") else v for key, v in vars(item).items()}

    entries = [*found.metrics, *found.disparities]
    json.dumps([plain(item) for item in entries], allow_nan=False)


def test_weighted_rows_use_their_effective_size():
    crowd = people(500)
    plain, weighted = measure(crowd.table()), measure(crowd.table(weighted=True))
    for one, two in zip(plain.metrics, weighted.metrics, strict=True):
        if one.status == "ok" and 0 < one.value < 1 and 0 < two.value < 1:
            assert two.effective_n < one.denominator
            assert two.interval.low < two.value < two.interval.high


def test_rows_that_all_weigh_nothing_are_undefined():
    table = CellTable.from_codes(
        [("g", ("a", "b"), np.repeat([0, 1], 40))],
        np.tile([0, 1], 40),
        np.tile([0, 1], 40),
        np.repeat([0.0, 1.0], 40),
    )
    found = measure(table)
    nothing = [m for m in found.metrics if m.group == {"g": "a"}]
    assert {(m.status, m.reason) for m in nothing} == {
        ("undefined", "all weights of the denominator are 0")
    }
