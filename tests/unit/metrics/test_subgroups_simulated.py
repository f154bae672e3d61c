"""What the search promises, checked by simulation with fixed seeds.

Null data: correlated attributes, uneven sizes, outcomes that no attribute changes. A false alarm is
a search that confirms any subgroup; `measured` stands beside each bound.
"""

import numpy as np
import pytest

from audit.metrics.measures.rates import RATES
from audit.metrics.subgroups.columns import search_columns
from audit.metrics.subgroups.confirming import SearchRows
from audit.metrics.subgroups.options import SearchOptions
from audit.metrics.subgroups.search import search

DRAWS = 2000
MOST = 0.05 + 2.33 * np.sqrt(0.0475 / DRAWS)


def people(rng, n):
    """Four attributes, three of them correlated; 3 x 4 x 2 x 5 groups, down to a few rows."""
    a = rng.choice(3, n, p=[0.6, 0.3, 0.1])
    b = (a + (rng.random(n) < 0.3) * rng.integers(0, 4, n)) % 4
    c = np.where(rng.random(n) < 0.7, a > 0, rng.random(n) < 0.5)
    d = rng.choice(5, n, p=[0.6, 0.2, 0.1, 0.06, 0.04])
    return {"a": a, "b": b, "c": c, "d": d}


def options(**changes):
    return SearchOptions(
        metric=RATES["selection_rate"], **({"minimum_group": 20, "permutations": 19} | changes)
    )


def alarms(rows, wanted, draws):
    found = 0
    for outcome in rows:
        found += any(item.confirmed for item in search(outcome, wanted).found)
    return found / draws


def independent(rng, columns, n):
    """Every other data set has rare outcomes."""
    for draw in range(DRAWS):
        outcome = 1 + (rng.random(n) < (0.3, 0.03)[draw % 2])
        yield SearchRows(columns=columns, outcome=outcome.astype(np.int8))


@pytest.mark.slow
@pytest.mark.parametrize("method", ["split", "permutation"])
def test_false_alarms_are_rare(method):
    """Measured: split .009; permutation .051, since its null is exact."""
    rng = np.random.default_rng(1)
    data = people(rng, 300)
    columns = search_columns({name: data[name] for name in "abc"})
    assert alarms(independent(rng, columns, 300), options(method=method), DRAWS) <= MOST


def repeated(rng, draws):
    """80 persons of 1 to many rows each, alike in most of them."""
    for _ in range(draws):
        times = rng.geometric(0.3, 80)
        person = np.repeat(np.arange(80), times)
        columns = search_columns({name: v[person] for name, v in people(rng, 80).items()})
        own = rng.random(80)[person] < 0.3
        answer = np.where(rng.random(len(person)) < 0.7, own, rng.random(len(person)) < 0.3)
        yield SearchRows(columns=columns, outcome=(1 + answer).astype(np.int8), person=person)


@pytest.mark.slow
def test_false_alarms_are_rare_where_persons_repeat():
    """Measured in 2,000 draws: .008; without `person` .45."""
    draws = 200
    found = alarms(repeated(np.random.default_rng(2), draws), options(), draws)
    assert found <= 0.05 + 2.33 * np.sqrt(0.0475 / draws)
    blind = (
        SearchRows(columns=rows.columns, outcome=rows.outcome)
        for rows in repeated(np.random.default_rng(2), 60)
    )
    assert alarms(blind, options(), 60) > 0.15


def test_false_alarms_are_rare_where_rows_are_weighted():
    rng, draws = np.random.default_rng(3), 300
    columns = search_columns(people(rng, 300))
    rows = (
        SearchRows(
            columns=columns,
            outcome=(1 + (rng.random(300) < 0.3)).astype(np.int8),
            weights=rng.lognormal(0, 1, 300),
        )
        for _ in range(draws)
    )
    assert alarms(rows, options(), draws) <= 0.05 + 2.33 * np.sqrt(0.0475 / draws)


def test_selecting_and_confirming_on_the_same_rows_would_be_wrong():
    """Why there are halves: of the same rows, most searches would confirm something."""
    rng = np.random.default_rng(4)
    columns = search_columns(people(rng, 300))
    found = [
        search(
            SearchRows(columns=columns, outcome=(1 + (rng.random(300) < 0.3)).astype(np.int8)),
            options(method="permutation", permutations=19),
        ).found[0]
        for _ in range(100)
    ]
    assert np.mean([item.p_value < 0.05 for item in found]) > 0.5


@pytest.mark.parametrize("method", ["split", "permutation"])
def test_a_planted_subgroup_is_on_top_in_most_searches(method):
    rng, on_top, confirmed, held = np.random.default_rng(5), 0, 0, 0
    shrunk, plain = [], []
    for _ in range(40):
        data = people(rng, 1500)
        worse = (data["a"] == 1) & (data["c"] == 1)
        outcome = 1 + (rng.random(1500) < 0.3 + 0.3 * worse)
        rows = SearchRows(columns=search_columns(data), outcome=outcome.astype(np.int8))
        top = search(rows, options(method=method)).found[0]
        if top.group == {"a": "1", "c": "True"}:
            on_top += 1
            confirmed += top.confirmed
            held += top.interval.low <= 0.3 <= top.interval.high
            shrunk.append(top.shrunken_difference)
            plain.append(top.difference)
    assert on_top >= 28
    assert confirmed == on_top
    assert held >= 0.85 * on_top
    assert 0.2 < np.mean(shrunk) < np.mean(plain)


def test_the_interval_of_the_confirmed_difference_covers_it():
    """Null data: the truth is 0; at least 93 % of intervals of whatever was chosen hold it."""
    rng, held = np.random.default_rng(6), []
    columns = search_columns(people(rng, 400))
    for _ in range(200):
        outcome = (1 + (rng.random(400) < 0.2)).astype(np.int8)
        found = search(SearchRows(columns=columns, outcome=outcome), options()).found
        held += [item.interval.low <= 0 <= item.interval.high for item in found]
    assert np.mean(held) > 0.93


def test_the_shrunken_difference_is_nearer_the_truth_than_the_plain_one():
    rng, shrunk, plain = np.random.default_rng(7), [], []
    columns = search_columns(people(rng, 400))
    for _ in range(100):
        outcome = (1 + (rng.random(400) < 0.3)).astype(np.int8)
        top = search(SearchRows(columns=columns, outcome=outcome), options()).found[0]
        shrunk.append(abs(top.shrunken_difference))
        plain.append(abs(top.difference))
    assert np.mean(shrunk) < 0.5 * np.mean(plain)
