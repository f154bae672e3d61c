"""Probabilities of groups in a table: read, checked row by row, and kept apart from features."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.config.probable import ProbableSensitive
from audit.data.loading import build_dataset, feature_names
from audit.data.probable import probable_attribute
from audit.data.similar import alike
from audit.errors import DataError
from tables import data_config, people, table

RULE = ProbableSensitive(name="race", probabilities={"white": "p_white", "black": "p_black"})


def read(white, black, rule=RULE, **more):
    return probable_attribute(
        table(pd.DataFrame({"p_white": white, "p_black": black, **more})), rule
    )


def test_each_row_has_its_probabilities():
    found = read([0.7, 0.2, None], [0.3, 0.8, None])
    assert found.categories == ("white", "black")
    assert found.columns == ("p_white", "p_black")
    assert found.known.tolist() == [True, True, False]
    assert found.probabilities[:2].tolist() == [[0.7, 0.3], [0.2, 0.8]]
    assert found.take(np.array([1])).probabilities.tolist() == [[0.2, 0.8]]


def test_sums_a_little_off_one_are_divided_out():
    found = read([0.333, 0.5], [0.66, 0.505])
    assert found.probabilities.sum(axis=1) == pytest.approx([1, 1])
    assert found.probabilities[0, 0] == pytest.approx(0.333 / 0.993)


def test_texts_of_numbers_are_numbers():
    assert read(["0.5", "1"], ["0.5", "0"]).probabilities[1].tolist() == [1, 0]


def test_rows_of_one_proxy_value_have_one_number():
    rule = RULE.model_copy(update={"proxy": ("name", "zip")})
    found = read([0.5] * 4, [0.5] * 4, rule, name=["x", "x", "y", None], zip=[1, 1, 1, 1])
    assert len(set(found.proxy.tolist())) == 3
    assert found.proxy[0] == found.proxy[1]
    assert found.take(np.array([2, 3])).proxy.tolist() == found.proxy[2:].tolist()


@pytest.mark.parametrize(
    ("white", "black", "message"),
    [
        ([0.5, 1.2], [0.5, 0.1], "'p_white' .probability, race., row 2: .* 0 to 1, came 1.2"),
        ([0.5, -0.1], [0.5, 1.1], "row 2: expected a number from 0 to 1, came -0.1"),
        ([60, 50], [40, 50], "row 1: .*came 60 .2 rows.; divide percentages by 100"),
        ([0.5, np.inf], [0.5, 0.5], "row 2: expected a number from 0 to 1, came inf"),
        ([0.5, 0.5], [0.5, 0.4], "row 2: expected probabilities that add up to 1, came 0.9"),
        ([0.5, 0.5], [0.5, None], "'p_black' .*, row 2: .*came none .1 rows.; write 0"),
        ([0.5, "a lot"], [0.5, 0.5], "row 2: expected a number, came 'a lot'"),
        ([None, None], [None, None], "'race' .sensitive.: expected probabilities, came only"),
    ],
    ids=range(8),
)
def test_what_is_no_probability_is_told_in_one_line(white, black, message):
    with pytest.raises(DataError, match=message) as caught:
        read(white, black)
    assert "\n" not in str(caught.value)


def test_a_column_that_is_not_there_is_named():
    with pytest.raises(DataError, match="no column 'p_black' .probability, race."):
        probable_attribute(table(pd.DataFrame({"p_white": [1.0]})), RULE)


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.lists(st.floats(0.001, 1), min_size=3, max_size=3), min_size=1, max_size=20).map(
        lambda rows: np.array(rows) / np.array(rows).sum(axis=1, keepdims=True)
    ),
    st.integers(2, 6),
)
def test_what_is_read_adds_up_to_one_and_lies_near_what_was_written(chances, digits):
    rule = ProbableSensitive(name="r", probabilities={"a": "a", "b": "b", "c": "c"})
    written = chances.round(digits)
    frame = pd.DataFrame(written, columns=["a", "b", "c"])
    if (np.abs(written.sum(axis=1) - 1) > 0.01).any():
        with pytest.raises(DataError, match="add up to 1"):
            probable_attribute(table(frame), rule)
        return
    found = probable_attribute(table(frame), rule).probabilities
    assert found.sum(axis=1) == pytest.approx(np.ones(len(chances)))
    assert found == pytest.approx(chances, abs=0.02)


def dataset(**changes):
    frame = people()
    p = (frame["age"] / 100).round(2)
    frame = frame.assign(p_old=p, p_young=1 - p, job=np.arange(len(frame)) % 7)
    frame.loc[5, ["p_old", "p_young"]] = np.nan
    frame.loc[7, "hired"] = np.nan
    config = data_config(
        sensitive=[
            "sex",
            {"name": "generation", "probabilities": {"old": "p_old", "young": "p_young"}},
        ],
        query="job",
        similar=["skill", "city"],
        **changes,
    )
    read = table(frame)
    return config, read, build_dataset(config, read, feature_names(config, read))


def test_a_dataset_holds_them_beside_the_groups_that_are_known():
    _, _, data = dataset()
    assert [item.name for item in data.sensitive] == ["sex"]
    assert [item.name for item in data.probable] == ["generation"]
    assert len(data.probable[0].probabilities) == len(data) == 399
    assert data.probable[0].known.sum() == 398
    assert data.query.tolist()[:3] == ["0", "1", "2"]
    assert list(data.similar.columns) == ["skill", "city"]
    roles = {column.name: column.roles for column in data.record.columns}
    assert roles["p_old"] == ("probability",)
    assert roles["job"] == ("query",)
    assert roles["skill"] == ("feature", "similar")
    assert "generation" not in data.record.unknown


def test_probabilities_and_lists_are_features_by_name_only():
    config, read, _ = dataset()
    assert feature_names(config, read) == ("skill", "commute", "city", "age")
    named = data_config(
        sensitive=config.model_dump(mode="json")["sensitive"],
        features={"include": ["skill", "p_old"]},
    )
    assert feature_names(named, read) == ("skill", "p_old")


def test_a_row_without_a_list_is_refused():
    config, read, _ = dataset()
    frame = read.frame.assign(job=read.frame["job"].where(read.frame.index != 3))
    with pytest.raises(DataError, match="'job' .query.: expected the list of each row.* row 4"):
        build_dataset(config, table(frame), ())


def test_one_deviation_and_another_category_are_a_distance_of_one():
    frame = pd.DataFrame({"age": [20.0, 40.0, 20.0], "city": ["x", "x", "y"], "same": [1, 1, 1]})
    features, words = alike(frame)
    spread = frame["age"].std(ddof=0)
    distance = np.linalg.norm(features[:, None] - features[None], axis=2)
    assert distance[0, 1] == pytest.approx(20 / spread)
    assert distance[0, 2] == pytest.approx(1)
    assert words.startswith("age (in standard deviations), city (as a category)")


def test_a_missing_category_is_one_of_its_own():
    features, _ = alike(pd.DataFrame({"city": ["x", None, None]}))
    assert np.linalg.norm(features[1] - features[2]) == 0
    assert np.linalg.norm(features[0] - features[1]) == pytest.approx(1)


@pytest.mark.parametrize(
    ("column", "message"),
    [
        ([1.0, None], "column 'x' .similar., row 2: expected a number, came a missing"),
        ([1.0, np.inf], "row 2: expected a number, came a missing or infinite"),
        ([str(i) + "z" for i in range(300)], "at most 200 categories, came 300"),
    ],
    ids=range(3),
)
def test_what_no_distance_can_be_taken_of_is_refused(column, message):
    with pytest.raises(DataError, match=message):
        alike(pd.DataFrame({"x": column}))
