"""Folders that want code run, lie about sizes or reach outside: one clear line, nothing run."""

import json
import pickle
import resource
import struct
import time

import pytest
import torch

from audit.errors import ModelError
from builders_huggingface import changed, load, saved

torch.set_num_threads(1)
HUGE = 2**60


def refused(folder, *words):
    """Load a folder, which must be refused in one line, soon and without taking memory."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.monotonic()
    with pytest.raises(ModelError) as caught:
        load(folder)
    said = str(caught.value)
    for word in words:
        assert word in said
    assert "\n" not in said
    assert time.monotonic() - start < 20
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 500_000  # kilobytes


def touching(marker):
    import os

    class Touch:
        def __reduce__(self):
            return os.system, (f"touch {marker}",)

    return Touch()


@pytest.fixture
def folder(tmp_path):
    return saved(tmp_path / "model")


def test_pickled_weights_are_not_read(folder, tmp_path):
    (folder / "model.safetensors").unlink()
    (folder / "pytorch_model.bin").write_bytes(pickle.dumps(touching(tmp_path / "marker")))
    refused(folder, "pytorch_model.bin, which can run code", "safetensors")
    assert not (tmp_path / "marker").exists()


def test_a_pickle_under_the_name_of_safetensors_is_not_run(folder, tmp_path):
    content = pickle.dumps(touching(tmp_path / "marker"))
    (folder / "model.safetensors").write_bytes(content)
    refused(folder, "not a safetensors file")
    assert not (tmp_path / "marker").exists()


@pytest.mark.parametrize("name", ["config.json", "tokenizer_config.json"])
def test_code_in_the_folder_is_not_run(folder, tmp_path, name):
    (folder / "own.py").write_text(f"open({str(tmp_path / 'marker')!r}, 'w').close()")
    own = {"AutoModelForSequenceClassification": "own.Model", "AutoTokenizer": ["own.T", None]}
    changed(folder, name, auto_map=own)
    refused(folder, f"{name} names code of its own (auto_map), which is never run")
    assert not (tmp_path / "marker").exists()


def test_an_adapter_is_refused(folder):
    (folder / "adapter_config.json").write_text('{"base_model_name_or_path": "somewhere/else"}')
    refused(folder, "an adapter")


@pytest.mark.parametrize(
    "sizes",
    [
        {"hidden_size": HUGE},
        {"vocab_size": HUGE},
        {"max_position_embeddings": HUGE},
        {"num_hidden_layers": HUGE},
        {"num_hidden_layers": 9_999},
        {"hidden_size": 2**20},
        {"vocab_size": 2**24, "hidden_size": 2**14},
        {"intermediate_size": 2**24},
        {"num_attention_heads": 0},
        {"hidden_size": -16},
        {"hidden_size": "many"},
    ],
    ids=str,
)
def test_sizes_that_are_not_those_of_the_weights_take_no_memory(folder, sizes):
    changed(folder, "config.json", **sizes)
    refused(folder)


@pytest.mark.parametrize("length", [HUGE, 2**63, 10**6])
def test_a_header_longer_than_the_file_is_not_believed(folder, length):
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", length) + b"{}")
    refused(folder, "not a safetensors file")


def test_a_tensor_longer_than_the_file_is_not_believed(folder):
    tensor = {"dtype": "F32", "shape": [2**58], "data_offsets": [0, HUGE]}
    header = json.dumps({"classifier.weight": tensor}).encode()
    content = struct.pack("<Q", len(header)) + header + bytes(8)
    (folder / "model.safetensors").write_bytes(content)
    refused(folder, "not a safetensors file")


@pytest.mark.parametrize("name", ["../other.safetensors", "/etc/passwd", "a\\b.safetensors", 3])
def test_an_index_that_points_elsewhere_is_refused(folder, name):
    (folder / "model.safetensors").rename(folder.parent / "other.safetensors")
    index = {"metadata": {}, "weight_map": {"classifier.weight": name}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    refused(folder, "expected .safetensors files in the folder")


@pytest.mark.parametrize(
    "name", ["config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"]
)
def test_deep_nesting_is_refused(folder, name):
    (folder / name).write_text('{"a":' * 100_000 + "1" + "}" * 100_000)
    refused(folder, name, "nested too deep")


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "added_tokens.json"])
def test_a_huge_text_is_not_read(folder, name):
    with (folder / name).open("wb") as file:
        file.truncate(2**34)  # takes no room on the disk
    refused(folder, name, "expected at most")


@pytest.mark.parametrize("content", [b"", b"[]", b"null", b"\xff\xfe", b'{"architectures": 3}'])
def test_a_configuration_that_is_damaged_is_refused(folder, content):
    (folder / "config.json").write_bytes(content)
    refused(folder, "config.json")


@pytest.mark.parametrize("content", [b"{}", b"[]", b'{"version": "1.0", "model": {}}'])
def test_a_tokenizer_that_is_damaged_is_refused(folder, content):
    (folder / "tokenizer.json").write_bytes(content)
    refused(folder)


def test_many_labels_make_no_long_lists(folder):
    changed(folder, "config.json", num_labels=HUGE)
    refused(folder, "num_labels")
