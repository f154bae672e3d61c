"""Keras files that lie about sizes, point elsewhere or want code run: one clear line."""

import base64
import json
import marshal
import os
import pickle
import resource
import time
import zipfile

import h5py
import numpy as np
import pytest
import torch

from audit.errors import ModelError
from builders_keras import (
    NUMPY,
    dense,
    keras,
    kernels,
    load,
    saved,
    sequential,
    stack,
    written_h5,
)  # fmt: skip

torch.set_num_threads(1)
pytestmark = NUMPY
L = keras.layers
HUGE = 2**60


def refused(path, *words, **settings):
    """Load a file, which must be refused in one line, soon and without taking memory."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.monotonic()
    with pytest.raises(ModelError) as caught:
        load(path, **{"output": "logit", **settings})
    said = str(caught.value)
    for word in words:
        assert word in said
    assert "\n" not in said
    assert time.monotonic() - start < 20
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 500_000  # kilobytes


def plain(folder, *more, **first):
    config = stack(dense("d1", **{"units": 1, "batch_input_shape": [None, 3], **first}), *more)
    return written_h5(folder / "network.h5", config, kernels(3, 1))


def with_config(folder, config):
    return written_h5(folder / "network.h5", config, kernels(3, 1))


def archive(folder, members=None, config=None, weights=None):
    """A .keras archive, some of its members changed."""
    path = saved(sequential(L.Dense(1, name="d1")), folder, "keras")
    with zipfile.ZipFile(path) as old:
        content = {name: old.read(name) for name in old.namelist()}
    if config is not None:
        content["config.json"] = config if isinstance(config, bytes) else json.dumps(config)
    if weights is not None:
        held = folder / "held.h5"
        held.write_bytes(content["model.weights.h5"])
        with h5py.File(held, "a") as file:
            weights(file["layers/dense/vars"])
        content["model.weights.h5"] = held.read_bytes()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name, value in (content | (members or {})).items():
            if value is not None:
                new.writestr(name, value)
    return path


def replaced(make):
    """Put something else where the kernel is."""

    def change(group):
        del group["0"]
        make(group)

    return change


def external_link(group):
    group["0"] = h5py.ExternalLink("/tmp/secret.h5", "/secret")


def soft_loop(group):
    group["0"] = h5py.SoftLink(f"{group.name}/0")


def virtual(group):
    layout = h5py.VirtualLayout(shape=(3, 1), dtype="f4")
    layout[:] = h5py.VirtualSource("/tmp/secret.h5", "secret", shape=(3, 1))
    group.create_virtual_dataset("0", layout)


def external_data(group):
    group.create_dataset("0", shape=(3, 1), dtype="f4", external=[("/etc/passwd", 0, 12)])


def references(group):
    made = group.create_dataset("0", shape=(3, 1), dtype=h5py.ref_dtype)
    made[0, 0] = group.ref


def texts(group):
    group.create_dataset("0", data=np.array([["a"], ["b"], ["c"]], dtype=h5py.string_dtype()))


def compound(group):
    group.create_dataset("0", data=np.zeros((3, 1), dtype=[("a", "f4"), ("b", "f4", (1000,))]))


def whole_numbers(group):
    group.create_dataset("0", data=np.zeros((3, 1), dtype="i4"))


def other_shape(group):
    group.create_dataset("0", data=np.zeros((1, 3), dtype="f4"))


def not_finite(group):
    group.create_dataset("0", data=np.full((3, 1), np.nan, dtype="f4"))


def huge(group):
    group.create_dataset("0", shape=(HUGE,), chunks=(1024,), dtype="f4", compression="gzip")


def nothing(group):
    group.create_dataset("0", data=h5py.Empty("f4"))


def group_instead(group):
    group.create_group("0")


LINKS = {
    external_link: "is a link to another file, which is not followed",
    soft_loop: "is a link to another name, which is not followed",
    virtual: "stand in another file, which is not read",
    external_data: "stand in another file, which is not read",
    references: "expected numbers",
    texts: "expected numbers",
    compound: "expected numbers",
    whole_numbers: "expected fractions",
    other_shape: "the layer expects (3, 1)",
    not_finite: "NaN or infinity",
    huge: "the layer expects (3, 1)",
    nothing: "expected numbers",
    group_instead: "has no array",
}


@pytest.mark.parametrize("make", LINKS, ids=lambda make: make.__name__)
def test_arrays_that_are_no_plain_numbers_are_refused(tmp_path, make):
    refused(archive(tmp_path, weights=replaced(make)), LINKS[make])


@pytest.mark.parametrize("make", LINKS, ids=lambda make: make.__name__)
def test_arrays_of_old_files_are_looked_at_too(tmp_path, make):
    path = plain(tmp_path)
    with h5py.File(path, "a") as file:
        group = file["model_weights/d1/d1"]
        del group["kernel:0"]
        make(group)
        if "0" in group or group.get("0", getlink=True) is not None:
            group.move("0", "kernel:0")
    refused(path)


@pytest.mark.parametrize("name", ["layers", "model_weights"])
def test_a_group_behind_a_link_is_not_entered(tmp_path, name):
    if name == "model_weights":
        path = plain(tmp_path)
        with h5py.File(path, "a") as file:
            del file[name]
            file[name] = h5py.ExternalLink("/tmp/secret.h5", "/")
    else:
        path = archive(tmp_path, weights=lambda group: linked(group.file))
    refused(path, "is a link to another file")


def linked(file):
    del file["layers"]
    file["layers"] = h5py.ExternalLink("/tmp/secret.h5", "/")


def test_a_group_that_holds_itself_ends(tmp_path):
    def around(group):
        group["0"] = group

    refused(archive(tmp_path, weights=replaced(around)), "has no array")


@pytest.mark.parametrize("units", [HUGE, 2**31, -1, 0, "many", None, 1.5, [1], True])
def test_units_that_are_not_those_of_the_weights_take_no_memory(tmp_path, units):
    refused(plain(tmp_path, units=units), "'d1'")


def test_a_huge_array_of_the_stated_shape_takes_no_memory(tmp_path):
    def wide(group):
        del group["0"], group["1"]
        options = {"dtype": "f4", "compression": "gzip"}
        group.create_dataset("0", shape=(3, 2**33), chunks=(1, 1024), **options)
        group.create_dataset("1", shape=(2**33,), chunks=(1024,), **options)

    config = stack(dense("d1", 2**33, batch_input_shape=[None, 3]))
    refused(archive(tmp_path, config=config, weights=wide), "more than a file of its size can hold")


BLOWING = {
    "padding": {"class_name": "ZeroPadding1D", "config": {"padding": [2**40, 1], "name": "z"}},
    "repeating": {"class_name": "RepeatVector", "config": {"n": 2**40, "name": "z"}},
    "window": {"class_name": "MaxPooling1D", "config": {"pool_size": 2**62, "name": "z"}},
    "cropping": {"class_name": "Cropping1D", "config": {"cropping": [2, 2], "name": "z"}},
    "shape": {"class_name": "Reshape", "config": {"target_shape": [HUGE, -1], "name": "z"}},
    "axis": {"class_name": "Softmax", "config": {"axis": 7, "name": "z"}},
}


@pytest.mark.parametrize("name", BLOWING)
def test_a_layer_that_asks_for_all_memory_is_refused(tmp_path, name):
    series = {"class_name": "Reshape", "config": {"target_shape": [1, 1], "name": "series"}}
    steps = [BLOWING[name]] if name == "repeating" else [series, BLOWING[name]]
    refused(plain(tmp_path, *steps), "'z'")


@pytest.mark.parametrize("shape", [[None, HUGE], [None, -3], [None], "x", [None, "x"], 3, {}])
def test_an_input_of_no_sensible_shape_is_refused(tmp_path, shape):
    refused(plain(tmp_path, batch_input_shape=shape))


def test_networks_that_unfold_without_end_are_refused(tmp_path):
    def node(name):
        return [[name, 0, 0, {}]]

    inner = {"class_name": "ReLU", "config": {"name": "r"}, "name": "r",
             "inbound_nodes": [node("x")]}  # fmt: skip
    start = {"class_name": "InputLayer", "name": "x", "inbound_nodes": [],
             "config": {"batch_input_shape": [None, 3], "name": "x"}}  # fmt: skip
    for level in range(18):  # each calls the one before it twice
        network = {"name": f"n{level}", "layers": [start, inner],
                   "input_layers": [["x", 0, 0]],
                   "output_layers": [[inner["name"], 1 if level else 0, 0]]}  # fmt: skip
        name = f"n{level}"
        inner = {"class_name": "Functional", "config": network, "name": name,
                 "inbound_nodes": [node("x"), node(name)]}  # fmt: skip
    settings = inner["config"]
    refused(
        with_config(tmp_path, {"class_name": "Functional", "config": settings}), "more than 5,000"
    )


def test_networks_that_are_nested_deeply_are_refused(tmp_path):
    config = stack(dense("d1", 1, batch_input_shape=[None, 3]))
    for _ in range(100):
        config = stack(config)
    refused(with_config(tmp_path, config), "nested deeper")


@pytest.mark.parametrize("member", ["config.json", "metadata.json"])
def test_a_configuration_that_is_nested_deeply_is_refused(tmp_path, member):
    deep = b'{"a":' * 100_000 + b"1" + b"}" * 100_000
    refused(archive(tmp_path, members={member: deep}), member, "nested too deep")


def test_an_attribute_that_is_nested_deeply_is_refused(tmp_path):
    refused(with_config(tmp_path, "[" * 60_000), "model_config", "nested too deep")


def test_a_layer_that_waits_for_itself_is_refused(tmp_path):
    loop = {**dense("d1", 3), "name": "d1", "inbound_nodes": [[["d1", 0, 0, {}]]]}
    start = {"class_name": "InputLayer", "name": "x", "inbound_nodes": [],
             "config": {"batch_input_shape": [None, 3], "name": "x"}}  # fmt: skip
    settings = {"name": "m", "layers": [start, loop], "input_layers": [["x", 0, 0]],
                "output_layers": [["d1", 0, 0]]}  # fmt: skip
    refused(
        with_config(tmp_path, {"class_name": "Functional", "config": settings}), "does not lead"
    )


DAMAGED = [
    {}, [], 3, None, "x", {"class_name": "Sequential"}, {"class_name": "Sequential", "config": 3},
    {"class_name": "Sequential", "config": {"layers": []}},
    {"class_name": "Sequential", "config": {"layers": [3]}},
    {"class_name": "Sequential", "config": {"layers": [{"class_name": "Dense"}]}},
    {"class_name": "Functional", "config": {"layers": []}},
    {"class_name": ["Sequential"], "config": {"layers": []}},
]  # fmt: skip


@pytest.mark.parametrize("config", DAMAGED, ids=str)
def test_a_configuration_that_is_damaged_is_refused(tmp_path, config):
    refused(archive(tmp_path, config=json.dumps(config).encode()))
    refused(with_config(tmp_path, json.dumps(config)))


SETTINGS = [
    {"units": {}}, {"activation": 3}, {"activation": {}}, {"activation": {"class_name": "ReLU"}},
    {"activation": {"class_name": "function", "config": "os.system", "module": "builtins"}},
    {"activation": "os.system"}, {"use_bias": False, "units": 2},
]  # fmt: skip


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_settings_that_are_damaged_are_refused(tmp_path, settings):
    if settings == {"activation": {"class_name": "ReLU"}}:
        assert load(plain(tmp_path, **settings), output="logit").width == 3
        return
    refused(plain(tmp_path, **settings), "'d1'")


def code_that_touches(marker):
    compiled = compile(f"open({str(marker)!r}, 'w').close()", "x", "exec")
    return base64.b64encode(marshal.dumps(compiled)).decode()


@pytest.mark.parametrize("kind", ["Lambda", "TFOpLambda"])
@pytest.mark.parametrize("suffix", ["keras", "h5"])
def test_code_in_a_lambda_layer_is_not_run(tmp_path, kind, suffix):
    marker = tmp_path / "marker"
    function = {"class_name": "__lambda__", "config": {"code": code_that_touches(marker)}}
    layer = {"module": "keras.layers", "class_name": kind, "registered_name": None,
             "config": {"name": "evil", "function": function, "arguments": {}}}  # fmt: skip
    config = stack(dense("d1", 1, batch_input_shape=[None, 3]), layer)
    path = archive(tmp_path, config=config) if suffix == "keras" else with_config(tmp_path, config)
    refused(path, f"layer 'evil' is a {kind} layer, which holds Python code")
    assert not marker.exists()


def test_names_that_would_import_are_not_imported(tmp_path):
    layer = {"module": "os", "class_name": "system", "registered_name": None,
             "config": {"name": "evil", "command": f"touch {tmp_path / 'marker'}"}}  # fmt: skip
    config = stack(dense("d1", 1, batch_input_shape=[None, 3]), layer)
    refused(archive(tmp_path, config=config), "layer 'evil' (system)")
    assert not (tmp_path / "marker").exists()


class Touch:
    def __init__(self, marker):
        self.marker = marker

    def __reduce__(self):
        return os.system, (f"touch {self.marker}",)


@pytest.mark.parametrize("suffix", ["keras", "h5", "hdf5"])
def test_a_pickle_in_disguise_is_not_run(tmp_path, suffix):
    path = tmp_path / f"network.{suffix}"
    path.write_bytes(pickle.dumps(Touch(tmp_path / "marker")))
    refused(path, path.name)
    assert not (tmp_path / "marker").exists()


@pytest.mark.parametrize("member", ["config.json", "metadata.json", "model.weights.h5"])
def test_a_pickle_inside_an_archive_is_not_run(tmp_path, member):
    content = pickle.dumps(Touch(tmp_path / "marker"))
    refused(archive(tmp_path, members={member: content}))
    assert not (tmp_path / "marker").exists()


@pytest.mark.parametrize("member", ["config.json", "metadata.json", "model.weights.h5"])
def test_a_member_that_is_missing_is_named(tmp_path, member):
    refused(archive(tmp_path, members={member: None}), member)


def test_a_zip_bomb_is_not_unpacked(tmp_path):
    refused(archive(tmp_path, members={"assets/zeros": bytes(200 << 20)}), "zip bomb")


@pytest.mark.parametrize("name", ["../evil", "/etc/evil", "a/../../evil", "C:\\evil"])
def test_a_name_that_points_outside_is_refused(tmp_path, name):
    refused(archive(tmp_path, members={name: b"x"}), "points outside")


def test_an_attribute_beyond_reason_takes_no_memory(tmp_path):
    path = plain(tmp_path)
    with h5py.File(path, "a") as file:
        del file.attrs["model_config"]
        space = h5py.h5s.create_simple((2**40,))
        try:
            h5py.h5a.create(file.id, b"model_config", h5py.h5t.C_S1, space)
        except (RuntimeError, OSError, ValueError, KeyError):
            file.attrs["model_config"] = np.zeros(3)
    refused(path, "model_config")


@pytest.mark.parametrize("place", [4, 5])
def test_text_that_claims_to_be_something_else_is_not_followed(tmp_path, place):
    path = plain(tmp_path)
    content = bytearray(path.read_bytes())
    start = content.index(b"model_config\0\0\0\0\x19\x01") + len("model_config")
    content[start + place] ^= 0x02  # of the kind of the attribute: h5py itself would crash
    path.write_bytes(content)
    refused(path)


@pytest.mark.parametrize("kept", [0, 1, 7, 100, -1, -100])
@pytest.mark.parametrize("suffix", ["keras", "h5"])
def test_a_file_that_is_cut_off_is_refused(tmp_path, suffix, kept):
    path = archive(tmp_path) if suffix == "keras" else plain(tmp_path)
    path.write_bytes(path.read_bytes()[:kept])
    refused(path, path.name)


def test_weights_of_another_layer_are_noticed(tmp_path):
    def renamed(group):
        group.attrs["name"] = "other"

    refused(archive(tmp_path, weights=renamed), "expected the weights of layer 'd1', came those of")


def test_a_layer_without_weights_is_named(tmp_path):
    config = stack(dense("d1", 1, batch_input_shape=[None, 3]), dense("d9", 1))
    refused(with_config(tmp_path, config), "no weights of layer 'd9'")


def test_a_name_with_line_breaks_does_not_break_the_message(tmp_path):
    layer = {"class_name": "Odd\nName\x1b[31m", "config": {"name": "a\nb"}}
    refused(plain(tmp_path, layer))
