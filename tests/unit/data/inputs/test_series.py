"""Series from an array and from files are the same series, gaps included."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.data.inputs.batches import SeriesBatch
from audit.errors import DataError
from builders_inputs import build, every, index

COUNT, STEPS = 6, 5
NAMES = ("range", "bearing")
BAD = 4
FOLDER = {"kind": "series", "folder": "radar", "column": "file"}
ARRAY = {"kind": "series", "array": "radar.npy"}


def waves(count=COUNT):
    values = np.random.default_rng(2).normal(size=(count, STEPS, 2)).astype(np.float32)
    values[1, 2, 0] = values[3, 4, 1] = np.nan
    return values


def write_files(base, values, suffix):
    (base / "radar").mkdir()
    names = [f"{place}{suffix}" for place in range(len(values))]
    for name, one in zip(names, values, strict=True):
        if suffix == ".npy":
            np.save(base / "radar" / name, one)
        else:
            lines = [",".join("" if np.isnan(v) else repr(float(v)) for v in row) for row in one]
            (base / "radar" / name).write_text("\n".join([",".join(NAMES), *lines, ""]))
    return names


def taken(data):
    return data.inputs["radar"].take(every(data))


def test_an_array_gives_its_entries_and_its_gaps(tmp_path):
    np.save(tmp_path / "radar.npy", waves())
    data = build(index(COUNT), tmp_path, {"radar": ARRAY})
    batch = taken(data)
    assert isinstance(batch, SeriesBatch)
    assert batch.values.dtype == np.float32
    assert np.array_equal(batch.values, waves(), equal_nan=True)
    assert batch.channels == ("channel 1", "channel 2")
    assert len(batch) == COUNT
    record = data.record.inputs[0]
    assert record.shape == "5 steps, channels channel 1, channel 2"
    assert record.notes == ("gaps: channel 1 1 of 30 values, channel 2 1 of 30 values",)


@pytest.mark.parametrize("suffix", [".npy", ".csv"])
def test_files_give_the_same_series_and_hash_as_an_array(tmp_path, suffix):
    np.save(tmp_path / "radar.npy", waves())
    names = write_files(tmp_path, waves(), suffix)
    named = {"channels": NAMES} if suffix == ".npy" else {}
    files = build(index(COUNT, file=names), tmp_path, {"radar": FOLDER | named})
    array = build(index(COUNT), tmp_path, {"radar": ARRAY | {"channels": NAMES}})
    assert np.array_equal(taken(files).values, waves(), equal_nan=True)
    assert taken(files).channels == NAMES
    assert files.record.inputs[0].sha256 == array.record.inputs[0].sha256


def test_channels_of_a_csv_file_are_taken_by_name(tmp_path):
    names = write_files(tmp_path, waves(), ".csv")
    turned = {"radar": FOLDER | {"channels": ["bearing", "range"]}}
    found = taken(build(index(COUNT, file=names), tmp_path, turned)).values
    assert np.array_equal(found, waves()[..., ::-1], equal_nan=True)
    (tmp_path / "radar/0.csv").write_text(
        "bearing;range\n" + "\n".join(f"{b};{r}" for r, b in waves()[0].tolist())
    )
    found = taken(build(index(COUNT, file=names), tmp_path, turned)).values
    assert np.array_equal(found, waves()[..., ::-1], equal_nan=True)
    one = {"radar": FOLDER | {"channels": ["range"]}}
    found = taken(build(index(COUNT, file=names), tmp_path, one)).values
    assert np.array_equal(found, waves()[..., :1], equal_nan=True)


def test_words_for_a_missing_value_are_gaps(tmp_path):
    names = write_files(tmp_path, waves(), ".csv")
    (tmp_path / "radar/0.csv").write_text("range,bearing\n" + "NA,-\n" * STEPS)
    data = build(index(COUNT, file=names), tmp_path, {"radar": FOLDER}, missing=["NA", "-", ""])
    assert np.isnan(taken(data).values[0]).all()


@pytest.mark.parametrize("dtype", ["float16", "float64", "int16", ">f4", "bool"])
def test_numbers_of_every_type_become_float32(tmp_path, dtype):
    values = (np.arange(COUNT * STEPS) % 7).reshape(COUNT, STEPS).astype(dtype)
    np.save(tmp_path / "radar.npy", values)
    found = taken(build(index(COUNT), tmp_path, {"radar": ARRAY})).values
    assert found.dtype == np.float32
    assert np.array_equal(found[..., 0], values.astype(np.float32))


@given(order=st.permutations(range(COUNT)))
def test_permuted_positions_give_permuted_series(tmp_path_factory, order):
    base = tmp_path_factory.mktemp("positions")
    np.save(base / "radar.npy", waves())
    data = build(index(COUNT, at=list(order)), base, {"radar": ARRAY | {"column": "at"}})
    assert np.array_equal(taken(data).values, waves()[list(order)], equal_nan=True)


@pytest.mark.parametrize(
    ("suffix", "content", "line"),
    [
        (".npy", np.zeros((4, 2)), "expected 5 steps, came 4; bring all series to one length"),
        (".npy", np.zeros((STEPS, 3)), "expected 2 channels (channel 1, channel 2), came 3"),
        (".npy", np.zeros(STEPS), "expected 2 channels (channel 1, channel 2), came 1"),
        (".npy", np.zeros((STEPS, 2, 1)), "expected a series of shape (steps, channels), came"),
        (".npy", np.full((STEPS, 2), np.inf), "expected finite numbers, came inf"),
        (".npy", np.full((STEPS, 2), 1e300), "expected finite numbers, came 1e+300"),
        (".npy", np.array([["a"]]), "expected an array of numbers, came <U1"),
        (".npy", "no numpy file", "cannot be read"),
        (".npy", "", "cannot be read"),
        (".csv", "range,bearing\n1,2\n", "expected 5 steps, came 1"),
        (".csv", "range\n" + "1\n" * STEPS, "no channel 'bearing'; there are 'range'"),
        (".csv", "range,bearing,height\n" + "1,2,3\n" * STEPS, "came also 'height'; name those"),
        (".csv", "range,bearing\n1,2\n3\n", "step 2: expected 2 values, came 1"),
        (".csv", "range,bearing\n1,2\n1,far\n", "step 2: expected a number, came 'far'"),
        (".csv", "range,bearing\n" + "1,inf\n" * STEPS, "expected finite numbers, came inf"),
        (".csv", "range,bearing\n", "expected steps, came only names of channels"),
        (".csv", "", "expected different names of channels in line 1, came []"),
        (".csv", "range,range\n1,2\n", "expected different names of channels in line 1"),
        (".csv", b"range,bearing\n\xff\xfe,1\n", "cannot be read"),
        (".csv", "range,bearing\n1," + "9" * 200_000, "cannot be read"),
        (".txt", "range,bearing\n1,2\n", "expected a .npy or .csv file, came '.txt'"),
    ],
)
def test_a_file_that_is_not_as_the_others(tmp_path, suffix, content, line):
    names = write_files(tmp_path, waves(), ".npy" if suffix == ".npy" else ".csv")
    path = tmp_path / f"radar/bad{suffix}"
    if isinstance(content, np.ndarray):
        np.save(path, content)
    else:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    names[BAD] = path.name
    with pytest.raises(DataError) as caught:
        build(index(COUNT, file=names), tmp_path, {"radar": FOLDER})
    message = str(caught.value)
    assert message.startswith(f"data.inputs.radar: row 5, radar/bad{suffix}")
    assert line in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("values", "stated", "line"),
    [
        (waves(5), {}, "radar.npy: expected an entry for each of the 6 rows of the table, came 5"),
        (waves(7), {}, "radar.npy: expected an entry for each of the 6 rows of the table, came 7"),
        (waves(), {"steps": 9}, "radar.npy: expected 9 steps, came 5"),
        (waves(), {"channels": ["a"]}, "radar.npy: expected 1 channels (a), came 2"),
        (np.zeros(COUNT), {}, "expected series of shape (n, steps, channels), came (6,)"),
        (np.zeros((COUNT, 2, 2, 2)), {}, "expected series of shape (n, steps, channels)"),
        (waves() * [np.nan, 1], {}, "channel 'channel 1' holds no value in any row"),
        (np.where(np.arange(COUNT) == BAD, np.inf, 0)[:, None], {}, "row 5, radar.npy: expected"),
    ],
)
def test_an_array_that_is_not_as_stated(tmp_path, values, stated, line):
    np.save(tmp_path / "radar.npy", values)
    with pytest.raises(DataError) as caught:
        build(index(COUNT), tmp_path, {"radar": ARRAY | stated})
    assert str(caught.value).startswith("data.inputs.radar: ")
    assert line in str(caught.value)


def test_a_row_may_be_one_gap(tmp_path):
    values = waves()
    values[2] = np.nan
    np.save(tmp_path / "radar.npy", values)
    found = taken(build(index(COUNT), tmp_path, {"radar": ARRAY})).values
    assert np.isnan(found[2]).all()
