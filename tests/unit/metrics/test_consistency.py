import numpy as np
import pytest

from audit.errors import MetricError
from audit.metrics.measures import consistency as module
from audit.metrics.measures.consistency import Consistency
from audit.metrics.measures.row_metric import Rows
from oracles.families import slow_consistency


def rows(n=80, seed=0, **changes):
    rng = np.random.default_rng(seed)
    values = {
        "group": rng.integers(0, 2, n),
        "groups": 3,
        "features": rng.normal(size=(n, 3)) * [1, 10, 0.1],
        "y_pred": rng.integers(0, 2, n),
        **changes,
    }
    return Rows(**values)


@pytest.mark.parametrize("itself", [True, False])
@pytest.mark.parametrize("neighbours", [1, 5])
def test_it_is_that_of_a_loop(itself, neighbours):
    given = rows()
    found = Consistency(neighbours=neighbours, itself=itself).measure_rows(given)
    slow = np.array(slow_consistency(given.features, given.y_pred, neighbours, itself))
    for g in range(2):
        assert found.values[g] == pytest.approx(slow[given.group == g].mean())
    assert found.reasons == ("", "", "group has no rows")


def test_everyone_is_aif360s_figure():
    given = rows(group=np.zeros(80, dtype=np.int64), groups=1)
    from sklearn.neighbors import NearestNeighbors

    # As aif360.sklearn.metrics.consistency_score computes it.
    near = NearestNeighbors(n_neighbors=5, algorithm="ball_tree").fit(given.features)
    indices = near.kneighbors(given.features, return_distance=False)
    theirs = 1 - abs(given.y_pred - given.y_pred[indices].mean(axis=1)).mean()
    assert Consistency().measure_rows(given).values[0] == pytest.approx(theirs)


def test_chunks_change_nothing(monkeypatch):
    given = rows()
    whole = Consistency(itself=False).measure_rows(given).values
    monkeypatch.setattr(module, "CHUNK", 7)
    chunked = Consistency(itself=False).measure_rows(given).values
    assert chunked[:2] == pytest.approx(whole[:2])


def test_equal_rows_are_never_their_own_neighbours():
    given = rows(n=20, features=np.ones((20, 2)), y_pred=np.ones(20), group=np.zeros(20, int))
    found = Consistency(itself=False).measure_rows(given)
    assert found.values[0] == pytest.approx(1)


def test_standardised_features_have_no_units():
    given = rows()
    scaled = rows(features=given.features * [1000, 1, 7])
    one, two = (Consistency(standardise=True).measure_rows(item).values for item in (given, scaled))
    assert one[:2] == pytest.approx(two[:2])
    assert "standardised" in Consistency(standardise=True).definition


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"features": None}, "consistency needs features, came none"),
        ({"y_pred": None}, "consistency needs y_pred, came none"),
        ({"features": np.ones(80)}, "features of shape .rows, features., came shape .80,"),
        ({"features": np.full((80, 1), np.inf)}, "finite numbers, came inf in row 0"),
        ({"features": np.full((80, 1), "x")}, "features of numbers"),
        ({"y_pred": np.full(80, 2.0)}, "predictions from 0 to 1, came 2.0 in row 0"),
    ],
    ids=range(6),
)
def test_wrong_rows_are_refused(changes, message):
    with pytest.raises(MetricError, match=message):
        Consistency().measure_rows(rows(**changes))


def test_too_few_rows_are_refused():
    with pytest.raises(MetricError, match="needs 5 rows or more for 5 neighbours, came 4"):
        Consistency().measure_rows(rows(n=4))


@pytest.mark.parametrize("neighbours", [0, 1.5, True], ids=str)
def test_neighbours_that_are_none_are_refused(neighbours):
    with pytest.raises(MetricError, match="expected neighbours as a whole number"):
        Consistency(neighbours=neighbours)
