"""Several named inputs: what each takes, what is a feature, what the record says."""

from __future__ import annotations

import numpy as np
import pytest

from audit.config import Input
from audit.data.loading import build_dataset, feature_names
from audit.errors import ConfigError, DataError
from builders_inputs import build, every, index, pixels, write_pictures
from tables import data_config, table

COUNT = 20
CAMERA = {"kind": "image", "folder": "pictures", "column": "file"}
RADAR = {"kind": "series", "array": "radar.npy", "column": "at"}
WORDS = {"kind": "text", "column": "essay"}
ALL = {"camera": CAMERA, "row": {"kind": "table"}, "radar": RADAR, "words": WORDS}


@pytest.fixture
def frame(tmp_path):
    np.save(tmp_path / "radar.npy", np.zeros((COUNT, 4, 2)))
    return index(
        COUNT,
        file=write_pictures(tmp_path / "pictures", pixels(COUNT)),
        at=np.arange(COUNT),
        essay=["a text"] * COUNT,
        w=1.0,
    )


def test_inputs_are_those_that_are_named_in_their_order(frame, tmp_path):
    data = build(frame, tmp_path, ALL)
    assert list(data.inputs) == ["camera", "row", "radar", "words"]
    assert {len(item) for item in data.inputs.values()} == {COUNT}
    assert data.inputs["row"].take(every(data)).columns.tolist() == ["skill", "w"]
    taken = {name: item.take(np.array([3])) for name, item in data.inputs.items()}
    assert all(len(batch) == 1 for batch in taken.values())


def test_without_inputs_there_is_one_table(frame, tmp_path):
    data = build(frame, tmp_path, {})
    assert list(data.inputs) == ["table"]
    assert data.inputs["table"].take(every(data)).columns.tolist() == [
        "skill", "file", "at", "essay", "w",
    ]  # fmt: skip
    assert data.record.inputs == ()


def test_no_table_input_means_no_features(frame, tmp_path):
    data = build(frame, tmp_path, {"camera": CAMERA})
    assert list(data.inputs) == ["camera"]
    roles = {column.name: column.roles for column in data.record.columns}
    assert roles["file"] == ("input",)
    assert roles["skill"] == ("unused",)


def test_columns_that_inputs_read_are_no_features(frame, tmp_path):
    data = build(frame, tmp_path, ALL, sample_weight="w")
    roles = {column.name: column.roles for column in data.record.columns}
    assert roles["file"] == roles["at"] == roles["essay"] == ("input",)
    assert roles["skill"] == ("feature",)
    config = data_config(inputs=ALL, features={"include": ["skill", "essay"]})
    with pytest.raises(DataError, match=r"features.include: 'essay' is read by data.inputs.words"):
        feature_names(config, table(frame))


def test_the_record_says_what_each_input_is(frame, tmp_path):
    camera, radar, words = build(frame, tmp_path, ALL).record.inputs
    assert (camera.name, camera.kind, camera.source) == ("camera", "image", "pictures, column file")
    assert camera.shape == "8 × 8 pixels (height × width), rgb, 0 to 255"
    assert (radar.kind, radar.source) == ("series", "radar.npy, column at")
    assert radar.shape == "4 steps, channels channel 1, channel 2"
    assert (words.kind, words.source, words.shape) == ("text", "column essay", "a text")
    assert len({item.sha256 for item in (camera, radar, words)}) == 3


def test_paths_are_looked_up_in_the_folder_of_data_too(frame, tmp_path, monkeypatch):
    monkeypatch.setenv("AUDIT_DATA", str(tmp_path))
    data = build(frame, tmp_path / "elsewhere", ALL)
    assert data.record == build(frame, tmp_path, ALL).record


def test_where_files_lie_on_the_machine_is_not_recorded(frame, tmp_path):
    inputs = {"camera": CAMERA | {"folder": str(tmp_path / "pictures")}}
    assert build(frame, tmp_path, inputs).record.inputs[0].source == "pictures, column file"


def test_predictions_alone_need_no_inputs(frame):
    config = data_config(inputs=ALL)
    data = build_dataset(config, table(frame), (), {"skill": "score"})
    assert data.inputs == {}


def test_progress_covers_the_rows_of_every_input(frame, tmp_path):
    seen = []
    config = data_config(inputs=ALL)
    build_dataset(
        config,
        table(frame),
        feature_names(config, table(frame)),
        base=tmp_path,
        report=lambda done, steps, note="": seen.append((done, steps)),
    )
    assert seen == [(20, 60), (40, 60), (60, 60)]


@pytest.mark.parametrize(
    ("places", "line"),
    [
        ({4: -1}, "row 5: expected a position in radar.npy from 0 to 19, came -1 (1 rows)"),
        ({4: 20}, "row 5: expected a position in radar.npy from 0 to 19, came 20"),
        ({4: 1.5}, "row 5: expected a position in radar.npy from 0 to 19, came 1.5"),
        ({4: None}, "row 5: expected a position in radar.npy from 0 to 19, came none"),
        ({4: np.inf}, "row 5: expected a position in radar.npy from 0 to 19, came inf"),
        ({4: "four"}, "row 5: expected a number, came 'four'"),
        ({4: 10**30}, "row 5: expected a position in radar.npy from 0 to 19, came 1"),
    ],
)
def test_a_position_that_is_none_is_told(frame, tmp_path, places, line):
    frame = frame.astype({"at": object})
    for row, value in places.items():
        frame.loc[row, "at"] = value
    with pytest.raises(DataError) as caught:
        build(frame, tmp_path, {"radar": RADAR})
    assert str(caught.value).startswith("data.inputs.radar: column 'at'")
    assert line in str(caught.value)


@pytest.mark.parametrize(
    ("array", "stated", "line"),
    [
        (((19, 8, 8), "u1"), {}, "expected an entry for each of the 20 rows of the table, came 19"),
        (((20, 8, 8, 4), "u1"), {}, "or (n, height, width, 1 or 3), came (20, 8, 8, 4)"),
        (((20, 3, 8, 8), "u1"), {}, "channels come last: array.transpose(0, 2, 3, 1)"),
        (((20, 8), "u1"), {}, "expected images of shape (n, height, width)"),
        (((20, 8, 8), "i8"), {}, "expected pixels as uint8 (0 to 255) or decimal numbers, came"),
        (((20, 8, 8), "u1"), {"size": [8, 9]}, "expected images of 8 × 9 pixels"),
        (((20, 8, 8), "u1"), {"mode": "rgb"}, "expected images in rgb, came grey"),
    ],
)
def test_an_array_of_images_that_does_not_fit(frame, tmp_path, array, stated, line):
    np.save(tmp_path / "faces.npy", np.zeros(*array))
    with pytest.raises(DataError) as caught:
        build(frame, tmp_path, {"camera": {"kind": "image", "array": "faces.npy", **stated}})
    assert str(caught.value).startswith("data.inputs.camera: faces.npy: ")
    assert line in str(caught.value)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_pixels_must_be_finite(frame, tmp_path, bad):
    images = np.zeros((COUNT, 8, 8), np.float32)
    images[4, 1, 1] = bad
    np.save(tmp_path / "faces.npy", images)
    with pytest.raises(DataError, match="row 5, faces.npy: expected finite numbers, came"):
        build(frame, tmp_path, {"camera": {"kind": "image", "array": "faces.npy"}})


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ({"kind": "text"}, "expected column"),
        ({"kind": "image"}, "expected exactly one of folder, array and sheet"),
        ({"kind": "series"}, "expected exactly one of folder and array"),
        ({"kind": "image", "folder": "a", "array": "b"}, "exactly one of folder, array and sheet"),
        ({"kind": "image", "folder": "a"}, "expected column: the column of file names"),
        ({"kind": "image", "sheet": "a"}, "expected size: the height and width of the tiles"),
        ({"kind": "series", "sheet": "a"}, "sheet goes with kind image, not series"),
        ({"kind": "table", "column": "a"}, "column goes with kind image and series and text, not"),
        ({"kind": "text", "column": "a", "array": "b"}, "array goes with kind image and series"),
        ({"kind": "image", "array": "a", "length": 9}, "length goes with kind text, not image"),
        ({"kind": "image", "folder": "a", "column": "b", "key": "k"}, "key goes with array"),
        ({"kind": "series", "array": "a", "channels": ["x", "x"]}, "each channel once"),
    ],
)
def test_an_input_that_says_something_impossible(values, line):
    with pytest.raises(ValueError, match="validation error") as caught:
        Input.model_validate(values)
    assert line in str(caught.value)


@pytest.mark.parametrize("values", [CAMERA, RADAR, WORDS, {"kind": "table"}])
def test_an_input_that_is_written_out_is_read_again(values):
    asked = Input.model_validate(values)
    assert Input.model_validate(asked.model_dump(mode="json")) == asked


def test_a_mistake_in_an_input_is_told_with_its_place():
    from audit.config import config_from

    values = {
        "name": "x",
        "data": {
            "path": "a.csv",
            "target": "y",
            "sensitive": ["sex"],
            "inputs": {"camera": {"kind": "image", "foldr": "a"}},
        },
        "predictions": {"score": "s"},
    }
    with pytest.raises(ConfigError, match="unknown key 'foldr' in data.inputs.camera"):
        config_from(values)
