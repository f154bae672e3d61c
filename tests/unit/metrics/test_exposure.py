import numpy as np
import pytest
from sklearn.metrics import ndcg_score

from audit.errors import MetricError
from audit.metrics.measures.exposure import NDCG, Exposure, TopK, TopKShare
from audit.metrics.measures.row_metric import Rows
from oracles.families import slow_exposure, slow_in_top

Z = 1.959964


def rows(n=90, seed=0, **more):
    rng = np.random.default_rng(seed)
    return Rows(
        group=rng.integers(0, 3, n),
        groups=3,
        score=rng.integers(0, 20, n) / 4.0,
        y_true=rng.integers(0, 4, n),
        **more,
    )


def means(values, given, weights=None):
    weights = np.ones(len(values)) if weights is None else weights
    return [
        np.average(np.array(values)[given.group == g], weights=weights[given.group == g])
        for g in range(given.groups)
    ]


@pytest.mark.parametrize("weighted", [False, True])
def test_exposure_is_that_of_a_loop(weighted):
    weights = np.random.default_rng(1).uniform(0.1, 3, 90) if weighted else None
    given = rows(weights=weights)
    found = Exposure().measure_rows(given)
    assert found.values == pytest.approx(means(slow_exposure(given.score), given, weights))
    low, high = found.limits(Z)
    assert (low < found.values).all()
    assert (found.values < high).all()


@pytest.mark.parametrize("k", [1, 7, 30, 90, 200])
def test_the_top_is_that_of_a_loop(k):
    given = rows()
    held = slow_in_top(given.score, k)
    assert sum(held) == pytest.approx(min(k, 90))
    assert TopK(k=k).measure_rows(given).values == pytest.approx(means(held, given))
    shares = TopKShare(k=k).measure_rows(given)
    assert shares.values.sum() == pytest.approx(1)
    assert shares.limits is None
    assert shares.values == pytest.approx(
        [np.array(held)[given.group == g].sum() / min(k, 90) for g in range(3)]
    )


def test_lists_are_ranked_apart():
    query = np.arange(90) % 3
    given = rows(query=query)
    each = np.empty(90)
    for one in range(3):
        each[query == one] = slow_exposure(given.score[query == one])
    assert Exposure().measure_rows(given).values == pytest.approx(means(each, given))


def test_ndcg_agrees_with_scikit_learn():
    query = np.array(["x", "y", "z"])[np.arange(90) % 3]
    given = rows(query=query)
    found = NDCG().measure_rows(given)
    for g in range(3):
        theirs = [
            ndcg_score([given.y_true[mine]], [given.score[mine]])
            for mine in ((query == one) & (given.group == g) for one in "xyz")
        ]
        assert found.values[g] == pytest.approx(np.mean(theirs))
    assert found.size.tolist() == [3, 3, 3]
    assert (found.limits(Z)[0] < found.values).all()


def test_one_list_has_no_limits():
    found = NDCG().measure_rows(rows())
    assert found.limits is None
    assert found.method == "none: one list shows no spread between lists"


def test_groups_without_rows_or_relevance_say_so():
    given = Rows(
        group=np.array([0, 0, 1]), groups=3,
        score=np.array([1.0, 2.0, 3.0]), y_true=np.array([1, 0, 0]),
    )  # fmt: skip
    assert NDCG().measure_rows(given).reasons == (
        "", "group has no row of relevance above 0 in any list", "group has no rows"
    )  # fmt: skip
    for metric in (Exposure(), TopK(k=1)):
        found = metric.measure_rows(given)
        assert found.reasons == ("", "", "group has no rows")
        assert np.isnan(found.values[2])
    nobody = Rows(group=np.zeros(0, dtype=np.int64), groups=2, score=np.zeros(0))
    assert TopKShare(k=1).measure_rows(nobody).reasons == ("there are no rows",) * 2


def test_the_order_of_rows_changes_nothing():
    given, order = rows(), np.random.default_rng(2).permutation(90)
    moved = Rows(
        group=given.group[order], groups=3, score=given.score[order], y_true=given.y_true[order]
    )
    for metric in (Exposure(), TopK(k=9), TopKShare(k=9), NDCG()):
        assert metric.measure_rows(given).values == pytest.approx(metric.measure_rows(moved).values)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"score": None}, "exposure needs score, came none"),
        (
            {"score": np.array([1.0, np.nan])},
            "exposure: score of finite numbers, came nan in row 1",
        ),
        ({"score": np.array(["a", "b"])}, "exposure: score of numbers"),
        ({"score": np.ones(3)}, "expected score of 2 rows, as there are groups, came 3"),
        ({"group": np.array([0, 2])}, "expected groups from 0 to 1, came 0 to 2"),
        ({"weights": np.array([1.0, -1.0])}, "expected weights of 0 or more, came -1.0 in row 1"),
    ],
    ids=range(6),
)
def test_wrong_rows_are_refused(changes, message):
    values = {"group": np.array([0, 1]), "groups": 2, "score": np.array([1.0, 2.0]), **changes}
    with pytest.raises(MetricError, match=message):
        Exposure().measure_rows(Rows(**values))


@pytest.mark.parametrize("k", [0, -1, 2.5, True, "3"], ids=str)
def test_a_k_that_is_none_is_refused(k):
    with pytest.raises(MetricError, match="expected k as a whole number of 1 or more"):
        TopK(k=k)


def test_a_relevance_below_0_is_refused():
    given = Rows(group=np.array([0]), groups=1, score=np.ones(1), y_true=np.array([-1]))
    with pytest.raises(MetricError, match="relevance of 0 or more, came -1.0 in row 0"):
        NDCG().measure_rows(given)
