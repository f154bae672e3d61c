"""Scores, errors, several classes and buckets of people in a cell table."""

import numpy as np
import pytest

from audit.errors import MetricError
from audit.metrics.table import counting, histogram
from audit.metrics.table.binning import Scale, bucket, edge, edges
from audit.metrics.table.cells import BUCKET, CellTable
from audit.metrics.table.histogram import EVEN, RANKED, ScoreHistogram
from audit.metrics.table.moments import ErrorSums
from oracles.cells import slow_bucket, slow_errors, slow_histogram
from same_cells import assert_same_cells, assert_same_errors, assert_same_scores

SPECIAL = [0.0, 1.0, 0.5, np.nan, np.inf, -np.inf, -0.1, 1.5, 1e-300, 1e-8, 1 - 1e-16, 0.1, 0.9]


def rows(n=150, seed=0):
    rng = np.random.default_rng(seed)
    score = 1 / (1 + np.exp(-rng.normal(0, 6, n)))
    score[: len(SPECIAL)] = SPECIAL
    return {
        "group": rng.integers(0, 3, n).astype(np.int8),
        "label": rng.integers(0, 2, n).astype(np.int8),
        "prediction": rng.integers(0, 2, n),
        "score": score,
        "weight": rng.uniform(0.1, 3, n),
    }


def listed(columns):
    return [
        dict(zip(columns, values, strict=True))
        for values in zip(*(column.tolist() for column in columns.values()), strict=True)
    ]


def counted(columns, **more):
    attribute = ("group", ("a", "b", "c"), columns["group"])
    return CellTable.from_arrays(
        [attribute], columns["label"], columns["prediction"], weights=columns["weight"],
        score=columns["score"], **more,
    )  # fmt: skip


def regressed(columns, **more):
    attribute = ("group", ("a", "b", "c"), columns["group"])
    return CellTable.of_errors(
        [attribute], columns["target"], columns["prediction"], weights=columns["weight"], **more
    )


def regression(n=120, seed=0, mean=1e6):
    rng = np.random.default_rng(seed)
    target = rng.normal(mean, 1, n)
    prediction = np.where(rng.random(n) < 0.2, target, target + rng.normal(0, 2, n))
    return {
        "group": rng.integers(0, 3, n),
        "target": target,
        "prediction": prediction,
        "weight": rng.uniform(0.1, 3, n),
    }


def test_scores_are_those_of_a_loop_over_rows():
    columns = rows()
    found = counted(columns).scores
    expected = slow_histogram(listed(columns))
    keys = zip(*(getattr(found, name).tolist() for name in histogram.PLACES), strict=True)
    entries = dict(zip(keys, range(len(found.n)), strict=True))
    assert entries.keys() == expected.keys()
    for key, (n, w, w2, total, square, low, high) in expected.items():
        place = entries[key]
        sums = [getattr(found, name)[place] for name in histogram.SUMS]
        assert sums == pytest.approx([n, w, w2, total, square], rel=1e-12), key
        extremes = (found.low[place], found.high[place])
        if key[2] >= 0:
            assert extremes == (low, high)
        else:
            assert np.isnan(extremes).all()


def test_errors_are_those_of_a_loop_over_rows():
    columns = regression()
    table = regressed(columns)
    for group, sums in slow_errors(listed(columns)).items():
        for name in ("n", "over", "under", "w", "w2", "e", "e2", "e4", "size", "w_over"):
            assert getattr(table.errors, name)[group] == pytest.approx(sums[name], rel=1e-9), name
        w, y = table.errors.w[group], table.errors.y[group]
        assert table.errors.centre + y / w == pytest.approx(sums["mean"], rel=1e-12)
        spread = table.errors.y2[group] - y**2 / w
        assert spread == pytest.approx(sums["spread"], rel=1e-9)  # a million times its size off 0
    assert table.n.sum(axis=(1, 2)).tolist() == table.errors.n.tolist()


@pytest.mark.parametrize("classes", [("x", "y", "z"), tuple("abcdefg")], ids=["3", "7"])
def test_several_classes(classes):
    rng = np.random.default_rng(1)
    group, label, said = rng.integers(0, len(classes), (3, 200))
    table = CellTable.from_arrays(
        [("g", classes, group)], label, said, classes=classes, weights=np.full(200, 2.0)
    )
    for place, (code,) in enumerate(table.codes.tolist()):
        for a in range(len(classes)):
            for b in range(len(classes)):
                n = sum((group == code) & (label == a) & (said == b))
                assert table.n[place, a, b] == n
                assert table.w[place, a, b] == 2 * n
                assert table.w2[place, a, b] == 4 * n


@pytest.mark.parametrize("chunk", [7, 1 << 17])
@pytest.mark.parametrize("dense", [1, 1 << 21])
def test_chunks_and_ways_of_counting_change_nothing(monkeypatch, chunk, dense):
    scores, errors = counted(rows(), person=rows()["group"]), regressed(regression())
    monkeypatch.setattr(counting, "CHUNK", chunk)
    monkeypatch.setattr(counting, "DENSE", dense)
    monkeypatch.setattr(counting, "FEW", min(dense, 1 << 12))
    monkeypatch.setattr(histogram, "DENSE", dense)
    monkeypatch.setattr(histogram, "PENDING", 20)
    assert_same_cells(counted(rows(), person=rows()["group"]), scores)
    assert_same_cells(regressed(regression()), errors)


@pytest.mark.parametrize("maker", [counted, regressed], ids=["scores", "errors"])
def test_merging_parts_is_one_pass(maker):
    columns = rows() if maker is counted else regression()
    parts = [{name: column[part] for name, column in columns.items()}
             for part in (slice(0, 40), slice(40, 41), slice(41, None))]  # fmt: skip
    whole, (one, two, three) = maker(columns), map(maker, parts)
    assert_same_cells(one + two + three, whole)
    assert_same_cells(three + (two + one), whole)


@pytest.mark.parametrize("maker", [counted, regressed], ids=["scores", "errors"])
def test_rollup_is_the_table_without_the_attribute(maker):
    columns = rows() if maker is counted else regression()
    everyone = maker(columns).rollup([])
    alone = maker(columns | {"group": np.zeros(len(columns["group"]), int)}).rollup([])
    assert_same_cells(everyone, alone)
    assert everyone.n.shape[0] == 1


def test_errors_about_different_centres_add_exactly():
    near, far = regression(mean=5.0), regression(seed=1, mean=2e6)
    both = {name: np.concatenate([near[name], far[name]]) for name in near}
    merged = regressed(near) + regressed(far)
    assert merged.errors.centre != regressed(far).errors.centre
    assert_same_errors(merged.errors, regressed(both).errors, rtol=1e-10)


def test_dense_views_hold_every_entry():
    found = counted(rows()).scores
    for axis, width in (("ranked", RANKED), ("even", EVEN)):
        positives, negatives = found.dense(3, axis=axis, of="n")
        assert positives.shape == negatives.shape == (3, width)
        for group in range(3):
            for label, view in ((1, positives), (0, negatives)):
                entries = found.of(group, label)
                assert (entries.group == group).all()
                assert (entries.label == label).all()
                binned = entries.ranked >= 0
                expected = np.zeros(width)
                np.add.at(expected, getattr(entries, axis)[binned], entries.n[binned])
                np.testing.assert_array_equal(view[group], expected)
    blocks = list(found.blocks(3, size=2))
    np.testing.assert_array_equal(np.vstack([up for _, up, _ in blocks]), found.dense(3)[0])
    assert [part for part, _, _ in blocks] == [slice(0, 2), slice(2, 3)]


def test_edges_belong_to_the_bin_above():
    for scale in (Scale(), Scale(kind="logit"), Scale(kind="value", low=-3, high=5)):
        for axis, width in (("ranked", RANKED), ("even", EVEN)):
            limits = edges(scale, axis)[:: width // 16]
            assert len(limits) >= 16
            for limit in limits:
                above, below = bins_of([limit, np.nextafter(limit, -np.inf)], scale, axis)
                assert above - below in (0, 1)  # products of floats may round up to an edge
                if (scale.kind, axis) in {("probability", "ranked"), ("logit", "even")}:
                    assert above == below + 1


def bins_of(scores, scale, axis):
    table = [ScoreHistogram.from_arrays(
        scale, np.zeros(1, int), np.zeros(1, int), np.array([score])
    ) for score in scores]  # fmt: skip
    return [int(getattr(one, axis)[0]) for one in table]


def test_half_is_an_edge():
    assert edge(RANKED // 2, "ranked", Scale()) == 0.5
    assert bins_of([0.5, 0.49999999999999994], Scale(), "ranked") == [2048, 2047]
    assert edge(EVEN // 2, "even", Scale(kind="logit")) == 0


def test_bins_pair_up_in_one_order():
    score = np.sort(np.random.default_rng(0).random(20_000))
    found = ScoreHistogram.from_arrays(Scale(), *np.zeros((2, 20_000), int), score)
    assert (np.diff(found.ranked) >= 0).all()
    assert (np.diff(found.even) >= 0).all()
    assert (np.diff(found.ranked + found.even) > 0).all()
    assert (found.high[:-1] < found.low[1:]).all()


def test_logits_and_probabilities_lie_in_the_same_bins():
    logit = np.random.default_rng(0).normal(0, 5, 3000)
    group = label = np.zeros(3000, int)
    one = ScoreHistogram.from_arrays(Scale(kind="logit"), group, label, logit)
    two = ScoreHistogram.from_arrays(Scale(), group, label, 1 / (1 + np.exp(-logit)))
    np.testing.assert_array_equal(one.ranked, two.ranked)
    np.testing.assert_allclose(one.total, two.total, rtol=1e-12)
    np.testing.assert_array_equal((one.low.min(), one.high.max()), (logit.min(), logit.max()))


def test_ids_of_one_text_are_one_person():
    ids = [1, 2, 3, 1, 2**40]
    columns = {name: column[:5] for name, column in rows().items()}
    forms = [
        ids,
        [float(i) for i in ids],
        [str(i) for i in ids],
        np.array(ids),
        list(map(str, ids)),
    ]
    tables = [counted(columns, person=form, buckets=7) for form in forms]
    for table in tables:
        assert_same_cells(table, tables[0])
        assert table.attributes[-1].name == BUCKET
        assert table.buckets == 7
    found = tables[0].rollup([BUCKET])
    assert found.buckets == 7
    assert set(found.codes[:, 0].tolist()) == {slow_bucket(str(i), 7) for i in ids}
    assert tables[0].rollup(["group"]).buckets == 0


@pytest.mark.parametrize("text", ["", "7", "Ünïcode", "x" * 500, "\ud800"], ids=range(5))
def test_a_bucket_is_in_range_and_that_of_the_loop(text):
    assert 0 <= bucket(text) < 50
    if text != "\ud800":
        assert bucket(text, 13) == slow_bucket(text, 13)


def test_a_million_groups_hold():
    n = 1_000_000
    codes = np.arange(n)
    names = tuple(map(str, range(n)))
    table = CellTable.from_arrays(
        [("g", names, codes)], codes % 2, codes % 2, score=np.linspace(0, 1, n)
    )
    assert table.n.shape == (n, 2, 2)
    assert len(table.scores.n) == n
    first, last = table.scores.of(0), table.scores.of(n - 1)
    assert (first.low[0], last.high[0]) == (0, 1)
    _, positives, _ = next(table.scores.blocks(n, size=4))
    assert positives.sum() == 2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"score": [0.1]}, r"one length, came \[150, 150, 150, 1\]"),
        ({"score": ["a"] * 150}, "expected score of numbers, came"),
        ({"classes": ("a", "b", "c")}, "two classes where there are scores, came 3"),
        ({"person": [None] * 150}, "a person in each row, came none in row 0"),
        ({"person": [1.5] * 150}, "persons as texts or whole numbers, came 1.5"),
        ({"person": [1e300] * 150}, "persons as texts or whole numbers, came 1e[+]300"),
        ({"person": [[1, 2]] * 150}, "expected person as one column"),
        ({"person": [1] * 150, "buckets": 1}, "2 buckets or more, came 1"),
        ({"person": [1] * 150, "buckets": "x"}, "2 buckets or more, came 'x'"),
        ({"weights": [1e200] * 150}, "0 or more, came 1e[+]200 in row 0"),
    ],
)
def test_unsuitable_parts_are_refused(change, message):
    columns = rows()
    arguments = {"score": columns["score"], **change}
    with pytest.raises(MetricError, match=message):
        CellTable.from_arrays(
            [("g", ("a", "b", "c"), columns["group"])], columns["label"], columns["prediction"],
            **arguments,
        )  # fmt: skip


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e60])
@pytest.mark.parametrize("name", ["target", "prediction"])
def test_errors_need_finite_numbers(name, value):
    columns = regression()
    columns[name] = columns[name].copy()
    columns[name][3] = value
    with pytest.raises(MetricError, match=f"expected {name} of finite numbers .*in row 3"):
        regressed(columns)


def test_scales_that_are_none():
    for scale in ({"kind": "logits"}, {"low": 1.0, "high": 1.0}, {"low": np.nan}):
        with pytest.raises(MetricError):
            Scale(**scale)


def test_tables_of_different_parts_do_not_add():
    columns = rows()
    attribute = [("group", ("a", "b", "c"), columns["group"])]
    whole = counted(columns)
    plain = CellTable.from_arrays(attribute, columns["label"], columns["prediction"])
    with pytest.raises(MetricError, match="parts"):
        _ = whole + plain
    with pytest.raises(MetricError, match="classes"):
        _ = plain + CellTable.from_arrays(attribute, [0] * 150, [2] * 150, classes=("0", "1", "2"))
    with pytest.raises(MetricError, match="attributes"):
        _ = whole + counted(columns, person=columns["group"])
    with pytest.raises(MetricError, match="scores of one scale"):
        _ = whole + counted(columns, scale=Scale(kind="logit"))
    with pytest.raises(MetricError, match="buckets"):
        _ = counted(columns, person=columns["group"]) + counted(
            columns, person=columns["group"], buckets=9
        )


def test_update_adds_rows():
    columns = rows()
    half = {name: column[:75] for name, column in columns.items()}
    rest = {name: column[75:] for name, column in columns.items()}
    attribute = [("group", ("a", "b", "c"), rest["group"])]
    updated = counted(half).update(
        attribute, rest["label"], rest["prediction"], weights=rest["weight"], score=rest["score"]
    )
    assert_same_cells(updated, counted(columns))


def test_no_rows_are_a_table_of_no_groups():
    table = CellTable.from_arrays([("g", (), [])], [], [], score=[])
    assert table.n.shape == (0, 2, 2)
    assert len(table.scores.n) == 0
    assert_same_scores((table + table).scores, table.scores)
    assert CellTable.of_errors([], [], []).n.shape == (0, 1, 1)
    assert isinstance(ErrorSums.empty(2).centred(3.0), ErrorSums)
