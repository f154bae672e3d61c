"""Weights and networks from strangers: one line, exit 2, nothing run, little memory and time."""

from __future__ import annotations

import json
import os
import pickle
import resource
import struct
import sys
import time
import zipfile

import pytest
import torch

from workspace import weights

MEBIBYTES = 200
SECONDS = 30


class Payload:
    """Touches a folder when it is unpickled."""

    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return (os.mkdir, (self.path,))


def saved(content):
    return lambda path: torch.save(content(path.parent / "touched"), path)


def raw_pickle(path):
    path.write_bytes(pickle.dumps({"0.weight": Payload(path.parent / "touched")}))


def bomb(path):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for place in range(8):
            archive.writestr(f"network/data/{place}", b"\0" * (64 << 20))


def traversal(path):
    torch.save(weights(), path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("../../../outside.txt", b"out")


def absolute(path):
    torch.save(weights(), path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("/tmp/outside.txt", b"out")


def deep_pickle(path):
    path.write_bytes(b"\x80\x02" + b"]" * 500_000 + b"a" * 499_999 + b".")


def huge_tensor(path):
    """A tensor of 2^60 numbers that all share one place."""
    torch.save({"0.weight": torch.zeros(1).expand(2**30, 2**30)}, path)


def safetensors(header):
    def write(path):
        content = json.dumps(header).encode() if not isinstance(header, bytes) else header
        path.write_bytes(struct.pack("<Q", len(content)) + content + bytes(64))

    return write


def huge_header(path):
    path.write_bytes(struct.pack("<Q", 2**60) + b"{}")


def script(path):
    class Adds(torch.nn.Module):
        def forward(self, x):
            return x + 1

    torch.jit.save(torch.jit.script(Adds()), path)


TENSOR = {"dtype": "F32", "shape": [2**30, 2**30], "data_offsets": [0, 64]}
BEYOND = {"dtype": "F32", "shape": [4, 4], "data_offsets": [0, 2**60]}
CASES = {
    "a payload in .pt": ("network.pt", saved(Payload), "could run code"),
    "a payload in .pth": ("network.pth", saved(Payload), "could run code"),
    "a payload in .bin": ("network.bin", saved(Payload), "could run code"),
    "a payload in .ckpt": ("network.ckpt", saved(lambda p: {"a": Payload(p)}), "could run code"),
    "a payload beside weights": (
        "network.ckpt",
        saved(lambda p: {"state_dict": weights(), "hyper_parameters": Payload(p)}),
        "could run code",
    ),
    "a whole pickled network": (
        "network.pt", saved(lambda p: torch.nn.Linear(2, 1)), "could run code"
    ),
    "a pickle called .pt": ("network.pt", raw_pickle, "could run code"),
    "a pickle called .safetensors": (
        "network.safetensors", raw_pickle, "not a safetensors file"
    ),
    "a pickle called .pkl": ("network.pkl", raw_pickle, "is a pickle"),
    "a pickle called .joblib": ("network.joblib", raw_pickle, "is a pickle"),
    "a zip bomb": ("network.pt", bomb, "looks like a zip bomb"),
    "a name that climbs out": ("network.pt", traversal, "points outside it"),
    "an absolute name": ("network.ckpt", absolute, "points outside it"),
    "deep nesting": ("network.pt", deep_pickle, "network.pt"),
    "2^60 numbers": ("network.pt", huge_tensor, "0.weight"),
    "a program": ("network.ckpt", script, "is a TorchScript archive"),
    "2^60 bytes of header": ("network.safetensors", huge_header, "not a safetensors file"),
    "2^60 numbers in a header": (
        "network.safetensors", safetensors({"0.weight": TENSOR}), "not a safetensors file"
    ),
    "bytes beyond the end": (
        "network.safetensors", safetensors({"0.weight": BEYOND}), "not a safetensors file"
    ),
    "deep nesting in a header": (
        "network.safetensors", safetensors(b"[" * 1_000_000), "not a safetensors file"
    ),
}  # fmt: skip


def peak():
    """Most memory of this process so far, in MiB."""
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
@pytest.mark.parametrize("name", CASES)
def test_a_hostile_file_is_one_line(space, name):
    file, write, said = CASES[name]
    write(space.folder / file)
    space.write(model__weights=file)
    before = space.files()
    memory, start = peak(), time.perf_counter()
    code, out, err = space.audit("run", "audit.yaml", "--output", "out")
    assert time.perf_counter() - start < SECONDS
    assert peak() - memory < MEBIBYTES
    assert (code, out, err.count("\n")) == (2, "", 1), err
    assert said in err
    assert "Traceback" not in err
    assert space.files() == before
    assert not (space.folder / "touched").exists()
    assert not (space.folder / "outside.txt").exists()
