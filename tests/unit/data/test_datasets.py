"""From a table to a Dataset, and what the record says about it."""

from __future__ import annotations

import numpy as np
import pytest

from audit.data.loading import build_dataset, feature_names, read_table
from audit.errors import DataError
from tables import data_config, people, table


def build(frame, other=None, **changes):
    config = data_config(**changes)
    found = table(frame)
    return build_dataset(config, found, feature_names(config, found), other)


def test_features_are_the_columns_that_play_no_other_part():
    config = data_config(sensitive=["sex", {"column": "age", "bins": [40]}])
    assert feature_names(config, table(people())) == ("skill", "commute", "city")
    config = data_config(features={"include": ["sex", "skill"]})
    assert feature_names(config, table(people())) == ("sex", "skill")
    config = data_config(features={"exclude": ["city", "age"]})
    assert feature_names(config, table(people())) == ("skill", "commute")


def test_the_target_is_no_feature_and_none_left_is_told():
    with pytest.raises(DataError, match="came the target 'hired'"):
        feature_names(data_config(features={"include": ["hired"]}), table(people()))
    with pytest.raises(DataError, match="no column is left"):
        feature_names(data_config(), table(people()[["sex", "hired"]]))
    with pytest.raises(DataError, match="no column 'skil' \\(features\\); did you mean 'skill'"):
        feature_names(data_config(features={"exclude": ["skil"]}), table(people()))


def test_rows_without_a_label_are_left_out_and_counted():
    frame = people().astype({"hired": object})
    frame.loc[[3, 8], "hired"] = None
    dataset = build(frame)
    assert len(dataset) == len(frame) - 2
    assert 3 not in dataset.row_ids
    assert [(c.reason, c.rows) for c in dataset.record.excluded] == [("no label", 2)]
    kept = dataset.inputs["table"].take(np.array([3]))
    assert kept.index.tolist() == [4]


def test_the_record_counts_groups_of_the_audited_rows():
    frame = people()
    frame.loc[:9, "sex"] = None
    dataset = build(frame, split={"test": 0.5})
    record = dataset.record
    tested = dataset.row_ids[dataset.splits["test"]]
    expected = frame["sex"].iloc[tested].isna().sum()
    assert record.unknown == {"sex": int(expected)}
    assert sum(group.n for group in record.groups[1:]) == record.groups[0].n == 200
    assert sum(g.positives for g in record.groups[1:]) == frame["hired"].iloc[tested].sum()
    assert record.groups[-1].unknown


def test_batches_cover_the_rows_in_order():
    dataset = build(people())
    rows = np.arange(0, 400, 3)
    seen = list(dataset.batches(rows, size=50))
    assert np.concatenate([part for part, _ in seen]).tolist() == rows.tolist()
    assert sum(len(inputs["table"]) for _, inputs in seen) == len(rows)


def test_roles_say_what_each_column_is_for():
    frame = people()
    frame["w"] = 1.0
    dataset = build(frame, sample_weight="w", features={"exclude": ["city"]})
    roles = {column.name: column.roles for column in dataset.record.columns}
    assert roles["w"] == ("weight",)
    assert roles["city"] == ("excluded",)
    assert roles["sex"] == ("sensitive",)
    assert roles["skill"] == ("feature",)


@pytest.mark.parametrize("bad", [-1.0, float("nan"), float("inf")])
def test_a_weight_that_is_none_is_told(bad):
    frame = people()
    frame["w"] = 1.0
    frame.loc[5, "w"] = bad
    with pytest.raises(DataError, match="expected weights of 0 or more, came .* in row 6"):
        build(frame, sample_weight="w")


def test_weights_of_nothing_are_told():
    with pytest.raises(DataError, match="came only 0"):
        build(people().assign(w=0), sample_weight="w")


def test_the_diabetes_patients_come_in_their_units(tmp_path):
    config = data_config(
        path=..., source="sklearn:diabetes", target={"column": "progression", "above": 140}
    )
    found = read_table(config, tmp_path)
    assert found.frame.shape == (442, 11)
    assert set(found.frame["sex"]) == {1.0, 2.0}
    assert build_dataset(config, found, ("bmi",)).record.target == "progression is above 140"
