import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from pydantic import TypeAdapter

from audit.metrics.measures.rates import RATES
from audit.metrics.subgroups.candidates import candidates
from audit.metrics.subgroups.columns import search_columns
from audit.metrics.subgroups.frames import SUBGROUP_COLUMNS, subgroups_frame
from audit.metrics.subgroups.lattice import Units
from audit.metrics.subgroups.options import SearchOptions
from audit.metrics.subgroups.results import SubgroupSearch
from audit.metrics.subgroups.worst import worst_subgroups
from oracles.subgroups import slow_subgroups


def crowd(n=300, seed=0, *, unknown=True):
    rng = np.random.default_rng(seed)
    missing = ["unknown"] if unknown else []
    return {
        "sex": rng.choice(["F", "M", *missing], n),
        "race": rng.choice(
            ["A", "B", "C", *missing], n, p=[0.5, 0.2, 0.2, 0.1] if missing else None
        ),
        "job": rng.choice(["x", "y", *missing], n),
        "outcome": rng.integers(0, 3, n).astype(np.int8),
        "weight": rng.uniform(0.2, 3, n),
        "half": rng.integers(0, 2, n).astype(np.int8),
    }


def rows_of(data):
    return [dict(zip(data, values, strict=True)) for values in zip(*data.values(), strict=True)]


def found_by_lattice(data, *, weighted, halved, **options):
    columns = search_columns({name: data[name] for name in ("sex", "race")})
    columns += search_columns({"job": data["job"]}, is_sensitive=False)
    units = Units.of_rows(
        columns,
        data["outcome"],
        data["half"] if halved else None,
        data["weight"] if weighted else None,
    )
    wanted = SearchOptions(metric=RATES["selection_rate"], **options)
    found = candidates(units, wanted, lambda done, total: None)
    own, rest = found.own.sum(axis=1), found.rest.sum(axis=1)
    return found, {
        frozenset(found.group(place).items()): (own[place, 0], own[place, 2], own[place, 1],
                                                rest[place, 2], rest[place, 1])
        for place in range(len(own))
    }  # fmt: skip


@pytest.mark.parametrize("weighted", [False, True], ids=["rows", "weights"])
@pytest.mark.parametrize("halved", [False, True], ids=["whole", "halves"])
@pytest.mark.parametrize("against", ["rest", "same_features"])
@pytest.mark.parametrize("depth", [1, 2, 3])
def test_candidates_are_those_of_nested_loops(weighted, halved, against, depth):
    data = crowd()
    found, values = found_by_lattice(
        data, weighted=weighted, halved=halved, against=against, depth=depth, minimum_group=12
    )
    rows = rows_of(data | ({} if weighted else {"weight": np.ones(300)}))
    expected, too_small = slow_subgroups(
        rows, ["sex", "race"], ["job"], depth=depth, minimum_group=12,
        same_features=against == "same_features",
    )  # fmt: skip
    assert values.keys() == expected.keys()
    for group, numbers in expected.items():
        assert values[group] == pytest.approx(numbers, abs=1e-9)
    assert sum(level.too_small for level in found.levels) == too_small
    assert sum(level.candidates for level in found.levels) == len(expected)


def test_wide_codes_count_as_narrow_ones(monkeypatch):
    """Codes that are sorted, not counted into an array, give the same."""
    data = crowd()
    options = {"weighted": True, "halved": True, "depth": 3, "minimum_group": 5}
    _, narrow = found_by_lattice(data, **options)
    monkeypatch.setattr("audit.metrics.subgroups.lattice.FEW", 1)
    monkeypatch.setattr("audit.metrics.subgroups.lattice.DENSE", 1)
    _, wide = found_by_lattice(data, **options)
    assert wide == narrow


@pytest.mark.parametrize("size", [1, 5, 29])
def test_a_subgroup_without_a_rest_is_undefined(size):
    answer = np.arange(60) % 2
    search = worst_subgroups(
        answer, answer, sensitive_features={"a": ["same"] * 60}, minimum_group=size
    )
    assert (search.candidates, search.undefined, search.found) == (1, 1, ())
    assert search.status == "undefined"
    assert search.reason == "no subgroup has enough rows and a rest to compare it with"


def planted(n=3000, seed=3, gap=0.3):
    rng = np.random.default_rng(seed)
    data = {
        "sex": rng.choice(["F", "M"], n),
        "race": rng.choice(["A", "B", "C"], n),
        "age": rng.normal(40, 12, n),
    }
    worse = (data["sex"] == "F") & (data["race"] == "B")
    label = rng.integers(0, 2, n)
    return data, label, (rng.random(n) < 0.5 - gap * worse).astype(int)


@pytest.mark.parametrize("method", ["split", "permutation"])
def test_a_planted_subgroup_is_found_on_top_and_confirmed(method):
    data, label, answer = planted()
    search = worst_subgroups(label, answer, sensitive_features=data, method=method)
    top = search.found[0]
    assert top.group == {"sex": "F", "race": "B"}
    assert top.confirmed
    assert top.difference == pytest.approx(top.value - top.rest_value)
    assert top.interval.low < -0.3 < top.interval.high < 0
    assert -0.4 < top.shrunken_difference < -0.2
    assert abs(top.shrunken_difference) < abs(top.difference)
    own = (data["sex"] == "F") & (data["race"] == "B")
    assert (top.n, top.value) == (own.sum(), pytest.approx(answer[own].mean()))
    assert top.rest_value == pytest.approx(answer[~own].mean())


@pytest.mark.parametrize("name", sorted(RATES))
@pytest.mark.parametrize("method", ["split", "permutation"])
def test_every_rate_can_be_searched_by(name, method):
    data, label, answer = planted(600)
    search = worst_subgroups(
        label, answer, sensitive_features=data, metric=name, method=method, permutations=19
    )
    rate = RATES[name]
    cells = list(zip(label.tolist(), answer.tolist(), strict=True))
    inside = np.array([cell in rate.denominator for cell in cells])
    hits = np.array([cell in rate.numerator for cell in cells])
    assert search.value == pytest.approx(hits.sum() / inside.sum())
    for item in search.found:
        if "age" not in item.group:
            own = np.all([data[key] == value for key, value in item.group.items()], axis=0)
            assert item.value == pytest.approx(hits[own].sum() / inside[own].sum())


def test_confirmation_uses_only_the_other_half():
    """Outcomes of the rows that select may change: what they confirmed stays."""
    rng = np.random.default_rng(0)
    group = rng.integers(0, 2, 400)
    answer = rng.integers(0, 2, 400)
    first = worst_subgroups(answer, answer, sensitive_features={"g": group}, seed=4)
    from audit.metrics.subgroups.confirming import SearchRows, halves

    half = halves(SearchRows(columns=(), outcome=np.zeros(400, dtype=np.int8)), 4)
    changed = np.where(half == 0, group, answer)
    second = worst_subgroups(changed, changed, sensitive_features={"g": group}, seed=4)
    one, two = ({str(f.group): f for f in s.found} for s in (first, second))
    shared = one.keys() & two.keys()
    assert shared
    for key in shared:
        assert one[key].interval == two[key].interval
        assert one[key].confirmed_difference == two[key].confirmed_difference
    assert second.found[0].score > 10 > first.found[0].score


def test_rows_of_one_person_stay_in_one_half():
    person = np.repeat(np.arange(50), 6)
    from audit.metrics.subgroups.confirming import SearchRows, halves

    rows = SearchRows(columns=(), outcome=np.zeros(300, dtype=np.int8), person=person)
    half = halves(rows, 1)
    assert all(len(set(half[person == p].tolist())) == 1 for p in range(50))
    assert (half == 0).sum() == 150


def test_repeated_rows_widen_the_interval():
    rng = np.random.default_rng(2)
    group, answer = rng.integers(0, 2, 200), rng.integers(0, 2, 200)
    repeated = {"y": np.repeat(answer, 5), "g": np.repeat(group, 5)}
    once = worst_subgroups(answer, answer, sensitive_features={"g": group})
    again = worst_subgroups(
        repeated["y"], repeated["y"], sensitive_features={"g": repeated["g"]},
        person=np.repeat(np.arange(200), 5),
    )  # fmt: skip
    blind = worst_subgroups(repeated["y"], repeated["y"], sensitive_features={"g": repeated["g"]})
    width = [s.found[0].interval.high - s.found[0].interval.low for s in (once, again, blind)]
    assert width[1] == pytest.approx(width[0], rel=0.1)
    assert width[2] < 0.6 * width[0]
    assert (again.persons, once.persons) == (200, None)


def test_one_person_cannot_confirm():
    answer = np.tile([0, 1], 60)
    search = worst_subgroups(
        answer, answer, sensitive_features={"g": ["a"] * 60 + ["b"] * 60},
        person=[0] * 30 + [1] * 30 + [2] * 30 + [3] * 30, metric="selection_rate", seed=1,
    )  # fmt: skip
    for item in search.found:
        assert item.status == "undefined"
        assert "fewer than two persons" in item.reason
        assert item.p_value is item.interval is item.confirmed_difference is None
        assert not item.confirmed


def test_equal_weights_change_nothing():
    data, label, answer = planted(800)
    plain = worst_subgroups(label, answer, sensitive_features=data)
    weighted = worst_subgroups(label, answer, sensitive_features=data, sample_weight=[2.0] * 800)
    for one, two in zip(plain.found, weighted.found, strict=True):
        assert one.group == two.group
        assert two.value == pytest.approx(one.value)
        assert two.p_value == pytest.approx(one.p_value)
        assert two.interval.low == pytest.approx(one.interval.low)


def test_a_subgroup_and_its_mirror_are_one():
    rng = np.random.default_rng(0)
    sex = rng.choice(["F", "M"], 1000)
    answer = (rng.random(1000) < 0.2 + 0.4 * (sex == "F")).astype(int)
    search = worst_subgroups(answer, answer, sensitive_features={"sex": sex, "copy": sex})
    assert len(search.found) == 1
    assert len(search.found[0].group) == 1
    assert search.found[0].overlapping == search.candidates - 1


@pytest.mark.parametrize(("direction", "sign"), [("lower", -1), ("higher", 1)])
@pytest.mark.parametrize("method", ["split", "permutation"])
def test_only_the_direction_sought_is_put_forward(direction, sign, method):
    data, label, answer = planted(1500)
    search = worst_subgroups(
        label, answer, sensitive_features=data, direction=direction, method=method, permutations=19
    )
    assert search.found
    for item in search.found:
        assert sign * item.shrunken_difference >= 0
        if method == "permutation":
            assert sign * item.difference > 0


def test_comparing_within_features_leaves_their_effect_out():
    rng = np.random.default_rng(0)
    sex, job = rng.choice(["F", "M"], 4000), rng.choice(["x", "y"], 4000)
    answer = (rng.random(4000) < np.where(job == "x", 0.8, 0.2)).astype(int)
    arguments = {"sensitive_features": {"sex": sex}, "features": {"job": job}}
    blunt = worst_subgroups(answer, answer, **arguments)
    within = worst_subgroups(answer, answer, **arguments, against="same_features")
    assert blunt.found[0].confirmed
    assert "job" in blunt.found[0].group
    assert not any(item.confirmed for item in within.found)
    assert all("sex" in item.group for item in (*blunt.found, *within.found))


def test_a_missing_category_joins_neither_side():
    sex = np.array(["F"] * 100 + ["M"] * 100 + [None] * 100, dtype=object)
    answer = np.array([1] * 100 + [0, 1] * 50 + [0] * 100)
    search = worst_subgroups(answer, answer, sensitive_features={"sex": sex})
    top = search.found[0]
    assert {top.group["sex"], top.n} in ({"F", 100}, {"M", 100})
    assert {top.value, top.rest_value} == {1.0, 0.5}
    assert search.columns[0].unknown_rows == 100


def test_the_same_seed_gives_the_same_search_and_identifiers_ignore_the_data():
    data, label, answer = planted(500)
    for method in ("split", "permutation"):
        one, two = (
            worst_subgroups(
                label, answer, sensitive_features=data, method=method, permutations=19, seed=5
            )
            for _ in range(2)
        )
        assert one == two
    other = worst_subgroups(answer, answer, sensitive_features=data, seed=1)
    again = worst_subgroups(label, answer, sensitive_features=data, seed=2)
    assert other.id == again.id
    assert other.id != one.id


def test_progress_rises_to_its_total_and_can_stop_the_search():
    data, label, answer = planted(500)
    for method in ("split", "permutation"):
        told = []
        worst_subgroups(
            label, answer, sensitive_features=data, method=method, permutations=19,
            progress=lambda done, total, told=told: told.append((done, total)),
        )  # fmt: skip
        assert told == sorted(told)
        assert len({total for _, total in told}) == 1
        assert told[-1][0] == told[-1][1]

    def stop(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        worst_subgroups(label, answer, sensitive_features=data, progress=stop)


def test_no_row_in_the_denominator_is_said():
    answer = np.tile([0, 1], 50)
    for method in ("split", "permutation"):
        search = worst_subgroups(
            np.zeros(100), answer, sensitive_features={"g": answer}, method=method,
            metric="true_positive_rate",
        )  # fmt: skip
        assert (search.status, search.reason) == ("undefined", "there are no positive labels")
        assert (search.value, search.found, search.p_maximum) == (None, (), None)
    search = worst_subgroups(
        answer, answer, sensitive_features={"g": answer}, sample_weight=np.zeros(100)
    )
    assert (search.status, search.found) == ("undefined", ())
    assert "weights" in search.reason


def test_equal_rates_everywhere_put_nothing_forward():
    for method in ("split", "permutation"):
        search = worst_subgroups(
            np.zeros(100), np.zeros(100), sensitive_features={"g": np.tile([0, 1], 50)},
            method=method,
        )  # fmt: skip
        assert search.found == ()
        assert search.reason == "no subgroup differs from its rest in the direction sought"


def test_too_many_categories_are_left_out_and_said():
    rng = np.random.default_rng(0)
    town = np.array([f"t{i}" for i in rng.integers(0, 300, 9000)])
    answer = rng.integers(0, 2, 9000)
    search = worst_subgroups(answer, answer, sensitive_features={"town": town}, minimum_group=20)
    (described,) = search.columns
    assert (len(described.categories), described.left_out) == (50, 250)
    assert described.reason.startswith("the 50 largest of 300 categories are searched; ")
    assert search.candidates == 50
    assert (search.found[0].rest_value, search.rows) == (
        pytest.approx(answer[town != search.found[0].group["town"]].mean()),
        9000,
    )


@pytest.mark.parametrize("method", ["split", "permutation"])
def test_the_frame_has_one_row_for_each_found_subgroup(method):
    data, label, answer = planted(500)
    search = worst_subgroups(label, answer, sensitive_features=data, method=method, permutations=19)
    frame = subgroups_frame(search)
    assert list(frame.columns) == list(SUBGROUP_COLUMNS)
    assert len(frame) == len(search.found)
    assert frame["low"].tolist() == [item.interval.low for item in search.found]
    assert frame["confirmed_difference"].isna().all() == (method == "permutation")
    empty = worst_subgroups([0] * 9, [0] * 9, sensitive_features=[0] * 9)
    assert subgroups_frame(empty).shape == (0, len(SUBGROUP_COLUMNS))


@pytest.mark.parametrize("method", ["split", "permutation"])
def test_a_search_is_evidence(method):
    data, label, answer = planted(500)
    search = worst_subgroups(label, answer, sensitive_features=data, method=method, permutations=19)
    adapter = TypeAdapter(SubgroupSearch)
    assert adapter.validate_python(adapter.dump_python(search, mode="json")) == search


@pytest.mark.parametrize("module", ["results", "coverage_results"])
def test_records_import_nothing_heavy(module):
    code = (
        f"import sys, audit.metrics.subgroups.{module}\n"
        "print(sorted({'numpy', 'pandas', 'scipy', 'torch'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_frames_of_any_library_are_searched():
    import polars as pl
    import pyarrow as pa

    data, label, answer = planted(400)
    plain = worst_subgroups(label, answer, sensitive_features=data)
    for frame in (pd.DataFrame(data), pl.DataFrame(data), pa.table(data)):
        assert worst_subgroups(label.tolist(), answer, sensitive_features=frame) == plain
