"""Weights files: what is read, what is refused, and that nothing in them runs."""

import pickle
import struct

import pytest
import torch
from safetensors.torch import save_file

import builders_models as build
from audit.errors import ModelError
from audit.models.weights_file import load_into, read_state, weights_sha256


class Payload:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


@pytest.fixture
def state():
    return build.network().state_dict()


def read_again(path, state):
    network = build.network(seed=1)
    load_into(network, read_state(path), path.name)
    return weights_sha256(network.state_dict()) == weights_sha256(state)


@pytest.mark.parametrize("name", ["w.pt", "w.pth", "w.ckpt", "w.bin"])
@pytest.mark.parametrize("key", [None, "model_state_dict", "state_dict", "model"])
def test_torch_files_with_nested_states(tmp_path, state, name, key):
    torch.save({key: state, "epoch": 3} if key else state, tmp_path / name)
    assert read_again(tmp_path / name, state)


def test_safetensors(tmp_path, state):
    save_file(state, tmp_path / "w.safetensors")
    assert read_again(tmp_path / "w.safetensors", state)


def test_the_old_torch_format(tmp_path, state):
    torch.save(state, tmp_path / "w.pt", _use_new_zipfile_serialization=False)
    assert read_again(tmp_path / "w.pt", state)


@pytest.mark.parametrize("prefix", ["module.", "_orig_mod.", "_orig_mod.module.", "model."])
def test_prefixes_of_wrappers_are_taken_off(state, prefix):
    network = build.network(seed=1)
    load_into(network, {prefix + name: value for name, value in state.items()}, "w.pt")
    assert weights_sha256(network.state_dict()) == weights_sha256(state)


def test_a_prefix_the_network_uses_itself_stays(state):
    network = torch.nn.ModuleDict({"model": build.network(seed=1)})
    load_into(network, {f"model.{name}": value for name, value in state.items()}, "w.pt")
    assert weights_sha256(network["model"].state_dict()) == weights_sha256(state)


@pytest.mark.parametrize("suffix", [".pt", ".ckpt"])
@pytest.mark.parametrize("zipped", [True, False])
def test_a_pickle_with_code_is_refused_and_does_not_run(tmp_path, suffix, zipped):
    touched, path = tmp_path / "touched", tmp_path / f"w{suffix}"
    torch.save({"w": Payload(touched)}, path, _use_new_zipfile_serialization=zipped)
    with pytest.raises(ModelError, match=r"could run code.*torch.save\(model.state_dict\(\)"):
        read_state(path)
    assert not touched.exists()


@pytest.mark.parametrize("suffix", [".pkl", ".pickle", ".joblib", ".pt"])
def test_plain_pickles_are_refused_and_do_not_run(tmp_path, suffix):
    touched, path = tmp_path / "touched", tmp_path / f"w{suffix}"
    path.write_bytes(pickle.dumps(Payload(touched)))
    with pytest.raises(ModelError, match="run code"):
        read_state(path)
    assert not touched.exists()


def test_a_whole_module_is_refused_with_the_way_out(tmp_path):
    torch.save(build.network(), tmp_path / "w.pt")
    with pytest.raises(ModelError, match="not weights alone; save the weights alone"):
        read_state(tmp_path / "w.pt")


def damaged(content):
    header = struct.pack("<Q", 1 << 62)
    return {
        "truncated": content[: len(content) // 2],
        "header only": content[:6],
        "empty": b"",
        "huge header": header + content[8:],
        "no json": struct.pack("<Q", 4) + b"abcd",
    }


@pytest.mark.parametrize("kind", ["truncated", "header only", "empty", "huge header", "no json"])
def test_a_damaged_safetensors_file_is_one_line(tmp_path, state, kind):
    path = tmp_path / "w.safetensors"
    save_file(state, path)
    path.write_bytes(damaged(path.read_bytes())[kind])
    with pytest.raises(ModelError, match=r"^w.safetensors is truncated or not a safe") as raised:
        read_state(path)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("content", [b"", b"nothing of the kind", b"PK\x03\x04 cut off"])
def test_a_damaged_torch_file_is_one_line(tmp_path, content):
    (tmp_path / "w.pt").write_bytes(content)
    with pytest.raises(ModelError, match=r"^w.pt is damaged(,| or) not a torch file"):
        read_state(tmp_path / "w.pt")


def test_a_truncated_torch_file_is_one_line(tmp_path, state):
    torch.save(state, tmp_path / "w.pt")
    content = (tmp_path / "w.pt").read_bytes()
    (tmp_path / "w.pt").write_bytes(content[: len(content) // 2])
    with pytest.raises(ModelError, match=r"^w.pt is damaged or not a torch file"):
        read_state(tmp_path / "w.pt")


def test_missing_files_and_other_formats(tmp_path):
    with pytest.raises(ModelError, match="weights file w.pt does not exist"):
        read_state(tmp_path / "w.pt")
    with pytest.raises(ModelError, match="w.npz: expected weights in one of .safetensors, .pt"):
        read_state(tmp_path / "w.npz")


def test_a_file_without_a_state_dict(tmp_path):
    torch.save({"epoch": 3, "loss": 0.2}, tmp_path / "w.pt")
    with pytest.raises(ModelError, match=r"expected a state dict .* came keys \['epoch', 'loss'\]"):
        read_state(tmp_path / "w.pt")


def test_the_first_key_of_another_shape_is_named_with_both_shapes():
    expected = r"weight '0.weight' has shape \(8, 4\), the network expects \(8, 3\)"
    with pytest.raises(ModelError, match=expected):
        load_into(build.network(3), build.network(4).state_dict(), "w.pt")


def test_missing_and_unexpected_keys_are_named(state):
    state["fc9.weight"] = state.pop("2.weight")
    with pytest.raises(ModelError, match=r"missing '2.weight'; not expected 'fc9.weight'"):
        load_into(build.network(), state, "w.pt")


def test_weights_that_are_not_finite_are_named(state):
    state["2.bias"] = torch.tensor([float("nan")])
    with pytest.raises(ModelError, match="weight '2.bias' holds NaN or infinity"):
        load_into(build.network(), state, "w.pt")


def test_a_tensor_that_only_claims_to_be_huge_is_refused_by_its_shape(tmp_path, state):
    state["0.weight"] = torch.zeros(1).expand(1 << 40)
    torch.save(state, tmp_path / "w.pt")
    with pytest.raises(ModelError, match=r"'0.weight' has shape \(1099511627776,\)"):
        load_into(build.network(), read_state(tmp_path / "w.pt"), "w.pt")


def test_the_hash_depends_on_names_values_shapes_and_dtypes_only(state):
    first = weights_sha256(state)
    assert weights_sha256(dict(reversed(state.items()))) == first
    strided = state | {"0.weight": state["0.weight"].t().contiguous().t()}
    assert weights_sha256(strided) == first
    changes = [
        {"0.weight": state["0.weight"] + 1e-3},
        {"0.weight": state["0.weight"].double()},
        {"0.weight": state["0.weight"].reshape(3, 8)},
        {"other": state["0.bias"]},
    ]
    hashes = {weights_sha256(state | change) for change in changes}
    assert len(hashes | {first}) == len(changes) + 1


@pytest.mark.parametrize("dtype", [torch.bool, torch.bfloat16, torch.int64, torch.float16])
def test_any_dtype_and_scalars_are_hashed(dtype):
    one, two = torch.ones((), dtype=dtype), torch.zeros((), dtype=dtype)
    assert weights_sha256({"w": one}) != weights_sha256({"w": two})


def test_two_state_dicts_in_one_checkpoint_are_not_guessed_between(tmp_path):
    one = {"weight": torch.ones(1, 2)}
    torch.save({"model": one, "state_dict": {"weight": torch.zeros(1, 2)}}, tmp_path / "w.pt")
    with pytest.raises(ModelError, match="expected one state dict, came .* and "):
        read_state(tmp_path / "w.pt")


def test_whole_numbers_are_no_weights():
    network = torch.nn.Linear(2, 1, bias=False)
    with pytest.raises(ModelError, match="'weight' holds int64 values"):
        load_into(network, {"weight": torch.ones(1, 2, dtype=torch.int64)}, "w.pt")


def test_weights_saved_on_a_gpu_come_to_the_cpu(tmp_path, state, monkeypatch):
    monkeypatch.setattr(torch.serialization, "location_tag", lambda _: "cuda:0")
    torch.save({"state_dict": state}, tmp_path / "network.ckpt")
    found = read_state(tmp_path / "network.ckpt")
    assert {str(tensor.device) for tensor in found.values()} == {"cpu"}
    assert all(torch.equal(found[name], state[name]) for name in state)
