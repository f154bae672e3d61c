"""Every file type and dataframe library gives the same table; broken files give one line."""

from __future__ import annotations

import gzip
from pathlib import Path

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.config.data import MISSING
from audit.data.fingerprint import PART, fingerprint
from audit.data.table import find_file, from_frame, read_file
from audit.errors import DataError
from tables import people, write_csv


def read(path, missing=MISSING):
    return read_file(path, name=path.name, missing=missing)


def test_csv_gzip_tsv_and_parquet_hold_the_same_content(tmp_path):
    frame = people()
    csv = write_csv(frame, tmp_path)
    packed = tmp_path / "people.csv.gz"
    packed.write_bytes(gzip.compress(csv.read_bytes()))
    tsv = tmp_path / "people.tsv"
    frame.to_csv(tsv, index=False, sep="\t")
    parquet = tmp_path / "people.parquet"
    frame.to_parquet(parquet)
    prints = {fingerprint(read(path).frame) for path in (csv, packed, tsv, parquet)}
    assert prints == {fingerprint(frame)}


def test_semicolons_are_recognised(tmp_path):
    path = tmp_path / "people.csv"
    people().to_csv(path, index=False, sep=";")
    assert list(read(path).frame) == list(people())


@pytest.mark.parametrize(
    "convert",
    [
        lambda frame: frame,
        pl.from_pandas,
        lambda frame: pl.from_pandas(frame).lazy(),
        pa.Table.from_pandas,
        lambda frame: frame.to_dict("list"),
    ],
    ids=["pandas", "polars", "polars lazy", "pyarrow", "dict"],
)
def test_every_dataframe_library_gives_the_same_content(convert):
    frame = people()
    assert fingerprint(from_frame(convert(frame)).frame) == fingerprint(frame)


def test_content_changes_the_fingerprint_and_row_order_matters():
    frame = people()
    other = frame.copy()
    other.loc[7, "city"] = "Bonn " + other.loc[7, "city"]
    prints = {fingerprint(item) for item in (frame, other, frame.iloc[::-1], frame[["sex"]])}
    assert len(prints) == 4


@given(
    texts=st.lists(st.one_of(st.none(), st.text(st.characters(exclude_categories=["Cs"])))),
    repeats=st.integers(1, 3),
)
def test_texts_of_which_most_differ_have_the_fingerprint_of_any_texts(texts, repeats):
    many = [f"text {place * 7919 % 1500}" for place in range(1500)]
    column = pd.Series((texts + many) * repeats, dtype="str")
    assert column.iloc[:PART].nunique() > PART // 2
    frame = pd.DataFrame({"essay": column})
    assert fingerprint(frame) == fingerprint(frame.astype(object))


def test_minus_zero_and_kinds_of_missing_do_not_change_the_fingerprint():
    one = pd.DataFrame({"x": [0.0, float("nan")], "y": ["a", None]})
    two = pd.DataFrame({"x": [-0.0, None], "y": ["a", pd.NA]})
    assert fingerprint(one) == fingerprint(two)


def test_texts_that_mean_missing_are_those_of_the_configuration(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("a,b\nNA,?\nx,y\n")
    assert read(path).frame["a"].isna().tolist() == [True, False]
    assert read(path, ("?",)).frame["a"].tolist() == ["NA", "x"]
    parquet = tmp_path / "t.parquet"
    pd.DataFrame({"b": ["?", "y"]}).to_parquet(parquet)
    assert read(parquet, ("?",)).frame["b"].isna().tolist() == [True, False]


def test_a_repeated_column_is_one_if_its_values_are_the_same(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("a,b,a\n1,2,1\n3,4,3\n")
    assert list(read(path).frame) == ["a", "b"]


def test_a_repeated_column_with_other_values_is_refused_when_it_is_used(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("a,b,a\n1,2,1\n3,4,5\n")
    found = read(path)
    assert found.column("b", "target").tolist() == [2, 4]
    with pytest.raises(DataError, match=r"'a' \(target\) occurs twice with different values"):
        found.column("a", "target")


@pytest.mark.parametrize(
    ("name", "content", "line"),
    [
        ("empty.csv", b"", "empty table"),
        ("header.csv", b"a,b\n", "empty table"),
        ("long.csv", b"a,b\n1,2,3\n4,5,6\n", "more values than the header"),
        ("ragged.csv", b"a,b\n1,2\n1,2,3,4\n", "cannot be read"),
        ("bytes.csv", b"a,b\n\xff\xfe\x00,1\n", "cannot be read"),
        ("not.csv.gz", b"plain text", "cannot be read"),
        ("cut.csv.gz", gzip.compress(b"a,b\n1,2\n" * 999, mtime=0)[:40], "cannot be read"),
        ("not.parquet", b"PAR1 or not", "cannot be read"),
        ("people.xlsx", b"PK", "expected one of .csv"),
    ],
)
def test_a_broken_file_is_told_in_one_line(tmp_path, name, content, line):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(DataError, match=line) as caught:
        read(path)
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_wrong_column_is_told_with_the_nearest_names():
    with pytest.raises(DataError, match="no column 'comute'.*did you mean 'commute'"):
        from_frame(people()).column("comute", "feature")


def test_a_file_is_found_beside_the_configuration_or_in_audit_data(tmp_path, monkeypatch):
    (tmp_path / "store").mkdir()
    write_csv(people(), tmp_path / "store")
    monkeypatch.delenv("AUDIT_DATA", raising=False)
    with pytest.raises(DataError, match="no such file relative to the configuration"):
        find_file(Path("people.csv"), tmp_path)
    monkeypatch.setenv("AUDIT_DATA", str(tmp_path / "store"))
    found = find_file(Path("people.csv"), tmp_path)
    assert found.is_file()


def test_what_is_no_dataframe_is_refused():
    with pytest.raises(DataError, match="expected a dataframe, came int"):
        from_frame(3)


def test_columns_of_the_same_name_in_a_frame_are_refused():
    frame = pd.DataFrame([[1, 2]], columns=["a", "a"])
    with pytest.raises(DataError, match="'a' 2 times"):
        from_frame(frame)
