"""Regimes of several classes and of numbers."""

import pytest

import audit
from tasks import numbers, rows, several

REGIMES = ["us-four-fifths", "nyc-ll144"]


@pytest.fixture
def filled(tmp_path):
    rows(400).to_csv(tmp_path / "rows.csv", index=False)

    def run(values):
        evidence = audit.run(
            {**values, "report": {"regimes": REGIMES, "date": "2026-01-01"}}, base=tmp_path
        ).evidence
        items = {(r.id, item.key): item for r in evidence.regimes for item in r.items}
        figures = {item.id: item for item in (*evidence.metrics, *evidence.disparities)}
        return items, figures

    return run


def test_of_several_classes_the_one_in_focus_counts_as_selected(filled):
    items, figures = filled(several())
    rates, ratios = (items["us-four-fifths", key] for key in ("selection_rates", "impact_ratios"))
    assert (rates.status, ratios.status) == ("filled", "filled")
    assert "predicted as 'cat'" in rates.text
    assert {figures[entry.ref].metric for entry in rates.entries} == {"selection_rate[cat]"}
    for entry in ratios.entries:
        ratio = figures[entry.ref]
        assert (ratio.metric, ratio.kind) == ("selection_rate[cat]", "ratio")
        a, b = figures[ratio.a_metric].value, figures[ratio.b_metric].value
        assert ratio.value == pytest.approx(a / b)
        assert a <= b
        assert entry.note == ("under four fifths" if ratio.value < 0.8 else "")
    scoring = items["nyc-ll144", "impact_ratio_scoring"]
    assert {figures[entry.ref].metric for entry in scoring.entries} == {"scoring_rate"}
    assert items["nyc-ll144", "impact_ratio_selection"].entries == ratios.entries[:0] + tuple(
        type(entry)(ref=entry.ref) for entry in ratios.entries
    )


def test_of_numbers_nobody_is_selected_but_scores_are_ranked(filled):
    items, figures = filled(numbers())
    for key in (
        ("us-four-fifths", "selection_rates"),
        ("us-four-fifths", "impact_ratios"),
        ("nyc-ll144", "rows_per_category"),
        ("nyc-ll144", "impact_ratio_selection"),
    ):
        assert items[key].status == "not applicable"
        assert "selects nobody" in items[key].reason
        assert items[key].entries == ()
    scoring = items["nyc-ll144", "scoring_rates"]
    assert scoring.status == "filled"
    shown = [figures[entry.ref] for entry in scoring.entries]
    overall = {m.group["sex"]: m.value for m in shown if list(m.group) == ["sex"]}
    frame = rows(400)
    above = frame.guess > frame.guess.median()
    assert overall == pytest.approx(above.groupby(frame.sex).mean().to_dict())


def test_rows_of_unknown_group_are_counted_of_numbers_too(tmp_path):
    frame = rows(400)
    frame.loc[:39, "sex"] = None
    frame.to_csv(tmp_path / "rows.csv", index=False)
    evidence = audit.run(
        numbers(report={"regimes": ["nyc-ll144"], "date": "2026-01-01"}), base=tmp_path
    ).evidence
    (item,) = (i for r in evidence.regimes for i in r.items if i.key == "unknown_category")
    (entry,) = item.entries
    (metric,) = (m for m in evidence.metrics if m.id == entry.ref)
    assert (metric.metric, metric.n, metric.group) == ("mean_prediction", 40, {"sex": "unknown"})
