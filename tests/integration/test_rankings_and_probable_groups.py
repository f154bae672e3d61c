"""From audit.yaml to the report: probable groups, rankings, similar rows, prediction intervals."""

import json
import re

import numpy as np
import pandas as pd
import pytest
import yaml

import audit
from audit.errors import AuditError
from audit.evidence import from_json, to_json
from audit.metrics.measures.consistency import Consistency
from audit.metrics.measures.exposure import NDCG, Exposure, TopK
from audit.metrics.measures.row_metric import Rows
from audit.metrics.statistics.intervals import wilson
from audit.report.rendering import render
from workspace import make

RACE = {
    "name": "race",
    "probabilities": {"white": "p_white", "black": "p_black", "other": "p_other"},
    "proxy": "place",
}
NAMES = ["exposure", "ndcg", "top_5_rate", "top_5_share", "consistency"]


def applicants(rows=1600, seed=4):
    rng = np.random.default_rng(seed)
    place = rng.integers(0, 25, rows)
    chances = rng.dirichlet([3, 2, 1], 25).round(3)[place]
    sex, skill = rng.choice(["F", "M"], rows), rng.normal(size=rows)
    score = 1 / (1 + np.exp(-skill - 0.5 * (sex == "M") - chances[:, 0]))
    frame = pd.DataFrame(
        {
            "sex": sex,
            "skill": skill.round(3),
            "city": rng.choice(["Bonn", "Köln"], rows),
            "place": place,
            "job": rng.integers(0, 40, rows),
            "score": score.round(5),
            "hired": (rng.random(rows) < score).astype(int),
        }
    )
    frame[["p_white", "p_black", "p_other"]] = chances
    frame.loc[frame.index % 50 == 0, ["p_white", "p_black", "p_other"]] = np.nan
    return frame


def configuration(**changes):
    values = {
        "name": "rankings",
        "data": {
            "path": "applicants.csv",
            "target": "hired",
            "sensitive": ["sex", RACE],
            "query": "job",
            "similar": ["skill", "city"],
        },
        "predictions": {"score": "score"},
        "metrics": {"names": NAMES, "neighbours": 4, "compare": ["rest"]},
        "report": {"date": "2026-01-01"},
    }
    for key, value in changes.items():
        values[key] = {**values.get(key, {}), **value}
    return values


@pytest.fixture(scope="module")
def people():
    return applicants()


@pytest.fixture(scope="module")
def folder(people, tmp_path_factory):
    place = tmp_path_factory.mktemp("rankings")
    people.to_csv(place / "applicants.csv", index=False)
    return place


@pytest.fixture(scope="module")
def done(folder):
    path = folder / "audit.yaml"
    path.write_text(yaml.safe_dump(configuration(), allow_unicode=True, sort_keys=False))
    return audit.run(path)


def found(done, metric, **group):
    return next(m for m in done.evidence.metrics if m.metric == metric and m.group == group)


def test_rankings_are_those_of_the_functions_on_the_same_rows(done, people):
    rows = Rows(
        group=(people.sex == "M").to_numpy().astype(np.int64),
        groups=2,
        y_true=people.hired.to_numpy(),
        score=people.score.to_numpy(),
        query=people.job.to_numpy(),
    )
    for metric in (Exposure(), NDCG(), TopK(k=5)):
        measured = metric.measure_rows(rows)
        low, high = measured.limits(1.959963984540054)
        for place, sex in enumerate(("F", "M")):
            entry = found(done, metric.name, sex=sex)
            assert entry.value == pytest.approx(measured.values[place])
            limits = (entry.interval.low, entry.interval.high)
            assert limits == pytest.approx((low[place], high[place]))
            assert entry.n == (rows.group == place).sum()
    shares = [found(done, "top_5_share", sex=sex).value for sex in ("F", "M")]
    assert sum(shares) == pytest.approx(1)


def test_consistency_compares_decisions_by_the_columns_that_are_named(done, people):
    skill = (people.skill - people.skill.mean()) / people.skill.std(ddof=0)
    city = np.sqrt(0.5) * pd.get_dummies(people.city).to_numpy()
    rows = Rows(
        group=np.zeros(len(people), dtype=np.int64),
        groups=1,
        y_pred=(people.score >= 0.5).to_numpy().astype(int),
        features=np.column_stack([skill, city]),
    )
    expected = Consistency(neighbours=4).measure_rows(rows).values[0]
    assert found(done, "consistency").value == pytest.approx(expected)
    told = next(d for d in done.evidence.definitions if d.name == "consistency")
    assert "the 4 nearest rows" in told.definition
    assert "skill (in standard deviations), city (as a category)" in told.definition


def test_they_are_compared_and_corrected_with_the_others(done):
    worst = {
        d.metric: d
        for d in done.evidence.disparities
        if d.selection == "worst_pair" and d.kind == "difference"
    }
    assert {*NAMES, "selection_rate", "imprint"} <= set(worst)
    assert worst["exposure"].a == {"sex": "M"}
    assert worst["exposure"].p_adjusted < 0.05
    assert worst["top_5_share"].p_value is None
    assert {d.metric for d in done.evidence.disparities if d.selection == "rest"} >= set(NAMES)


def test_probable_groups_are_estimated_bounded_and_never_tested(done, people):
    (figures,) = done.evidence.probable
    known = people.dropna()
    assert (figures.n, figures.unknown, figures.values) == (len(known), 32, 25)
    assert figures.categories == ("white", "black", "other")
    selected = (known.score >= 0.5).to_numpy().astype(float)
    weight = known.p_white / known[["p_white", "p_black", "p_other"]].sum(axis=1)
    rate = next(r for r in figures.rates if r.group == {"race": "white"})
    assert rate.metric == "selection_rate"
    assert rate.value == pytest.approx(np.average(selected, weights=weight))
    size = weight.sum() ** 2 / (weight**2).sum()
    assert np.array([rate.interval.low, rate.interval.high]) == pytest.approx(
        np.array(wilson(rate.value * size, size, 1.959963984540054))
    )
    assert rate.low < rate.value < rate.high
    assert len(figures.gaps) == 9
    assert not any("race" in m.group for m in done.evidence.metrics)
    assert not any("race" in d.attributes for d in done.evidence.disparities)


def test_what_could_be_is_said_in_findings_and_scope(done):
    told = [f for f in done.evidence.findings if f.code == "PROBABLE_GAP"]
    assert len(told) == 1
    assert "race is known by probability alone" in told[0].text
    subjects = [entry.subject for entry in done.evidence.not_assessed]
    assert "Tests of differences by race" in subjects
    assert "Rows of unknown race (32)" in subjects


def test_the_report_shows_all_of_it_and_each_number_leads_to_the_evidence(done):
    page = render(done.evidence).decode()
    values = json.loads(to_json(done.evidence))
    for words in (
        "Unknown and probable groups, and numeric attributes",
        "known by probability alone",
        "Exposure in the ranking",
        "Quality of the ranking (NDCG)",
        "In the top 5 of its list",
        "Consistency among similar rows",
        "Rankings, similar rows and prediction intervals by",
    ):
        assert words in page
    places = re.findall(r'data-ref="(/probable/[^"]+)"', page)
    assert len(places) > 60
    for place in places:
        value = values
        for step in place.split("/")[1:]:
            value = value[int(step)] if isinstance(value, list) else value[step]
        assert value is not None


def test_the_evidence_is_read_back_and_the_same_bytes_come_again(done, folder):
    content = to_json(done.evidence)
    assert to_json(from_json(content)) == content
    assert render(from_json(content)) == render(done.evidence)
    assert to_json(audit.run(folder / "audit.yaml").evidence) == content


def test_probabilities_alone_are_an_audit_without_a_verdict(folder):
    settings = configuration(data={"sensitive": [RACE]}, metrics={"names": "default"})
    result = audit.run(settings, base=folder)
    assert result.verdict.word == "Not assessed"
    assert result.evidence.disparities == ()
    assert {tuple(m.group) for m in result.evidence.metrics} == {()}
    assert len(result.evidence.probable[0].gaps) == 9
    reasons = {entry.reason for entry in result.evidence.not_assessed}
    assert "there is no attribute whose groups are known" in reasons
    page = render(result.evidence).decode()
    assert "Metrics of everyone" in page
    assert "known by probability alone" in page


def test_laws_are_filled_where_only_probabilities_are_known(folder):
    settings = configuration(
        data={"sensitive": [RACE]},
        metrics={"names": "default"},
        report={"regimes": ["us-four-fifths", "nyc-ll144"], "date": "2026-01-01"},
    )
    assert len(audit.run(settings, base=folder).evidence.regimes) == 2


def test_people_with_several_rows_and_weights_are_allowed_for(folder, people):
    frame = people.assign(who=people.index // 2, weight=1 + people.index % 3)
    frame.to_csv(folder / "repeated.csv", index=False)
    settings = configuration(
        data={"path": "repeated.csv", "person": "who", "sample_weight": "weight"}
    )
    result = audit.run(settings, base=folder)
    methods = {
        m.metric: m.interval.method
        for m in result.evidence.metrics
        if m.group == {"sex": "F"} and m.interval
    }
    assert methods["exposure"] == methods["consistency"] == "bucket-jackknife"
    assert "ndcg" not in methods
    rate = result.evidence.probable[0].rates[0]
    weight = (frame.p_white * frame.weight)[people.index % 50 != 0]
    assert rate.effective_n <= weight.sum() ** 2 / (weight**2).sum() + 1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"p_white": 60}, "'p_white' .probability, race., row 2: .* 0 to 1, came 60"),
        ({"p_white": 0.9, "p_black": 0.9}, "expected probabilities that add up to 1"),
        ({"p_white": None}, "row 2: expected a number, as in its other columns of race"),
        ({"p_white": "much"}, "row 2: expected a number, came 'much'"),
        ({"skill": None}, "'skill' .similar., row 2: expected a number, came a missing"),
        ({"job": None}, "'job' .query.: expected the list of each row, .* row 2"),
    ],
    ids=range(6),
)
def test_hostile_tables_are_told_in_one_line(changes, message, people, tmp_path):
    frame = people.astype(object)
    for name, value in changes.items():
        frame.loc[1, name] = value
    frame.to_csv(tmp_path / "applicants.csv", index=False)
    with pytest.raises(AuditError, match=message) as caught:
        audit.run(configuration(), base=tmp_path)
    assert "\n" not in str(caught.value)


def test_the_command_line_tells_it_without_a_traceback(tmp_path, monkeypatch, capsys):
    space = make(tmp_path, monkeypatch, capsys)
    space.write(data__sensitive=["sex", {"name": "r", "probabilities": {"a": "p", "b": "q"}}])
    code, _, error = space.audit("run", "audit.yaml")
    assert code == 2
    assert "no column 'p' (probability, r)" in error
    assert len(error.strip().splitlines()) == 1
    assert "Traceback" not in error


def test_a_mitigation_needs_groups_that_are_known(folder):
    settings = configuration(data={"sensitive": [RACE]}, metrics={"names": "default"})
    settings["mitigate"] = [{"method": "threshold_optimizer", "constraint": "demographic_parity"}]
    with pytest.raises(AuditError, match="expected a sensitive attribute whose groups are known"):
        audit.run(settings, base=folder)


def test_prediction_intervals_hold_as_often_as_counted(tmp_path):
    rng = np.random.default_rng(0)
    sex, wage = rng.choice(["F", "M"], 500), rng.normal(50, 10, 500)
    said, reach = wage + rng.normal(0, 5, 500), np.where(sex == "M", 12.0, 4.0)
    frame = pd.DataFrame({"sex": sex, "wage": wage, "said": said})
    frame = frame.assign(low=said - reach, high=said + reach)
    frame.loc[0, "high"] = np.inf
    frame.to_csv(tmp_path / "wages.csv", index=False)
    settings = {
        "name": "intervals",
        "data": {"path": "wages.csv", "target": "wage", "task": "regression", "sensitive": "sex"},
        "predictions": {"score": "said", "lower": "low", "upper": "high"},
        "metrics": {"names": ["interval_coverage"]},
        "report": {"date": "2026-01-01"},
    }
    result = audit.run(settings, base=tmp_path)
    inside = (frame.low <= wage) & (wage <= frame.high)
    for one in ("F", "M"):
        assert found(result, "interval_coverage", sex=one).value == pytest.approx(
            inside[sex == one].mean()
        )
    roles = {column.name: column.roles for column in result.evidence.data.columns}
    assert (roles["low"], roles["high"]) == (("lower",), ("upper",))
    frame.assign(low=frame.high + 1).to_csv(tmp_path / "wages.csv", index=False)
    with pytest.raises(AuditError, match="'low' and 'high', row 2: expected a lower end"):
        audit.run(settings, base=tmp_path)
