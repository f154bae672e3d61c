"""An ONNX file is audited as the network it holds: the same scores and ledgers as from a bundle."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn
from typer.testing import CliRunner

import audit
from audit.cli import app
from builders_onnx import mlp_nodes, model, node, saved

AUDIT_DATA = os.environ.get("AUDIT_DATA")
ROWS = 600
CLOSE = 1e-5
FEATURES = ["merit", "score", "proxy"]


def people(rows=ROWS):
    draw = np.random.default_rng(3)
    sex = draw.integers(0, 2, rows)
    merit = draw.normal(size=rows)
    proxy = sex + 0.3 * draw.normal(size=rows)
    hired = (merit + 0.8 * sex + 0.5 * draw.normal(size=rows) > 0.4).astype(int)
    return pd.DataFrame(
        {
            "merit": merit * 3 + 50,
            "score": draw.normal(size=rows),
            "proxy": proxy,
            "sex": np.where(sex == 1, "m", "f"),
            "hired": hired,
        }
    )


def config(**network):
    return {
        "name": "people",
        "data": {
            "path": "people.csv",
            "target": "hired",
            "sensitive": ["sex"],
            "features": {"include": FEATURES},
        },
        "model": network,
        "report": {"date": "2026-11-23"},
    }


def scaled(network, codes):
    """Return a network as a graph that scales its columns first, as exporters of pipelines do."""
    nodes, kept = mlp_nodes(network, start="scaled", end="m")
    kept |= {
        "mean": np.float32([code.mean for code in codes]),
        "scale": np.float32([code.scale for code in codes]),
    }
    first = [node("Sub", ["x", "mean"], ["moved"]), node("Div", ["moved", "scale"], ["scaled"])]
    return model([*first, *nodes, node("Sigmoid", ["m"], ["y"])], weights=kept)


@pytest.fixture(scope="module")
def audits(tmp_path_factory):
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("onnx")
    people().to_csv(folder / "people.csv", index=False)
    from audit.models.architectures import Blueprint, build
    from audit.models.bundle import read_bundle, save_bundle
    from audit.models.model import TorchModel
    from audit.models.tabular import NumberCode, TabularEncoder

    frame = people()
    codes = tuple(
        NumberCode(
            name=name,
            mean=float(np.float32(frame[name].mean())),
            scale=float(np.float32(frame[name].std())),
            indicator=False,
        )
        for name in FEATURES
    )
    blueprint = Blueprint(
        name="mlp", arguments={"inputs": 3, "hidden": [8, 4], "activation": "relu"}
    )
    torch.manual_seed(5)
    network = build(blueprint).eval()
    made = TorchModel(
        network=network,
        encoder=TabularEncoder(codes=codes),
        output="logit",
        kind="trained",
        device=torch.device("cpu"),
        blueprint=blueprint,
    )
    save_bundle(folder / "bundle", made)
    assert read_bundle(folder / "bundle").output == "logit"
    saved(scaled(network, codes), folder)
    before = Path.cwd()
    os.chdir(folder)
    try:
        return audit.run(config(bundle="bundle")), audit.run(config(path="network.onnx"))
    finally:
        os.chdir(before)


def test_the_scores_and_metrics_are_those_of_the_bundle(audits):
    bundle, onnx = audits
    assert onnx.evidence.model.kind == "onnx"
    assert [m.metric for m in onnx.metrics] == [m.metric for m in bundle.metrics]
    for ours, theirs in zip(onnx.metrics, bundle.metrics, strict=True):
        assert ours.value == pytest.approx(theirs.value, abs=CLOSE), ours.metric


def test_the_ledgers_are_those_of_the_bundle(audits):
    bundle, onnx = audits
    assert len(onnx.ledgers) == len(bundle.ledgers) > 0
    for ours, theirs in zip(onnx.ledgers, bundle.ledgers, strict=True):
        assert (ours.kind, ours.cut, ours.level, ours.status) == (
            theirs.kind, theirs.cut, theirs.level, theirs.status,
        )  # fmt: skip
        assert ours.total == pytest.approx(theirs.total, abs=CLOSE)
        found = {entry.name: entry.value for entry in ours.entries}
        expected = {entry.name: entry.value for entry in theirs.entries}
        assert found == pytest.approx(expected, abs=CLOSE)


COMPAS = """
name: compas
data:
  path: compas.csv
  target: two_year_recid
  sensitive: [sex]
  features: {{include: [{features}]}}
model: {{path: network.onnx}}
report: {{date: "2026-11-23"}}
"""
NUMBERS = ["age", "juv_fel_count", "juv_misd_count", "juv_other_count", "priors_count"]


def trained(x, y):
    torch.manual_seed(0)
    network = nn.Sequential(
        nn.Linear(5, 16), nn.ReLU(), nn.Linear(16, 8), nn.ReLU(), nn.Linear(8, 1)
    )
    optimiser = torch.optim.Adam(network.parameters(), lr=1e-2)
    for _ in range(60):
        optimiser.zero_grad()
        loss = nn.functional.binary_cross_entropy_with_logits(network(x)[:, 0], y)
        loss.backward()
        optimiser.step()
    return network.eval()


@pytest.mark.data
@pytest.mark.skipif(not AUDIT_DATA, reason="AUDIT_DATA names no folder of data sets")
def test_a_network_on_compas_is_audited_from_the_command_line_with_a_ledger(tmp_path, monkeypatch):
    torch.set_num_threads(1)
    frame = pd.read_csv(Path(AUDIT_DATA) / "tabular/compas_two_years.csv.gz")
    frame = frame[[*NUMBERS, "race", "sex", "two_year_recid"]]
    frame.to_csv(tmp_path / "compas.csv", index=False)
    values = frame[NUMBERS].to_numpy(dtype=np.float32)
    mean, scale = values.mean(axis=0), values.std(axis=0)
    x = torch.from_numpy((values - mean) / scale)
    network = trained(x, torch.tensor(frame["two_year_recid"].to_numpy(), dtype=torch.float32))
    nodes, kept = mlp_nodes(network, start="scaled", end="m")
    kept |= {"mean": mean, "scale": scale}
    first = [node("Sub", ["x", "mean"], ["moved"]), node("Div", ["moved", "scale"], ["scaled"])]
    made = model(
        [*first, *nodes, node("Sigmoid", ["m"], ["y"])],
        inputs={"x": (1, ["n", 5])},
        weights=kept,
    )
    saved(made, tmp_path)
    (tmp_path / "audit.yaml").write_text(COMPAS.format(features=", ".join(NUMBERS)))
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, ["run", "audit.yaml", "--output", "out"])
    assert result.exit_code == 0, result.output
    evidence = json.loads((tmp_path / "out/audit.json").read_text())
    assert evidence["model"]["kind"] == "onnx"
    accuracy = [m for m in evidence["metrics"] if m["metric"] == "accuracy" and not m["group"]]
    assert accuracy[0]["value"] > 0.64
    ledgers = [item for item in evidence["weights"]["ledgers"] if item["status"] == "ok"]
    assert {"0", "2"} <= {item["cut"] for item in ledgers}
    assert any(entry["status"] == "carrier" for item in ledgers for entry in item["entries"])
    report = (tmp_path / "out/report.html").read_text()
    assert "onnxruntime" in report
