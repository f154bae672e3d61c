"""The example networks, and the committed specimen of an audit."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
import torch

import audit
from audit.evidence import from_json, to_json
from audit.folder import verify
from audit.models.bundle import read_bundle, read_initial
from audit.report import render

ROOT = Path(__file__).parents[2]
SPECIMEN = ROOT / "reports" / "specimen"
EXAMPLES = ROOT / "example_models"


@pytest.fixture(scope="module")
def planted():
    torch.set_num_threads(1)
    return audit.run(EXAMPLES / "planted" / "audit.yaml")


def differences(one, two, place=""):
    """Where two JSON values differ by more than 1e-3, leaving out what a machine decides."""
    if place in ("/environment", "/tool"):
        return
    if isinstance(one, dict) and isinstance(two, dict):
        for key in one.keys() | two.keys():
            yield from differences(one.get(key), two.get(key), f"{place}/{key}")
    elif isinstance(one, list) and isinstance(two, list) and len(one) == len(two):
        for number, pair in enumerate(zip(one, two, strict=True)):
            yield from differences(*pair, f"{place}/{number}")
    elif isinstance(one, float | int) and isinstance(two, float | int):
        if not math.isclose(one, two, rel_tol=1e-3, abs_tol=1e-3):
            yield place, one, two
    elif one != two:
        yield place, one, two


def test_the_specimen_is_rendered_again_byte_for_byte():
    evidence = from_json((SPECIMEN / "audit.json").read_bytes())
    assert to_json(evidence) == (SPECIMEN / "audit.json").read_bytes(), "run: make specimen"
    assert render(evidence) == (SPECIMEN / "report.html").read_bytes(), "run: make specimen"
    assert verify(SPECIMEN).intact


def test_a_fresh_run_agrees_with_the_specimen(planted):
    committed = json.loads((SPECIMEN / "audit.json").read_bytes())
    fresh = json.loads(planted.to_json())
    assert list(differences(committed, fresh)) == []


def test_the_planted_disparity_is_found_and_leads_to_the_planted_columns(planted):
    assert planted.verdict.word == "Disparity found"
    gap = next(e for e in planted.explanations if e.level == "gap" and "sex" in e.a)
    assert {value.feature for value in gap.values[:2]} == {"career_break", "part_time"}
    standing = [
        d for d in planted.disparities
        if d.family and d.family.name == "headline" and (d.p_adjusted or 1) < 0.05
    ]  # fmt: skip
    assert standing
    assert all("sex" in d.attributes for d in standing)


def test_the_labels_of_the_simulated_people_carry_no_gap(planted):
    gap = next(
        d for d in planted.disparities
        if d.metric == "base_rate" and d.selection == "worst_pair" and d.attributes == ("sex",)
    )  # fmt: skip
    assert gap.p_value > 0.2
    labels = next(d for d in planted.disparities if d.metric == "imprint")
    assert labels.value == pytest.approx(0.117, abs=0.01)


def test_the_patients_are_audited():
    result = audit.run(EXAMPLES / "diabetes" / "audit.yaml")
    assert result.evidence.data.rows == 442
    assert result.evidence.training is not None
    assert not any("seen in training" in item.subject for item in result.evidence.not_assessed)
    accuracy = next(m for m in result.metrics if m.metric == "accuracy" and not m.group)
    assert accuracy.value > 0.65


@pytest.mark.parametrize("name", ["planted", "diabetes"])
def test_the_networks_are_trained_and_keep_their_start(name):
    folder = EXAMPLES / name / "model"
    start, end = read_initial(folder), read_bundle(folder).network.state_dict()
    assert start.keys() == end.keys()
    assert any(not torch.equal(start[key], end[key]) for key in start)


def test_the_diabetes_network_trains_again_to_the_same_weights(tmp_path):
    from audit.config import load_config
    from audit.pipeline import train_to_folder
    from audit.progress import Silent

    source = EXAMPLES / "diabetes" / "train.yaml"
    target = tmp_path / "model"
    train_to_folder(load_config(source), target, base=source.parent, progress=Silent())
    again = read_bundle(target).network.state_dict()
    for key, tensor in read_bundle(EXAMPLES / "diabetes" / "model").network.state_dict().items():
        assert torch.allclose(tensor, again[key], atol=1e-4), key
