"""Networks, rows and groups for the tests of weight ledgers."""

from collections import OrderedDict

import numpy as np
import torch
from torch import nn

from audit.config import WeightsConfig
from audit.metrics.results import Group
from audit.models.factory import from_module
from audit.models.model import Encoded
from audit.predictions import predict
from audit.weights.account import account
from audit.weights.carrier import account_for, allowed_residual
from audit.weights.chain import activations
from audit.weights.samples import Sample
from audit.weights.statistics import difference
from audit.weights.tracing import trace
from builders_models import dataset

torch.set_num_threads(1)
ACTIVATIONS = {"relu": nn.ReLU, "tanh": nn.Tanh, "gelu": nn.GELU}
PAIR: tuple[Group, Group] = ({"sex": "a"}, {"sex": "b"})


def network(activation="relu", seed=0, inputs=4, hidden=(6, 5)):
    """An MLP with sizeable biases, so that units are neither always on nor always off."""
    layers, width = OrderedDict(), inputs
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for number, units in enumerate(hidden, start=1):
            layers[f"fc{number}"] = nn.Linear(width, units)
            layers[f"act{number}"] = ACTIVATIONS[activation]()
            width = units
        layers["out"] = nn.Linear(width, 1)
        built = nn.Sequential(layers)
        with torch.no_grad():
            for parameter in built.parameters():
                parameter.copy_(torch.randn_like(parameter) * 1.2 / parameter.shape[-1] ** 0.5)
    return built.double()


def rows(count=60, inputs=4, seed=0):
    """Rows and who is in the first group, whose inputs are shifted."""
    draw = np.random.default_rng(seed)
    first = np.arange(count) % 3 == 0
    return torch.from_numpy(draw.normal(size=(count, inputs)) + 0.8 * first[:, None]), first


def sample(first, weights=None):
    count = len(first)
    return Sample(
        rows=np.arange(count),
        first=np.asarray(first),
        counts=np.ones(count, dtype=bool),
        weights=np.ones(count) if weights is None else np.asarray(weights, dtype=float),
    )


def chain_of(built, x, output="logit"):
    columns = tuple(f"c{place}" for place in range(x.shape[1]))
    return trace(from_module(built, output), Encoded(tensors={"x": x}, columns={"x": columns}))


def account_at(chain, x, people, cut, link="probability", *, tighter=1.0):
    """Account at a cut of a chain, with the allowed residual over `tighter`."""
    fed = activations(chain, x, cut)
    scores = chain.scores(x, link).detach().numpy()
    allowed = allowed_residual(difference(scores, people))
    urgency = np.abs(people.signed()) / allowed * tighter
    found = account_for(chain, cut, link, fed=fed, mean=fed.mean(dim=0), urgency=urgency)
    return found, allowed


def audited(built, frame, first, *, target=None, weights=None, config=None, **choices):
    """Account for the gaps of a network on a table of numbers."""
    groups = {"sex": np.where(first, "a", "b")}
    data = dataset(frame, target=target, groups=groups, weights=weights)
    subject = from_module(built, choices.pop("output", "logit"))
    predictions = predict(subject, data, data.splits["test"], 0.5)
    settings = config or WeightsConfig(gaps=("demographic_parity",), permutations=200)
    return account(
        subject,
        data,
        predictions,
        settings,
        {gap: [PAIR] for gap in settings.gaps},
        **{"seed": 0, "minimum_group": 10, "confidence": 0.95, "threshold": 0.5} | choices,
    )


def picked(ledgers, **fields):
    """The one ledger with these fields."""
    (found,) = [
        one for one in ledgers if all(getattr(one, key) == value for key, value in fields.items())
    ]
    return found
