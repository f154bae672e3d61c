"""TorchScript archives: programs that run with --trust alone."""

import zipfile

import pytest
import torch
from torch import nn

import builders_models as build
from audit.config import ModelConfig
from audit.errors import ModelError
from audit.models.loading import load
from audit.models.recognising import format_of

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")


@pytest.fixture(params=["script", "trace"])
def network(request, tmp_path):
    made = build.network().eval()
    program = (
        torch.jit.script(made)
        if request.param == "script"
        else torch.jit.trace(made, torch.randn(2, 3))
    )
    torch.jit.save(program, tmp_path / "network.pt")
    return made


def read(folder, **options):
    return load(ModelConfig(path="network.pt", output="logit"), folder, **options)


def test_without_trust_it_is_refused_with_the_way_out(tmp_path, network):
    with pytest.raises(ModelError, match=r"network\.pt is a TorchScript archive.*run with --trust"):
        read(tmp_path)


def test_with_trust_it_answers_and_gives_gradients(tmp_path, network):
    model = read(tmp_path, trust=True)
    one, two = (torch.ones(4, 3, requires_grad=True) for _ in range(2))
    answers = model.network(one)
    torch.testing.assert_close(answers, network(two))
    answers.sum().backward()
    network(two).sum().backward()
    torch.testing.assert_close(one.grad, two.grad)
    record = model.record(threshold=0.5, threshold_source="stated")
    assert record.kind == "torchscript"
    assert record.notes == ("--trust was given: the program inside network.pt was run",)
    assert record.code[0].name == "network.pt"


def test_as_weights_of_a_factory_it_is_refused(tmp_path, network):
    (tmp_path / "network.py").write_text(
        "from torch import nn\n\ndef build():\n    return nn.Identity()\n"
    )
    config = ModelConfig(factory="network.py:build", weights="network.pt", output="logit")
    with pytest.raises(ModelError, match="is a TorchScript archive, which is a program"):
        load(config, tmp_path)


def test_weights_alone_are_no_torchscript(tmp_path):
    torch.save(nn.Linear(2, 1).state_dict(), tmp_path / "weights.pt")
    assert format_of(tmp_path / "weights.pt") is None
    with pytest.raises(ModelError, match="holds weights alone"):
        load(ModelConfig(path="weights.pt", output="logit"), tmp_path)


def test_a_damaged_one_is_one_line(tmp_path, network):
    path = tmp_path / "network.pt"
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist() if "data/" not in name}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    with pytest.raises(ModelError, match="damaged or of another torch") as told:
        read(tmp_path, trust=True)
    assert "\n" not in str(told.value)
