"""torch.export archives: rebuilt without running anything in them, and hostile ones refused."""

import io
import json
import os
import pickle
import zipfile

import pytest
import torch
from torch import nn

from audit.config import ModelConfig
from audit.errors import ModelError
from audit.models.architectures import mlp
from audit.models.loading import load
from audit.models.weights_file import weights_sha256

torch.set_num_threads(1)
ROWS = torch.export.Dim("rows")
WARNINGS = pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")
pytestmark = WARNINGS


class Residual(nn.Module):
    """Normalises, branches, embeds and slices: no chain of layers."""

    def __init__(self):
        super().__init__()
        self.first = nn.Linear(6, 4)
        self.norm = nn.LayerNorm(4)
        self.sign = nn.Embedding(2, 3)
        self.last = nn.Parameter(torch.randn(1, 4))
        self.register_buffer("means", torch.randn(6))
        self.scales = torch.rand(6) + 1

    def forward(self, x):
        x = ((x - self.means) * self.scales).view(x.shape[0], -1)
        hidden = nn.functional.gelu(self.first(x))
        hidden = self.norm(hidden) + hidden
        hidden = torch.cat([self.sign((x[:, 0] > 0).long()), hidden], dim=1)
        answer = nn.functional.linear(hidden[:, 3:], self.last)
        return torch.sigmoid(answer).squeeze(-1).clamp(1e-4, 1 - 1e-4)


class Branches(nn.Module):
    """Views with the number of rows baked in."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(6, 1)

    def forward(self, x):
        return self.layer(x.view(4, 6))


class Nested(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 1))

    def forward(self, x):
        return self.body(x)


def plain():
    return nn.Sequential(
        nn.Linear(6, 8),
        nn.BatchNorm1d(8),
        nn.ReLU(),
        nn.Dropout(0.2),
        nn.Linear(8, 2),
        nn.Softmax(-1),
    )


def in_place():
    return nn.Sequential(nn.Linear(6, 5), nn.ReLU(inplace=True), nn.Linear(5, 1))


def saved(folder, network, *, rows=4, dynamic=True, decomposed=False, name="network.pt2"):
    torch.manual_seed(0)
    for parameter in network.parameters():
        nn.init.normal_(parameter)
    shapes = ({0: ROWS},) if dynamic else None
    program = torch.export.export(network, (torch.randn(rows, 6),), dynamic_shapes=shapes)
    torch.export.save(program.run_decompositions() if decomposed else program, folder / name)
    return network


def read(folder, output="probability", name="network.pt2", **options):
    return load(ModelConfig(path=name, output=output), folder, **options)


def rewritten(folder, change, name="network.pt2"):
    """The archive with members changed: `change` takes and returns a dict of name to bytes."""
    path = folder / name
    with zipfile.ZipFile(path) as archive:
        members = {item: archive.read(item) for item in archive.namelist()}
    members = change(members)
    with zipfile.ZipFile(path, "w") as archive:
        for item, content in members.items():
            archive.writestr(item, content)


def graph_changed(folder, change):
    def rewrite(members):
        said = json.loads(members["network/models/model.json"])
        change(said)
        return members | {"network/models/model.json": json.dumps(said).encode()}

    rewritten(folder, rewrite)


CASES = {
    "plain": (plain, {}),
    "plain decomposed": (plain, {"decomposed": True}),
    "plain, one number of rows": (plain, {"dynamic": False}),
    "residual": (Residual, {}),
    "residual decomposed": (Residual, {"decomposed": True}),
    "nested": (Nested, {}),
    "in place": (in_place, {}),
}


@pytest.mark.parametrize(("make", "options"), CASES.values(), ids=CASES.keys())
def test_answers_and_gradients_are_those_of_the_network(tmp_path, make, options):
    network = saved(tmp_path, make().eval(), **options)
    model = read(tmp_path)
    one, two = (torch.randn(7, 6).requires_grad_() for _ in range(2))
    two.data.copy_(one.data)
    ours, theirs = model.network(one), network(two)
    torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-6)
    ours.square().sum().backward()
    theirs.square().sum().backward()
    torch.testing.assert_close(one.grad, two.grad, rtol=1e-5, atol=1e-6)
    assert model.width == 6
    assert model.kind == "torch.export"


@pytest.mark.parametrize("decomposed", [False, True], ids=["whole", "decomposed"])
def test_a_stack_of_layers_is_one_again(tmp_path, decomposed):
    network = saved(tmp_path, plain().eval(), decomposed=decomposed)
    found = read(tmp_path).network
    kinds = [type(module).__name__ for module in found]
    assert [kind for kind in kinds if kind != "Dropout"] == [
        "Linear",
        "BatchNorm1d",
        "ReLU",
        "Linear",
        "Softmax",
    ]
    assert weights_sha256(found.state_dict()) == weights_sha256(network.state_dict())


def test_layers_keep_their_names_and_the_network_its_words(tmp_path):
    saved(tmp_path, mlp(inputs=6, hidden=[5, 3]).eval())
    record = read(tmp_path, "logit").record(threshold=0.5, threshold_source="stated")
    assert record.architecture == "MLP 6 → 5 → 3 → 1, relu"
    assert [layer.name for layer in record.layers] == ["fc1", "fc2", "out"]


def test_a_layer_used_twice_stays_one(tmp_path):
    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner, self.out = nn.Linear(6, 6), nn.Linear(6, 1)

        def forward(self, x):
            return self.out(self.inner(torch.relu(self.inner(x))))

    network = saved(tmp_path, Twice().eval())
    found = read(tmp_path, "logit").network
    assert sum(p.numel() for p in found.parameters()) == sum(
        p.numel() for p in network.parameters()
    )


def test_rows_baked_in_are_refused_with_the_way_out(tmp_path):
    saved(tmp_path, Branches().eval(), dynamic=False)
    with pytest.raises(
        ModelError, match="exactly 4 rows at a time; export it again with a dynamic"
    ):
        read(tmp_path)


def test_a_network_in_training_mode_is_refused(tmp_path):
    saved(tmp_path, plain().train())
    with pytest.raises(ModelError, match="training mode"):
        read(tmp_path)


def test_output_must_be_said(tmp_path):
    saved(tmp_path, plain().eval())
    with pytest.raises(ModelError, match=r"model\.output is missing"):
        read(tmp_path, None)


def test_an_unknown_operator_is_named_with_the_way_out_and_read_with_trust(tmp_path):
    class Sorts(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(6, 1)

        def forward(self, x):
            return self.layer(torch.sort(x, dim=1).values)

    network = saved(tmp_path, Sorts().eval())
    with pytest.raises(ModelError, match=r"torch\.ops\.aten\.sort.*--trust"):
        read(tmp_path, "logit")
    model = read(tmp_path, "logit", trust=True)
    rows = torch.randn(5, 6)
    torch.testing.assert_close(model.network(rows), network(rows))
    assert "--trust was given" in model.notes[0]


class Payload:
    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return (os.mkdir, (self.path,))


def pickled_inputs(members, marker):
    name = next(name for name in members if "sample_inputs" in name)
    content = io.BytesIO()
    torch.save(Payload(marker), content)
    return members | {name: content.getvalue()}


def pickled_weight(members, marker):
    config = "network/data/weights/model_weights_config.json"
    said = json.loads(members[config])
    said["config"]["0.weight"]["use_pickle"] = True
    return members | {
        config: json.dumps(said).encode(),
        "network/data/weights/weight_0": pickle.dumps(Payload(marker)),
    }


def test_pickled_sample_inputs_are_never_read(tmp_path):
    saved(tmp_path, plain().eval())
    marker = tmp_path / "touched"
    rewritten(tmp_path, lambda members: pickled_inputs(members, marker))
    read(tmp_path)
    assert not marker.exists()


def test_a_pickled_weight_is_refused(tmp_path):
    saved(tmp_path, plain().eval())
    marker = tmp_path / "touched"
    rewritten(tmp_path, lambda members: pickled_weight(members, marker))
    with pytest.raises(ModelError, match="'0.weight' is pickled, which could run code"):
        read(tmp_path)
    assert not marker.exists()


def weight_claims(sizes, strides=None, offset=0):
    def change(members):
        config = "network/data/weights/model_weights_config.json"
        said = json.loads(members[config])
        meta = said["config"]["0.weight"]["tensor_meta"]
        meta["sizes"] = [{"as_int": size} for size in sizes]
        meta["strides"] = [{"as_int": stride} for stride in strides or [1] * len(sizes)]
        meta["storage_offset"] = {"as_int": offset}
        return members | {config: json.dumps(said).encode()}

    return change


CLAIMS = {
    "2^60 numbers": weight_claims([2**60]),
    "2^60 numbers by a stride of 0": weight_claims([2**60], [0]),
    "beyond the end": weight_claims([4, 4], [4, 1], 2**40),
    "before the start": weight_claims([4, 4], [4, 1], -4),
    "backwards": weight_claims([4, 4], [-4, 1]),
}


@pytest.mark.parametrize("change", CLAIMS.values(), ids=CLAIMS.keys())
def test_a_tensor_larger_than_its_bytes_is_refused(tmp_path, change):
    saved(tmp_path, plain().eval())
    rewritten(tmp_path, change)
    with pytest.raises(ModelError, match=r"'0\.weight' claims .* and the file holds 48"):
        read(tmp_path)


def test_names_never_become_code(tmp_path):
    saved(tmp_path, Residual().eval())
    marker = tmp_path / "touched"
    attack = f"x=__import__('os').mkdir({str(marker)!r})"
    text = (tmp_path / "network.pt2").read_bytes()
    assert b'{"name": "x"}' in text
    graph_changed(
        tmp_path,
        lambda said: said.update(
            json.loads(
                json.dumps(said)
                .replace('{"name": "x"}', json.dumps({"name": attack}))
                .replace('"x": {"dtype"', json.dumps(attack) + ': {"dtype"')
            )
        ),
    )
    with pytest.raises(ModelError, match="expected a plain name in the graph"):
        read(tmp_path)
    assert not marker.exists()


def test_tensor_names_never_become_code(tmp_path):
    saved(tmp_path, Residual().eval())
    marker = tmp_path / "touched"
    attack = f"means\"+__import__('os').mkdir({str(marker)!r})+\""

    def rewrite(members):
        old, new = json.dumps("means"), json.dumps(attack)
        return {
            name: content.decode().replace(old, new).encode() if name.endswith(".json") else content
            for name, content in members.items()
        }

    rewritten(tmp_path, rewrite)
    with pytest.raises(ModelError, match="expected a plain name in the graph"):
        read(tmp_path)
    assert not marker.exists()


def target(name):
    def change(said):
        said["graph_module"]["graph"]["nodes"][0]["target"] = name

    return change


TARGETS = {
    "a function of Python": "os.system",
    "an evaluator": "builtins.eval",
    "a file": "torch.ops.aten.from_file.default",
    "another library": "torch.ops.quantized.linear.default",
    "an attribute": "torch.ops.aten.linear.__class__",
    "a written result": "torch.ops.aten.linear.out",
}


@pytest.mark.parametrize("name", TARGETS.values(), ids=TARGETS.keys())
def test_operators_are_known_ones_or_refused(tmp_path, name):
    saved(tmp_path, plain().eval())
    graph_changed(tmp_path, target(name))
    with pytest.raises(ModelError, match="is not known here"):
        read(tmp_path)


def test_a_step_that_asks_for_all_memory_is_refused(tmp_path):
    class Wide(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(6, 1)

        def forward(self, x):
            wide = x.unsqueeze(2).expand(x.shape[0], 6, 2**20)
            return self.layer(wide.sum(dim=2))

    saved(tmp_path, Wide().eval())

    def change(said):
        text = json.dumps(said).replace(str(2**20), str(2**40))
        said.clear()
        said.update(json.loads(text))

    graph_changed(tmp_path, change)
    with pytest.raises(ModelError, match="expected at most 268,435,456"):
        read(tmp_path, "logit")


def cut(path):
    path.write_bytes(path.read_bytes()[:4000])


def bomb(path):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("network/models/model.json", b"0" * (80 << 20))


def outside(path):
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("../../outside.json", b"{}")


def deep(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("network/models/model.json", b"[" * 200_000)


def not_json(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("network/models/model.json", b"{}")


HOSTILE = {
    "cut": (cut, "damaged or no archive"),
    "no archive": (lambda path: path.write_bytes(b"hello"), "damaged or no archive"),
    "a zip bomb": (bomb, "looks like a zip bomb"),
    "a name outside": (outside, "points outside it"),
    "deep nesting": (deep, "nested too deep"),
    "an empty description": (not_json, "is damaged"),
}


@pytest.mark.parametrize(("harm", "said"), HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_archives_are_one_line(tmp_path, harm, said):
    saved(tmp_path, plain().eval())
    harm(tmp_path / "network.pt2")
    with pytest.raises(ModelError, match=said) as told:
        read(tmp_path)
    assert "\n" not in str(told.value)


def test_an_archive_called_pt_is_recognised(tmp_path):
    saved(tmp_path, plain().eval(), name="network.pt")
    assert read(tmp_path, name="network.pt").kind == "torch.export"
