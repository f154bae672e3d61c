"""Networks trained in an audit whose groups are probable, and mitigations of its rankings."""

import pytest

import audit
from tables import people

GENERATION = {"name": "generation", "probabilities": {"old": "p_old", "young": "p_young"}}


@pytest.fixture
def folder(tmp_path):
    frame = people(count=900)
    share = (frame["age"] / 100).round(2)
    frame.assign(p_old=share, p_young=1 - share).to_csv(tmp_path / "people.csv", index=False)
    return tmp_path


def settings(sensitive, **more):
    return {
        "name": "networks",
        "data": {
            "path": "people.csv",
            "target": "hired",
            "sensitive": sensitive,
            "similar": ["skill", "commute"],
            "features": {"exclude": ["age"]},
            "split": {"test": 0.4, "validation": 0.2, "seed": 1},
        },
        "model": {"train": {"hidden": [3], "epochs": 2}},
        "explain": {"rows": 100},
        "weights": {"rows": 100, "permutations": 100},
        "report": {"date": "2026-01-01"},
        **more,
    }


def test_a_network_is_audited_where_groups_are_probable_alone(folder):
    result = audit.run(settings([GENERATION]), base=folder)
    assert result.verdict.word == "Not assessed"
    assert result.evidence.probable[0].n == 360
    assert result.evidence.weights.ledgers == ()
    roles = {column.name: column.roles for column in result.evidence.data.columns}
    assert roles["p_old"] == ("probability",)
    assert roles["skill"] == ("feature", "similar")
    assert b"known by probability alone" in result.report()


def test_a_mitigated_model_without_scores_is_measured_by_what_it_has(folder):
    asked = {"names": ["auc", "exposure", "top_5_rate", "consistency"]}
    mitigate = [{"method": "threshold_optimizer", "constraint": "demographic_parity"}]
    given = settings(["sex", GENERATION], metrics=asked, mitigate=mitigate)
    evidence = audit.run(given, base=folder).evidence
    assert [item.status for item in evidence.mitigations] == ["ok"]
    measured = {
        (entry.model == "baseline", entry.metric)
        for entry in evidence.metrics
        if entry.status == "ok"
    }
    scored = {"auc", "exposure", "top_5_rate"}
    assert {(True, name) for name in (*scored, "consistency")} <= measured
    assert (False, "consistency") in measured
    assert not {(False, name) for name in scored} & measured
