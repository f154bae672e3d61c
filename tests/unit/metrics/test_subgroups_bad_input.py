import numpy as np
import pytest

from audit.errors import MetricError
from audit.metrics.measures.rates import RATES
from audit.metrics.subgroups.worst import worst_subgroups

Y = [1, 0, 1, 0]
SEX = ["F", "F", "M", "M"]
auc = object()


def searched(**changes):
    arguments = {"y_true": Y, "y_pred": Y, "sensitive_features": {"sex": SEX}} | changes
    return worst_subgroups(**arguments)


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"depth": 0}, "depth as a whole number of 1 or more, came 0"),
        ({"depth": 1.5}, "depth as a whole number of 1 or more, came 1.5"),
        ({"depth": True}, "depth as a whole number"),
        ({"depth": None}, "depth as a whole number"),
        ({"minimum_group": 0}, "minimum_group as a whole number of 1 or more, came 0"),
        ({"minimum_group": "30"}, "minimum_group as a whole number"),
        ({"top": 0}, "top as a whole number of 1 or more, came 0"),
        ({"bins": 1}, "bins as a whole number of 2 or more, came 1"),
        ({"seed": -1}, "seed as a whole number of 0 or more, came -1"),
        ({"seed": None}, "seed as a whole number of 0 or more, came None"),
        ({"permutations": 0}, "permutations as a whole number of 1 or more"),
        ({"confidence": 1}, "confidence between 0 and 1, came 1"),
        ({"confidence": float("nan")}, "confidence between 0 and 1, came nan"),
        ({"confidence": "high"}, "confidence between 0 and 1, came 'high'"),
        ({"method": "halves"}, "method as one of 'split', 'permutation', came 'halves'"),
        ({"method": None}, "method as one of 'split', 'permutation', came None"),
        ({"method": ["split"]}, "method as one of"),
        ({"method": "splt"}, "did you mean 'split'"),
        ({"against": "all"}, "against as one of 'rest', 'same_features', came 'all'"),
        ({"direction": "down"}, "direction as one of 'either', 'lower', 'higher', came 'down'"),
        ({"progress": 3}, "progress as a function"),
        ({"metric": "selection"}, "unknown metric 'selection'; did you mean 'selection_rate'"),
        ({"metric": None}, "one rate by name or as Rate, came None"),
        ({"metric": ["selection_rate"]}, "one rate by name or as Rate"),
        ({"metric": "no.such.module:rate"}, "cannot import"),
        ({"y_true": [1, 0, 2, 0]}, "y_true of 0 and 1, came 2 in row 2"),
        ({"y_pred": [1, None, 1, 0]}, "y_pred of 0 and 1, came a missing value in row 1"),
        ({"y_pred": [1, float("inf"), 1, 0]}, "y_pred of 0 and 1, came inf in row 1"),
        ({"y_pred": [1, 0]}, "one length, came rows: y_true 4, y_pred 2"),
        ({"y_true": [], "y_pred": [], "sensitive_features": {"s": []}}, "at least one row"),
        ({"sensitive_features": None}, "sensitive_features as columns"),
        ({"sensitive_features": {}}, "different names, came"),
        ({"sensitive_features": {"a": [{}, {}, {}, {}]}}, "unhashable"),
        ({"sensitive_features": {"sex": SEX[:3]}}, "column 'sex' 3"),
        ({"features": {}}, "features of different names"),
        ({"features": 3}, "features as columns"),
        ({"features": {"sex": SEX}}, "'sex' as sensitive feature and as feature"),
        ({"features": {"job": SEX[:1]}}, "column 'job' 1"),
        ({"sample_weight": [1, 1, 1, -1]}, "sample_weight of 0 or more, came -1.0 in row 3"),
        ({"sample_weight": [1, 1, 1, np.inf]}, "sample_weight of 0 or more, came inf in row 3"),
        ({"sample_weight": [1.0]}, "sample_weight 1"),
        ({"person": [1, 2]}, "person 2"),
        ({"person": [1, None, 2, 3]}, "person of every row, came a missing value in row 1"),
        ({"person": [1, 1, 2, 3], "method": "permutation"}, "say method='split'"),
        ({"sample_weight": [1] * 4, "method": "permutation"}, "say method='split'"),
        ({"permutations": 10, "method": "permutation"}, "say permutations=20 or more"),
    ],
)  # fmt: skip
def test_what_cannot_be_searched_is_one_line(changes, line):
    with pytest.raises(MetricError, match=line) as caught:
        searched(**changes)
    assert "\n" not in str(caught.value)


def test_a_search_that_would_not_end_is_refused_before_it_starts():
    many = np.random.default_rng(0).integers(0, 3, (50, 40))
    answer = many[:, 0] % 2
    with pytest.raises(MetricError, match=r"sets of columns.*lower the depth"):
        worst_subgroups(answer, answer, sensitive_features=many, depth=5)
    wide = np.arange(50)[:, None].astype(str).repeat(14, axis=1)
    with pytest.raises(MetricError, match="conjunctions each"):
        worst_subgroups(answer, answer, sensitive_features=wide, depth=14)


@pytest.mark.parametrize(
    "values",
    [
        [float("nan")] * 40,
        [None] * 40,
        [float("inf"), -float("inf")] * 20,
        [*np.linspace(0, 1, 38), float("inf"), float("nan")],
        [True, False] * 20,
        [f"naïve\n{i}" for i in range(40)],
        [10**400, *range(39)],
        [*range(30), *"abcdefghij"],
        [np.datetime64("2020-01-01") + i for i in range(40)],
    ],
    ids=["nan", "none", "inf", "edges", "bools", "texts", "huge", "mixed", "dates"],
)
@pytest.mark.parametrize("method", ["split", "permutation"])
def test_odd_columns_are_searched(values, method):
    answer = np.arange(40) % 2
    search = worst_subgroups(
        answer, answer, sensitive_features={"odd": values}, minimum_group=3, method=method,
        permutations=19,
    )  # fmt: skip
    assert search.rows == 40
    assert len(search.columns) == 1


def test_one_row_is_no_mistake():
    search = worst_subgroups([1], [1], sensitive_features=["a"], minimum_group=1)
    assert (search.status, search.rows, search.found) == ("undefined", 1, ())


def test_options_of_numpy_are_taken():
    search = searched(
        depth=np.int64(1), minimum_group=np.int32(1), confidence=np.float32(0.9), seed=np.int64(2),
        metric=RATES["accuracy"],
    )  # fmt: skip
    assert (search.metric, search.depth) == ("accuracy", 1)
