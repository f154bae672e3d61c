"""Ledgers, mitigation, regimes and comparison, from the command line and from Python."""

from __future__ import annotations

import json
import os

import pytest
import torch
from safetensors.torch import load_file

import audit

AUDIT_DATA = os.environ.get("AUDIT_DATA")
PENALTY = {"method": "fairness_penalty", "updates": 60, "strength": 4.0}
THRESHOLDS = {"method": "threshold_optimizer", "constraint": "demographic_parity"}
SPLIT = {"test": 0.4, "validation": 0.2, "seed": 1}


def run(space, folder="out", **changes):
    space.write(**{"data__split": SPLIT, **changes})
    code, out, err = space.audit("run", "audit.yaml", "--output", folder)
    assert code == 0, err
    return space.evidence(folder), out


def units(evidence, cut="fc1"):
    return next(
        ledger for ledger in evidence["weights"]["ledgers"]
        if ledger["kind"] == "carrier" and ledger["level"] == "unit" and ledger["cut"] == cut
        and ledger["link"] == "probability" and ledger["gap"] == "demographic_parity"
    )  # fmt: skip


@pytest.fixture(scope="module")
def planted():
    torch.set_num_threads(1)
    return audit.run("example_models/planted/audit.yaml")


def test_the_planted_units_carry_the_gap_and_no_other(planted):
    state = load_file("example_models/planted/model/model.safetensors")
    held = state["fc1.weight"][:, 5:8].abs().sum(dim=1)
    wired = {int(unit) for unit in held.nonzero().flatten()}
    leads = {unit for unit in wired if state["fc2.weight"][:, unit].abs().sum() > 0}
    assert (len(wired), len(leads)) == (3, 2)
    found = [
        item for item in planted.ledgers
        if item.kind == "carrier" and item.level == "unit" and item.cut == "fc1"
    ]  # fmt: skip
    assert found
    for ledger in found:
        carriers = {entry.name for entry in ledger.entries if entry.status == "carrier"}
        expected = {f"fc1[{unit}]" for unit in leads} if "sex" in ledger.a else set()
        assert carriers == expected, (ledger.a, ledger.gap, ledger.link)


def test_every_ledger_of_the_planted_network_is_complete(planted):
    assert planted.ledgers
    for ledger in planted.ledgers:
        assert ledger.status == "ok", ledger.reason
        assert abs(ledger.residual) <= ledger.allowed


def test_the_report_points_at_the_planted_units(planted):
    page = planted.report().decode()
    verdict = page[page.index('id="verdict"') : page.index('id="scope"')]
    assert "fc1[8]" in verdict
    assert "fc1[15]" in verdict
    assert "fc1[3]" not in verdict


def test_a_network_of_ones_own_gets_its_ledgers(space):
    evidence, _ = run(space)
    ledger = units(evidence, cut="0")
    assert ledger["status"] == "ok"
    assert ledger["entries"][0]["name"] == "0[2]"


def test_ledgers_can_be_turned_off_and_it_is_said(space):
    evidence, _ = run(space, weights={"gaps": []})
    assert evidence["weights"]["ledgers"] == []
    assert any("ledgers are turned off" in item["reason"] for item in evidence["not_assessed"])


def test_mitigations_are_measured_compared_saved_and_audited_like_any_other(space):
    evidence, _ = run(space, mitigate=[PENALTY, THRESHOLDS])
    names = [item["name"] for item in evidence["mitigations"]]
    assert [item["status"] for item in evidence["mitigations"]] == ["ok", "ok"]
    assert [i["needs_sensitive_at_prediction"] for i in evidence["mitigations"]] == [False, True]
    for name in names:
        assert any(metric["model"] == name for metric in evidence["metrics"])
        changes = [c for c in evidence["comparisons"] if c["mitigated"] == name]
        assert {c["kind"] for c in changes} == {"rate", "gap"}
        everyone = next(
            c for c in changes
            if c["metric"] == "accuracy" and c["kind"] == "rate" and not c["group"]
        )  # fmt: skip
        assert everyone["change"] == pytest.approx(everyone["after"] - everyone["before"])
        assert everyone["interval"]["low"] <= everyone["change"] <= everyone["interval"]["high"]
    saved = space.folder / "out" / evidence["mitigations"][0]["bundle"] / "model.safetensors"
    assert saved.is_file()
    assert space.audit("verify", "out")[0] == 0
    again, _ = run(space, "again", model__weights=str(saved))
    before = {
        m["metric"]: m["value"] for m in evidence["metrics"]
        if m["model"] == names[0] and not m["group"]
    }  # fmt: skip
    for metric in again["metrics"]:
        if not metric["group"]:
            assert metric["value"] == pytest.approx(before[metric["metric"]], abs=1e-9)


def test_a_mitigated_bundle_is_a_bundle(space):
    train = {"model": {"train": {"epochs": 4}}, "data__features": None}
    evidence, _ = run(space, **train, mitigate=[PENALTY])
    place = f"out/{evidence['mitigations'][0]['bundle']}"
    mitigated, _ = run(space, "mitigated", model={"bundle": place}, data__features=None)
    assert mitigated["model"]["sha256"] == evidence["mitigations"][0]["sha256"]


def test_a_mitigation_that_cannot_apply_is_refused_and_the_audit_goes_on(space):
    evidence, _ = run(space, data__split=None, mitigate=[PENALTY])
    assert evidence["mitigations"][0]["status"] == "refused"
    assert "train" in evidence["mitigations"][0]["reason"]
    assert any(f["code"] == "MITIGATION_REFUSED" for f in evidence["findings"])
    given = {"model": None, "data__features": None, "predictions": {"score": "skill"}}
    evidence, _ = run(space, "given", **given, mitigate=[PENALTY], metrics={"threshold": 0})
    assert evidence["mitigations"][0]["status"] == "refused"
    assert evidence["weights"]["ledgers"] == []


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"mitigate": [{"method": "fairness_penality"}]}, "did you mean 'fairness_penalty'"),
        ({"mitigate": [{**PENALTY, "attribute": "age"}]}, "'age'"),
        ({"mitigate": [{**PENALTY, "strenth": 1}]}, "did you mean 'strength'"),
        ({"report__regimes": ["nyc-144"]}, "did you mean 'nyc-ll144'"),
        ({"weights": {"cuts": ["fc9"]}}, "'fc9'"),
        ({"weights": {"gaps": ["parity"]}}, "demographic_parity"),
    ],
)
def test_a_mistake_is_one_line(space, changes, line):
    space.write(**{"data__split": SPLIT, **changes})
    before = space.files()
    code, _, err = space.audit("run", "audit.yaml", "--output", "out")
    assert (code, err.count("\n")) == (2, 1)
    assert line in err
    assert space.files() == before


def test_regimes_are_filled_and_stand_in_the_report(space):
    evidence, _ = run(space, report__regimes=["us-four-fifths", "nyc-ll144"])
    assert [item["id"] for item in evidence["regimes"]] == ["us-four-fifths", "nyc-ll144"]
    known = {m["id"] for m in evidence["metrics"]} | {d["id"] for d in evidence["disparities"]}
    entries = [e for r in evidence["regimes"] for item in r["items"] for e in item["entries"]]
    assert entries
    assert {entry["ref"] for entry in entries} <= known
    page = (space.folder / "out" / "report.html").read_text()
    assert "NOT PROVIDED" in page
    assert "29 CFR 1607.4(D)" in page


def test_two_audits_of_the_same_rows_stand_side_by_side(space):
    first, _ = run(space, "first", mitigate=[PENALTY])
    weights = space.folder / "first" / first["mitigations"][0]["bundle"] / "model.safetensors"
    run(space, "second", model__weights=str(weights))
    code, out, err = space.audit("compare", "first", "second", "--output", "beside")
    assert code == 0, err
    assert "Disparities: " in out
    found = json.loads((space.folder / "beside" / "comparison.json").read_text())
    gap = next(
        row for row in found["rows"]
        if row["metric"] == "selection_rate" and row["kind"] == "difference"
        and row["model"] == "baseline"
    )  # fmt: skip
    assert abs(gap["after"]) < abs(gap["before"])
    page = (space.folder / "beside" / "comparison.html").read_text()
    assert "Two audits of the same rows" in page
    assert space.audit("verify", "beside")[0] == 0


def test_audits_of_other_rows_are_not_compared(space):
    run(space, "first")
    run(space, "second", data__split={"test": 0.5, "seed": 9})
    code, _, err = space.audit("compare", "first", "second")
    assert (code, err.count("\n")) == (2, 1)
    assert "expected two audits of the same rows" in err
    assert space.audit("compare", "first", "nowhere")[0] == 2


@pytest.mark.data
@pytest.mark.skipif(not AUDIT_DATA, reason="AUDIT_DATA names no folder of data sets")
@pytest.mark.parametrize("name", ["adult", "compas"])
def test_real_people_are_audited_whole_with_two_mitigations(name):
    adult = {
        "path": "tabular/adult.csv.gz", "missing": ["?"], "sensitive": ["sex"],
        "target": {"column": "income", "positive": [">50K", ">50K."]},
        "features": {"exclude": ["fnlwgt"]},
        "split": {"column": "split", "train": "train", "test": "test"},
    }  # fmt: skip
    compas = {
        "path": "tabular/compas_two_years.csv.gz", "target": "two_year_recid",
        "sensitive": ["race"], "split": {"test": 0.4, "validation": 0.1, "seed": 0},
        "features": {"include": ["age", "priors_count", "juv_fel_count", "juv_misd_count",
                                 "juv_other_count", "c_charge_degree"]},
    }  # fmt: skip
    result = audit.run(
        {
            "name": name,
            "data": {"adult": adult, "compas": compas}[name],
            "model": {"train": {"hidden": [32, 16], "epochs": 10, "batch_size": 256, "lr": 2e-3}},
            "mitigate": [{"method": "fairness_penalty"}, THRESHOLDS],
            "report": {"regimes": ["us-four-fifths"], "date": "2026-11-23"},
        }
    )
    assert [item.status for item in result.evidence.mitigations] == ["ok", "ok"]
    assert all(item.status == "ok" for item in result.ledgers)
    assert len(result.report()) < 2_000_000
    gap = next(
        c for c in result.evidence.comparisons
        if c.kind == "gap" and c.metric == "selection_rate" and c.mitigated == "fairness_penalty-1"
    )  # fmt: skip
    accuracy = next(
        c for c in result.evidence.comparisons
        if c.kind == "rate" and c.metric == "accuracy" and not c.group
        and c.mitigated == "fairness_penalty-1"
    )  # fmt: skip
    if name == "adult":
        assert abs(gap.after) <= 0.5 * abs(gap.before)
        assert accuracy.change >= -0.01
    else:
        assert abs(gap.after) < abs(gap.before)


def test_fine_tuning_is_accounted_for_weight_by_weight(planted):
    moved = [item for item in planted.ledgers if item.kind == "change" and "sex" in item.a]
    assert {item.level for item in moved} == {"layer", "weight"}
    for ledger in moved:
        assert ledger.model == "fairness_penalty-1"
        assert abs(ledger.residual) <= ledger.allowed
    layers = next(item for item in moved if item.level == "layer")
    assert {entry.name for entry in layers.entries} == {"fc1", "fc2", "out"}
    listed = sum(entry.value for entry in layers.entries)
    assert layers.total == pytest.approx(listed + layers.residual)


def test_entries_of_a_ledger_are_a_table(planted):
    table = planted.ledger("carrier", cut="fc1", level="unit", link="probability").to_frame()
    assert set(table["name"][:2]) == {"fc1[8]", "fc1[15]"}
    with pytest.raises(audit.AuditError, match="no ledger with .* there are cuts"):
        planted.ledger("carrier", cut="fc9")
