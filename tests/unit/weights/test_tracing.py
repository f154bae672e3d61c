"""Which networks are chains of Linear layers, and why the others are not."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from audit.models.factory import from_module
from audit.models.model import Encoded
from audit.weights.chain import NotAChainError
from audit.weights.tracing import trace
from builders_weights import chain_of, network, rows

stack = nn.Sequential


def normalised(*layers):
    """Layers whose batch normalisation has seen data."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        built = stack(*layers).double().train()
        for module in built:
            if isinstance(module, nn.BatchNorm1d) and module.affine:
                nn.init.normal_(module.weight)
                nn.init.normal_(module.bias)
        for _ in range(5):
            built(torch.randn(64, 4, dtype=torch.float64) * 2 + 1)
    return built.eval()


class Functional(nn.Module):
    def __init__(self):
        super().__init__()
        self.second, self.first = nn.Linear(5, 1), nn.Linear(4, 5)

    def forward(self, x):
        hidden = functional.relu_(self.first(torch.flatten(x, 1)))
        hidden = functional.dropout(hidden, 0.4, training=self.training)
        return torch.sigmoid(self.second(hidden)).squeeze(-1)


SAME = {
    "mlp": (network(), "logit"),
    "dropout": (stack(nn.Linear(4, 3), nn.ReLU(True), nn.Dropout(), nn.Linear(3, 1)), "logit"),
    "nested": (stack(stack(nn.Linear(4, 3), nn.Tanh()), nn.Linear(3, 2)), "logits"),
    "no bias": (stack(nn.Linear(4, 3, bias=False), nn.Linear(3, 1), nn.Sigmoid()), "probability"),
    "softmax": (stack(nn.Linear(4, 2), nn.Softmax(dim=1)), "probabilities"),
    "functions": (Functional(), "probability"),
    "norm after": (
        normalised(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.ReLU(), nn.Linear(3, 1)),
        "logit",
    ),
    "norm before": (
        normalised(
            nn.BatchNorm1d(4),
            nn.Linear(4, 3),
            nn.ReLU(),
            nn.BatchNorm1d(3, affine=False),
            nn.BatchNorm1d(3),
            nn.Linear(3, 1),
        ),
        "logit",
    ),
}


@pytest.mark.parametrize("name", SAME)
def test_a_chain_answers_as_its_network_does(name):
    built, output = SAME[name]
    built = built.double().eval()
    x, _ = rows(40)
    model = from_module(built, output)
    chain = chain_of(built, x, output)
    with torch.no_grad():
        torch.testing.assert_close(chain.scores(x), model.score({"x": x}))
        torch.testing.assert_close(chain.scores(x, "log_odds"), model.logit({"x": x}))


def test_cuts_are_named_by_the_order_of_the_computation():
    x, _ = rows()
    assert chain_of(network(), x).cuts == ("input", "fc1", "fc2")
    assert chain_of(Functional().double(), x, "probability").cuts == ("input", "first")


class Branch(nn.Module):
    def __init__(self):
        super().__init__()
        self.wide = nn.Linear(4, 4)
        self.out = nn.Linear(4, 1)

    def forward(self, x):
        return self.out(torch.relu(self.wide(x)) + x)


class Twice(nn.Module):
    def __init__(self):
        super().__init__()
        self.wide, self.out = nn.Linear(4, 4), nn.Linear(4, 1)

    def forward(self, x):
        return self.out(self.wide(torch.relu(self.wide(x))))


class Conditional(nn.Module):
    def __init__(self):
        super().__init__()
        self.out = nn.Linear(4, 1)

    def forward(self, x):
        return self.out(x) if x.sum() > 0 else self.out(-x)


def hooked():
    built = stack(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 1))
    built[0].register_forward_hook(lambda _m, _i, output: output * 2)
    return built


REFUSED = {
    "layer 1 is a LayerNorm": stack(nn.Linear(4, 3), nn.LayerNorm(3), nn.Linear(3, 1)),
    "layer 1 is a PReLU": stack(nn.Linear(4, 3), nn.PReLU(), nn.Linear(3, 1)),
    "step add does not take the output of one layer": Branch(),
    "layer wide is used more than once": Twice(),
    "cannot be followed": Conditional(),
    "0, 2 in a row do not compute what": hooked(),
    "0 changes the input": stack(nn.Tanh(), nn.Linear(4, 1)),
    "layer 1 keeps no running": stack(
        nn.Linear(4, 3), nn.BatchNorm1d(3, track_running_stats=False), nn.Linear(3, 1)
    ),
    "layer 2 is a BatchNorm1d without": stack(
        nn.Linear(4, 3), nn.ReLU(), nn.BatchNorm1d(3), nn.ReLU(), nn.Linear(3, 1)
    ),
    "has no Linear layer": stack(nn.Flatten(), nn.Dropout()),
}


@pytest.mark.parametrize("reason", REFUSED)
def test_other_networks_are_refused_by_the_layer_that_stands_in_the_way(reason):
    x, _ = rows(20)
    with pytest.raises(NotAChainError) as raised:
        chain_of(REFUSED[reason].double().eval(), x)
    assert reason in raised.value.problem


@pytest.mark.parametrize(
    ("tensors", "reason"),
    [
        ({"x": torch.zeros(3, 4), "y": torch.zeros(3, 4)}, "takes 2 tensors: x, y"),
        ({"x": torch.zeros(3, 4, 2)}, "no table of numbers"),
        ({"x": torch.zeros(3, 4, dtype=torch.int64)}, "no table of numbers"),
    ],
)
def test_other_inputs_are_refused(tensors, reason):
    with pytest.raises(NotAChainError) as raised:
        trace(from_module(network(), "logit"), Encoded(tensors=tensors, columns={}))
    assert reason in raised.value.problem
