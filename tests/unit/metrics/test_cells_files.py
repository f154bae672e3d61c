"""Parquet and CSV files give the cells of the table they hold."""

import gzip
import sys

import pandas as pd
import pytest

from audit.data.table import read_file
from audit.errors import MetricError
from audit.metrics.table.backends import cells_from_file
from audit.metrics.table.binning import Scale
from audit.metrics.table.rows import count_rows
from engines import table
from same_cells import assert_same_cells

pytest.importorskip("duckdb", reason="DuckDB is not installed")

ODD = 'an "odd" na`me; --'
ROLES = {"label": "y", "prediction": "said"}
MISSING = ("", "NA", "?")


@pytest.fixture(scope="module")
def rows():
    frame = table(800)
    frame["float32"] = frame["float32"].astype(float)  # pandas writes fewer digits of float32
    return frame


def read(path, missing=MISSING):
    return read_file(path, name=path.name, missing=missing).frame


def counted(frame, sensitive, person=None, score=None):
    return count_rows(
        frame["y"],
        frame["said"],
        sensitive_features={name: frame[name] for name in sensitive},
        person=None if person is None else frame[person],
        y_score=None if score is None else frame[score],
    )


@pytest.mark.parametrize("name", ["rows.parquet", "rows.csv", "rows.csv.gz", "rows.tsv"])
def test_a_file_gives_the_cells_of_its_table(rows, tmp_path, name):
    path = tmp_path / name
    if name.endswith("parquet"):
        rows.to_parquet(path)
    else:
        rows.to_csv(path, index=False, sep="\t" if "tsv" in name else ",")
    sensitive = [ODD, "age", "old"]
    found = cells_from_file(
        path, **ROLES, sensitive=sensitive, person="id", score="float32", missing=MISSING
    )
    assert_same_cells(found, counted(read(path), sensitive, "id", "float32"))
    errors = cells_from_file(path, label="dollars", prediction="foretold", classes=None)
    expected = count_rows(rows["dollars"], rows["foretold"], classes=None)
    assert_same_cells(errors, expected, rtol=1e-11)


def test_logits_of_a_file(rows, tmp_path):
    rows.to_parquet(tmp_path / "rows.parquet")
    scale = Scale(kind="logit")
    found = cells_from_file(
        str(tmp_path / "*.parquet"), label="y", score="float32", threshold=0.25, scale=scale
    )
    expected = count_rows(rows["y"], y_score=rows["float32"], threshold=0.25, scale=scale)
    assert_same_cells(found, expected)


CSV = {
    "zeros before numbers": "y,said,g\n1,0,01\n0,1,1\n1,1,2\n",
    "zeros before texts": "y,said,g\n1,0,01\n0,1,1\n1,1,x\n",
    "whole and other numbers": "y,said,g\n1,0,1\n0,1,1.0\n1,1,2.5\n",
    "large numbers": "y,said,g\n1,0,9007199254740993\n0,1,12\n1,1,9\n",
    "truth": "y,said,g\nTrue,False,TRUE\nFalse,True,False\nTrue,True,true\n",
    "truth among texts": "y,said,g\n1,0,TRUE\n0,1,False\n1,1,x\n",
    "spaces": "y, said, g\n1, 0, a b\n0, 1, a\n1, 1, a\n",
    "quotes": 'y,said,g\n1,0,"a,""b"""\n0,1,"a\nb"\n1,1,a\n',
    "missing": "y,said,g\n1,0,NA\n0,1,?\n1,1,\n0,0,3\n",
    "semicolons": "y;said;g\n1;0;a,b\n0;1;c\n1;1;c\n",
    "byte order mark": "\ufeffy,said,g\n1,0,a\n0,1,b\n",
    "labels as floats": "y,said,g\n1.0,0.0,a\n0.0,1.0,b\n",
    "unknown by name": "y,said,g\n1,0,unknown\n0,1,\n",
    "dates": "y,said,g\n1,0,2020-01-02\n0,1,2019-12-31\n",
    "no rows but one": "y,said,g\n1,1,a\n",
    "windows": "y,said,g\r\n1,1,a\r\n0,1,b\r\n",
}


@pytest.mark.parametrize("case", CSV)
def test_a_csv_is_read_as_everywhere(tmp_path, case):
    path = tmp_path / "rows.csv"
    path.write_text(CSV[case], encoding="utf-8", newline="")
    found = cells_from_file(path, **ROLES, sensitive=["g"], missing=MISSING)
    assert_same_cells(found, counted(read(path), ["g"]))


@pytest.mark.parametrize("ids", [["1", "02", "3"], ["1", "2.0", "3"], ["1", "02", "x"]])
def test_persons_of_a_csv_are_those_of_its_table(tmp_path, ids):
    path = tmp_path / "rows.csv"
    path.write_text("y,said,p\n" + "".join(f"1,0,{item}\n" for item in ids))
    found = cells_from_file(path, **ROLES, person="p")
    assert_same_cells(found, counted(read(path), [], "p"))


def test_texts_of_parquet_that_mean_missing(tmp_path):
    path = tmp_path / "rows.parquet"
    pd.DataFrame({"y": [1, 0, 1], "said": [1, 1, 0], "g": ["?", "b", None]}).to_parquet(path)
    found = cells_from_file(path, **ROLES, sensitive=["g"], missing=MISSING)
    assert found.attributes[0].categories == ("b", "unknown")
    assert_same_cells(found, counted(read(path), ["g"]))


def test_several_files_are_one_table(rows, tmp_path):
    order = list(rows.columns)
    rows[:300].to_parquet(tmp_path / "a [1] 'x'.parquet")
    rows[300:][order[::-1]].to_parquet(tmp_path / "b?.parquet")
    whole = counted(rows, ["old", "age"])
    paths = [tmp_path / "a [1] 'x'.parquet", tmp_path / "b?.parquet"]
    for given in (paths, str(tmp_path / "*.parquet")):
        assert_same_cells(cells_from_file(given, **ROLES, sensitive=["old", "age"]), whole)
    one = cells_from_file(tmp_path / "b?.parquet", **ROLES)
    assert one.n.sum() == 500


def test_little_memory_is_enough(rows, tmp_path):
    rows.to_parquet(tmp_path / "rows.parquet")
    found = cells_from_file(tmp_path / "rows.parquet", **ROLES, score="float32", memory="60MB")
    assert found.n.sum() == 800


def write(path, text):
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("name", "text", "roles", "message"),
    [
        ("none.parquet", None, {}, "none.parquet: no such file"),
        ("rows.xlsx", "x", {}, r"ending in .*came rows.xlsx"),
        ("rows.parquet", "not a table", {}, "reading rows.parquet: the engine says"),
        ("rows.csv", "", {}, "unknown column 'y'|the engine says"),
        ("rows.csv", "y,said\n1,0\n", {"sensitive": ["g"]}, r"unknown column 'g' \(sensitive\)"),
        ("rows.csv", "y,said\n1,0\n2,1\n", {}, "column 'y' .label.: .*came 2 in 1 row"),
        ("rows.csv", "y,said\n1,0\n,1\n", {}, "column 'y' .label.: .*came nothing in 1 rows"),
        ("rows.csv", "y,said\n1,0\n1,0,3,4\n", {}, "the engine says"),
        ("rows.csv", "y,said,s\n1,0,0.5\n1,1,high\n", {"score": "s"}, "the engine says.*high"),
        ("rows.csv", "y,said,w\n1,0,1\n1,1,\n", {"weight": "w"}, "others in 1 rows"),
        ("rows.csv", "y,said,p\n1,0,a\n1,1,\n", {"person": "p"}, "came no id in 1 rows"),
        ("rows.csv", "y,said\n1,0\n", {"memory": "lots"}, "the engine says"),
        ("bad\0.csv", None, {}, "no such file|cannot be a file"),
    ],
)
def test_unsuitable_files_are_refused_in_one_line(tmp_path, name, text, roles, message):
    path = f"{tmp_path}/{name}"
    if text is not None:
        write(tmp_path / name, text)
    with pytest.raises(MetricError, match=message) as refused:
        cells_from_file(path, **ROLES, **roles)
    assert "\n" not in str(refused.value)


def test_files_of_two_kinds(tmp_path):
    paths = [write(tmp_path / "a.csv", "y\n1\n"), write(tmp_path / "b.parquet", "x")]
    with pytest.raises(MetricError, match=r"files of one kind.*came a.csv, b.parquet"):
        cells_from_file(paths, **ROLES)
    with pytest.raises(MetricError, match="came none"):
        cells_from_file([], **ROLES)


def test_a_cut_off_file(tmp_path):
    path = tmp_path / "rows.csv.gz"
    path.write_bytes(gzip.compress(b"y,said\n" + b"1,0\n" * 1000)[:-20])
    with pytest.raises(MetricError, match="reading rows.csv.gz"):
        cells_from_file(path, **ROLES)


def test_without_duckdb(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "duckdb", None)
    path = write(tmp_path / "rows.csv", "y,said\n1,0\n")
    with pytest.raises(MetricError, match=r'pip install "weight-audit\[duckdb\]"'):
        cells_from_file(path, **ROLES)
