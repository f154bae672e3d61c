"""Trains the network of this folder and plants a disparity in two known units.

``python example_models/planted/make.py`` writes ``model/`` beside this file.

1. An MLP is trained while the columns that stand for a group (career break, part-time work,
   commute) are held constant, so that nothing about sex or region gets in.
2. The three units of the first hidden layer that matter least are rewired. Two carry the planted
   disparity: one reads the career break, one part-time work, and both raise one unit of the second
   hidden layer that lowers the score. The third is a decoy: it reads the same columns, more
   strongly, and leads nowhere.
3. The output bias is moved so that the mean score stays what it was.

So the whole gap between women and men passes through the two planted units.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import torch
from generate import people
from torch import Tensor, nn

from audit.config import AuditConfig, Train, load_config
from audit.data.dataset import Dataset
from audit.data.loading import build_dataset, feature_names
from audit.data.table import Table
from audit.models.bundle import save_bundle
from audit.models.fitting import fit_encoder
from audit.models.training import train

HERE = Path(__file__).parent
HELD = ("career_break", "part_time", "commute")
SETTINGS = Train(hidden=(16, 8), activation="relu", init="he", epochs=40, lr=2e-3, seed=7)
READS = {"career_break": 1.0, "part_time": 1.0}
LOWERS = {"career_break": 0.5, "part_time": 0.4}
DECOY = 2.0


def main() -> None:
    """Train, plant, save, and say what was planted where."""
    config = load_config(HERE / "audit.yaml")
    frame = people()
    real = dataset(config, frame)
    held = dataset(config, frame.assign(**dict.fromkeys(HELD, 0.0)))
    split = config.data.split.model_dump(mode="json") if config.data.split else None
    trained = train(held, SETTINGS, split=split, device=torch.device("cpu"))
    encoder = fit_encoder(real.inputs["table"].take(real.splits["train"]))
    x = encoder.encode({"table": real.inputs["table"].take(real.splits["train"])}).tensors["x"]
    print(plant(trained.model.network, [code.name for code in encoder.codes], x))
    record = replace(trained.record, data_sha256=real.record.sha256)
    model = replace(trained.model, encoder=encoder, training=record)
    save_bundle(HERE / "model", model, trained.initial_state)


def dataset(config: AuditConfig, frame: pd.DataFrame) -> Dataset:
    """Return the people as the audit sees them."""
    table = Table(frame=frame, source="simulated")
    return build_dataset(config.data, table, feature_names(config.data, table))


@torch.no_grad()
def plant(network: nn.Module, names: list[str], x: Tensor) -> dict[str, str]:
    """Rewire three units in place, and return which is which."""
    first, second, last = (network.get_submodule(name) for name in ("fc1", "fc2", "out"))
    first.weight[:, [names.index(name) for name in HELD]] = 0.0
    mean = torch.sigmoid(network(x)).mean()
    matters = torch.relu(first(x)).std(dim=0) * second.weight.norm(dim=0)
    *planted, decoy = matters.argsort()[:3].tolist()
    activity = (torch.relu(second(torch.relu(first(x)))) > 0).float().mean(dim=0)
    into = int((activity * -last.weight[0].clamp(max=0)).argmax())
    for unit, column in zip(planted, READS, strict=True):
        _read(first, unit, {names.index(column): READS[column]})
        second.weight[:, unit] = 0.0
        second.weight[into, unit] = LOWERS[column] / -last.weight[0, into]
    _read(first, decoy, {names.index(column): DECOY for column in READS})
    second.weight[:, decoy] = 0.0
    _keep_mean(network, last, x, mean)
    told = {f"fc1[{unit}]": f"reads {name}" for unit, name in zip(planted, READS, strict=True)}
    return told | {f"fc1[{decoy}]": "decoy", f"fc2[{into}]": "passes the planted signal on"}


def _read(layer: nn.Module, unit: int, weights: dict[int, float]) -> None:
    layer.weight[unit] = 0.0
    layer.bias[unit] = 0.5
    for column, weight in weights.items():
        layer.weight[unit, column] = weight


def _keep_mean(network: nn.Module, last: nn.Module, x: Tensor, mean: Tensor) -> None:
    low, high = -10.0, 10.0
    start = last.bias.clone()
    for _ in range(60):
        middle = (low + high) / 2
        last.bias.copy_(start + middle)
        if torch.sigmoid(network(x)).mean() < mean:
            low = middle
        else:
            high = middle


if __name__ == "__main__":
    main()
