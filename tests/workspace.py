"""A user's folder in a test: a table, a network of their own, and a configuration."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch
import yaml
from safetensors.torch import save_file

from tables import people

NETWORK = '''"""A network of one's own."""

import torch
from torch import nn

CITIES = ["Bonn", "Köln", "Trier"]


def build():
    return nn.Sequential(nn.Linear(5, 4), nn.ReLU(), nn.Linear(4, 1))


def sigmoid():
    return nn.Sequential(nn.Linear(5, 4), nn.ReLU(), nn.Linear(4, 1), nn.Sigmoid())


def numbers():
    return nn.Sequential(nn.Linear(2, 1))


def broken():
    network = numbers()
    with torch.no_grad():
        network[0].bias.fill_(float("nan"))
    return network


def encode(frame):
    skill = torch.tensor(frame["skill"].to_numpy(), dtype=torch.float32)
    commute = torch.tensor((frame["commute"].to_numpy() - 35) / 10, dtype=torch.float32)
    city = torch.stack(
        [torch.tensor((frame["city"] == name).to_numpy(), dtype=torch.float32) for name in CITIES]
    )
    tensor = torch.cat([skill[:, None], commute[:, None], city.T], dim=1)
    return tensor, ["skill", "commute", "city", "city", "city"]
'''


def weights() -> dict[str, torch.Tensor]:
    """Weights that read skill up and commute down."""
    first = torch.zeros(4, 5)
    first[0, 0], first[1, 0], first[2, 1] = 1.0, -1.0, 1.0
    second = torch.tensor([[1.5, -1.5, -1.0, 0.0]])
    return {
        "0.weight": first,
        "0.bias": torch.tensor([0.0, 0.0, 0.2, 0.0]),
        "2.weight": second,
        "2.bias": torch.tensor([0.3]),
    }


@dataclass(frozen=True, kw_only=True)
class Workspace:
    """The folder, and what `audit` says in it."""

    folder: Path
    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]

    def config(self, **changes: Any) -> dict[str, Any]:
        """The configuration with dotted keys (written with __) set, or removed where None."""
        values: dict[str, Any] = {
            "name": "own",
            "data": {
                "path": "people.csv",
                "target": "hired",
                "sensitive": ["sex"],
                "features": {"include": ["skill", "commute", "city"]},
                "split": {"test": 0.5, "seed": 1},
            },
            "model": {
                "factory": "network.py:build",
                "weights": "network.safetensors",
                "output": "logit",
                "encode": "network.py:encode",
            },
            "report": {"date": "2026-11-23"},
        }
        for key, value in changes.items():
            *path, last = key.split("__")
            place = values
            for part in path:
                place = place.setdefault(part, {})
            if value is None:
                place.pop(last, None)
            else:
                place[last] = value
        return values

    def write(self, **changes: Any) -> Path:
        path = self.folder / "audit.yaml"
        path.write_text(yaml.safe_dump(self.config(**changes), allow_unicode=True))
        return path

    def table(self, frame: pd.DataFrame, name: str = "people.csv") -> None:
        frame.to_csv(self.folder / name, index=False)

    def audit(self, *arguments: str) -> tuple[int, str, str]:
        """Run the command line here; return exit code, stdout and stderr."""
        from audit.cli import main

        self.monkeypatch.chdir(self.folder)
        self.monkeypatch.setattr(sys, "argv", ["audit", *arguments])
        code = 0
        try:
            main()
        except SystemExit as stop:
            code = int(stop.code or 0)
        out, err = self.capsys.readouterr()
        return code, out, err

    def files(self) -> set[str]:
        return {path.relative_to(self.folder).as_posix() for path in self.folder.rglob("*")}

    def evidence(self, folder: str = "out") -> dict[str, Any]:
        return json.loads((self.folder / folder / "audit.json").read_text())


def make(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> Workspace:
    torch.set_num_threads(1)
    people().to_csv(folder / "people.csv", index=False)
    (folder / "network.py").write_text(NETWORK, encoding="utf-8")
    save_file(weights(), folder / "network.safetensors")
    monkeypatch.delenv("AUDIT_DATA", raising=False)
    return Workspace(folder=folder, monkeypatch=monkeypatch, capsys=capsys)
