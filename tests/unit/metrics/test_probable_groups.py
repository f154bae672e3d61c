import numpy as np
import pytest

from audit.errors import MetricError
from audit.metrics.measures.rates import RATES
from audit.metrics.probable_bounds import probable_bounds
from audit.metrics.probable_groups import ProbableGroups, likeliest, probable_cells

NAMES = ("a", "b", "c")


def groups(chances, names=NAMES):
    return ProbableGroups(name="race", categories=names, probabilities=chances)


def population(n=4000, seed=0, unseen=0.0):
    """Members of b are decided `unseen` apart from others with the same proxy."""
    rng = np.random.default_rng(seed)
    proxy = rng.integers(0, 5, n)
    chances = rng.dirichlet(np.ones(3), 5)[proxy]
    truth = (rng.random(n)[:, None] > chances.cumsum(axis=1)[:, :-1]).sum(axis=1)
    label = (rng.random(n) < 0.5).astype(int)
    prediction = (rng.random(n) < 0.2 + 0.1 * proxy + unseen * (truth == 1)).astype(int)
    return proxy, chances, truth, label, prediction


def rates(name, truth, label, prediction):
    rate = RATES[name]
    found = []
    for group in range(3):
        cells = list(zip(label[truth == group], prediction[truth == group], strict=True))
        inside = sum(cell in rate.numerator for cell in cells)
        found.append(inside / sum(cell in rate.denominator for cell in cells))
    return found


def test_certain_probabilities_are_groups():
    _, _, truth, label, prediction = population()
    table = probable_cells(groups(np.eye(3)[truth]), label, prediction)
    for name in ("selection_rate", "true_positive_rate", "precision"):
        found = RATES[name].measure(table)
        assert found.values == pytest.approx(rates(name, truth, label, prediction))
    assert table.n.sum() == 4000


def test_the_weighted_estimate_is_that_of_a_loop():
    _, chances, _, label, prediction = population(n=50)
    weights = np.random.default_rng(1).uniform(0.1, 3, 50)
    found = RATES["true_positive_rate"].measure(
        probable_cells(groups(chances), label, prediction, weights)
    )
    for group in range(3):
        inside = outside = squared = 0.0
        for row in range(50):
            if label[row] == 1:
                weight = chances[row, group] * weights[row]
                squared += weight**2
                inside, outside = inside + weight * prediction[row], outside + weight
        assert found.values[group] == pytest.approx(inside / outside)
        assert found.size[group] == pytest.approx(outside**2 / squared)


def test_the_weighted_estimate_is_right_where_nothing_is_unseen_and_biased_as_stated_where_it_is():
    for unseen in (0.0, 0.3):
        proxy, chances, truth, label, prediction = population(n=60_000, unseen=unseen)
        estimate = RATES["selection_rate"].measure(
            probable_cells(groups(chances), label, prediction)
        )
        bias = estimate.values - rates("selection_rate", truth, label, prediction)
        within = [
            np.mean([
                np.cov(truth[proxy == z] == g, prediction[proxy == z], bias=True)[0, 1]
                * (proxy == z).sum() for z in range(5)
            ]) * 5 / (truth == g).sum()
            for g in range(3)
        ]  # fmt: skip
        assert bias == pytest.approx(-np.array(within), abs=0.01)
        if unseen:
            assert bias[1] < -0.1


def test_the_likeliest_group_is_taken_where_it_is_likely_enough():
    chances = np.array([[0.6, 0.3, 0.1], [0.4, 0.3, 0.3], [0.0, 0.0, 1.0]])
    assert likeliest(groups(chances)).tolist() == [0, 3, 2]
    assert likeliest(groups(chances), least=0).tolist() == [0, 0, 2]
    with pytest.raises(MetricError, match="expected least as a probability, came 2"):
        likeliest(groups(chances), least=2)


@pytest.mark.parametrize("unseen", [0.0, 0.3])
@pytest.mark.parametrize("name", ["selection_rate", "true_positive_rate", "precision", "base_rate"])
def test_the_truth_lies_within_the_bounds(name, unseen):
    proxy, _, truth, label, prediction = population(seed=2, unseen=unseen)
    shares = np.array([[(truth[proxy == z] == g).mean() for g in range(3)] for z in range(5)])
    found = probable_bounds(RATES[name], groups(shares[proxy]), label, prediction, proxy=proxy)
    true = rates(name, truth, label, prediction)
    for value, bounds in zip(true, found.rates, strict=True):
        assert bounds.low - 1e-12 <= value <= bounds.high + 1e-12
        assert bounds.low <= bounds.value <= bounds.high
    for gap in found.gaps:
        one, two = (true[NAMES.index(item["race"])] for item in (gap.a, gap.b))
        assert gap.low - 1e-12 <= one - two <= gap.high + 1e-12


def best_by_linear_programme(rate, share, label, prediction, proxy):
    """Highest selection rate of a group by scipy's solver, one unknown a row."""
    from scipy.optimize import linprog

    rows = len(proxy)
    counted = np.array(
        [(y, p) in rate.numerator for y, p in zip(label, prediction, strict=True)], float
    )
    equal = np.array([[float(z == one) for z in proxy] for one in np.unique(proxy)])
    members = equal @ share
    solved = linprog(-counted, A_eq=equal, b_eq=members, bounds=[(0, 1)] * rows)
    return -solved.fun / share.sum()


def test_the_bounds_are_those_of_a_linear_programme():
    proxy, chances, _, label, prediction = population(n=60, seed=5)
    found = probable_bounds(
        RATES["selection_rate"], groups(chances), label, prediction, proxy=proxy
    )
    for place, bounds in enumerate(found.rates):
        best = best_by_linear_programme(
            RATES["selection_rate"], chances[:, place], label, prediction, proxy
        )
        assert bounds.high == pytest.approx(best)


def test_a_proxy_of_its_own_for_each_row_leaves_nothing_open():
    _, chances, _, label, prediction = population(n=40)
    found = probable_bounds(
        RATES["selection_rate"], groups(chances), label, prediction, proxy=np.arange(40)
    )
    for bounds in found.rates:
        assert bounds.low == pytest.approx(bounds.value)
        assert bounds.high == pytest.approx(bounds.value)


def test_a_group_nobody_can_be_in_has_no_rate():
    chances = np.array([[1.0, 0.0]] * 4)
    found = probable_bounds(
        RATES["selection_rate"], groups(chances, ("a", "b")), [0, 1, 0, 1], [0, 1, 1, 1]
    )
    assert (found.rates[1].value, found.rates[1].low, found.rates[1].high) == (None, None, None)
    assert found.gaps[0].low is None


@pytest.mark.parametrize(
    ("chances", "message"),
    [
        ([[0.5, 0.4]], "add up to 1, came .0.5, 0.4. in row 0"),
        ([[1.5, -0.5]], "of 0 or more"),
        ([[np.nan, 1.0]], "finite numbers, came nan in row 0"),
        ([[1.0]], "shape .rows, 2., came shape .1, 1."),
        ([1.0, 0.0], "shape .rows, 2., came shape .2,."),
        ([["x", "y"]], "probabilities of numbers"),
    ],
    ids=range(6),
)
def test_probabilities_that_are_none_are_refused(chances, message):
    with pytest.raises(MetricError, match=message):
        groups(chances, ("a", "b"))


@pytest.mark.parametrize(
    ("label", "prediction", "more", "message"),
    [
        ([0, 2], [0, 1], {}, "expected label of 0 and 1, came 2.0"),
        ([0], [0, 1], {}, "expected label of 2 rows, came shape .1,."),
        ([0, 1], [0, 1], {"weights": [1, -1]}, "expected 2 weights of 0 or more"),
        ([0, 1], [0, 1], {"proxy": [1]}, "expected proxy of shape .2,., came .1,."),
    ],
    ids=range(4),
)
def test_wrong_rows_are_refused(label, prediction, more, message):
    with pytest.raises(MetricError, match=message):
        probable_bounds(
            RATES["accuracy"], groups([[0.5, 0.5]] * 2, ("a", "b")), label, prediction, **more
        )
