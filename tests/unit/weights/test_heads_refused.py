"""Which networks do not end in Linear layers, and what stands in the way."""

import numpy as np
import pytest
import torch
from torch import nn

from audit.weights.chain import NotAChainError
from audit.weights.population import encode_rows
from builders_heads import drawn, found_head, people, scattered, wrapped

stack = nn.Sequential


class Twice(nn.Module):
    def __init__(self):
        super().__init__()
        self.out = nn.Linear(3, 3)

    def forward(self, table):
        return self.out(torch.relu(self.out(table)) + table).sum(dim=1)


class Answering(nn.Module):
    """Nothing of it can be followed, and it ends in a function."""

    def __init__(self):
        super().__init__()
        self.out = nn.Linear(3, 1)

    def forward(self, table):
        return self.out(table) * 2 if table.sum() > -1e9 else table


def hooked():
    built = stack(nn.Unflatten(1, (3, 1)), nn.Conv1d(3, 2, 1), nn.Flatten(), nn.Linear(2, 1))
    built[3].register_forward_hook(lambda _module, _given, output: output * 2)
    return built


@pytest.mark.parametrize(
    ("built", "reason"),
    [
        (stack(nn.Linear(3, 1), nn.PReLU()), "layer 1 is a PReLU"),
        (Twice(), "layer out does not take one row of numbers for each row"),
        (Answering(), "cannot be followed, and no part"),
        (hooked(), "do not compute what the network answers"),
        (
            stack(nn.Unflatten(1, (3, 1)), nn.Linear(1, 1), nn.Flatten(), nn.AvgPool1d(3)),
            "layer 1 does not take one row of numbers",
        ),
    ],
)
def test_what_stands_in_the_way_is_named(built, reason):
    with pytest.raises(NotAChainError) as raised:
        found_head(built, {"table": drawn()["table"]})
    assert reason in raised.value.problem


def test_a_head_that_other_rows_do_not_go_through_is_refused():
    """The first rows go through ``one``, later ones through ``two``."""

    class Switched(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(1, 2, 8)
            self.one, self.two = nn.Linear(2, 1), nn.Linear(2, 1)

        def forward(self, photo):
            seen = self.conv(photo).flatten(1)
            return self.two(seen) if photo[0, 0, 0, 0] > 100 else self.one(seen)

    photo = drawn()["photo"]
    photo[256:] += 200
    data, built = people({"photo": photo}, np.arange(400) % 2 == 0), scattered(Switched())
    model = wrapped(built)
    head = found_head(built, {"photo": photo[:256]})
    with pytest.raises(NotAChainError, match="do not compute|does not take"):
        encode_rows(model, data, np.arange(256, 400), head)
