"""Mitigations and regimes as the report reads them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from audit.metrics.results import Interval
from audit.report import render
from audit.report.document import Document, plain
from audit.report.first_screen import best_mitigation
from audit.report.mitigations import best, everyone, mitigated
from audit.report.sections import disparities, method, mitigation, performance, regimes
from evidence_builder import VARIANTS, planted
from evidence_mitigated import REFUSED


@pytest.fixture(scope="module")
def document():
    return Document.of(planted())


def test_the_best_narrows_the_leading_gap_most(document):
    item = best(document)
    assert item.record.name == "fairness_penalty-1"
    assert (item.lead.record.metric, item.lead.record.a) == ("selection_rate", {"sex": "Male"})
    said = plain(best_mitigation(document))
    assert said.startswith("fairness_penalty-1: gap +17.1\u00a0pp → +5.7\u00a0pp (change [")
    change = everyone(item).record
    assert f"{change.gained} gain, {change.lost} lose a positive outcome" in said


def test_a_gap_turned_over_is_not_narrower_than_it_is(document):
    evidence = document.evidence
    turned = tuple(
        replace(c, after=-3 * c.before, change=-4 * c.before)
        if c.kind == "gap" and c.mitigated == "fairness_penalty-1"
        else c
        for c in evidence.comparisons
    )
    other = Document.of(replace(evidence, comparisons=turned))
    assert best(other).record.name == "threshold_optimizer-2"
    assert "⚠ decides with the sensitive attribute; ⚠ levelling down by sex" in plain(
        best_mitigation(other)
    )


def test_refused_mitigations_give_their_reason():
    document = Document.of(VARIANTS["no_disparity"]())
    assert plain(best_mitigation(document)) == "none could be run"
    part = mitigation.summarise(document).parts[0]
    assert plain(part.warnings[0]) == f"⚠ Refused: {REFUSED.reason}"
    assert mitigation.summarise(document).figure is None


def test_the_need_for_the_attribute_and_levelling_down_are_said(document):
    parts = {plain(part.title): part for part in mitigation.summarise(document).parts}
    warned = " ".join(plain(w) for w in parts["threshold_optimizer-2"].warnings)
    assert "⚠ Decides with the sensitive attribute itself: sex" in warned
    assert (
        "⚠ Levelling down: True positive rate (TPR) by sex: The true positive rate of sex = Male"
        in warned
    )
    assert parts["fairness_penalty-1"].warnings == ()


def test_no_mitigation_no_section():
    assert mitigation.summarise(Document.of(VARIANTS["two_groups"]())) is None
    assert best_mitigation(Document.of(VARIANTS["two_groups"]())) == ()


def test_all_mitigations_are_judged_by_one_gap(document):
    leads = {
        (item.lead.record.metric, str(item.lead.record.a))
        for item in mitigated(document)
        if item.lead is not None
    }
    assert len(leads) == 1


def test_alternative_text_of_the_frontier_states_cost_and_gap(document):
    alt = mitigation.summarise(document).figure.alt
    assert "Baseline: gap +17.1\u00a0pp" in alt
    assert "fairness_penalty-1: gap +5.7\u00a0pp, accuracy −" in alt


@pytest.mark.parametrize("section", [performance, disparities, method])
def test_other_sections_show_the_baseline_alone(section):
    """Metrics of a mitigated model change nothing there."""
    evidence = planted()
    alone = replace(evidence, metrics=tuple(m for m in evidence.metrics if m.model == "baseline"))
    assert len(alone.metrics) < len(evidence.metrics)
    first, second = (
        render(e, sections=(section,)).decode().split('<script type="application/json"')[0]
        for e in (evidence, alone)
    )
    strip = lambda text: __import__("re").sub(r"/metrics/\d+", "", text)  # noqa: E731 - places move
    assert strip(first) == strip(second)


def test_highest_ratios_stand_in_the_crosswalk_only(document):
    assert any(d.selection == "highest" for d in document.evidence.disparities)
    view = disparities.summarise(document)
    shown = [part.ref for table in view.tables for part in _shown(table)]
    highest = [f"{place}/" for place, d in document.disparities if d.selection == "highest"]
    assert not any(ref.startswith(tuple(highest)) for ref in shown)
    crosswalk = regimes.summarise(document)
    tables = [item.table for regime in crosswalk.regimes for item in regime.measured if item.table]
    assert any(ref.startswith(tuple(highest)) for t in tables for ref in (p.ref for p in _shown(t)))


def _shown(table):
    return [
        part
        for row in table.rows
        for cell in row
        for line in cell.lines
        for part in line
        if not isinstance(part, str)
    ]


def test_a_note_of_a_regime_stands_beside_its_figure(document):
    crosswalk = regimes.summarise(document)
    four_fifths = next(r for r in crosswalk.regimes if "Four-fifths" in r.title.text)
    table = next(i.table for i in four_fifths.measured if i.table.columns[-1].title == ("Note",))
    rows = {row[0].lines[0][0].text: row for row in table.rows}
    noted = rows["sex = Female"]
    assert plain(noted[3].lines[0]) == "0.685"
    assert plain(noted[-2].lines[0]) == "pooled z"
    assert plain(noted[-1].lines[0]) == "under four fifths"


def test_scores_that_do_not_exist_make_a_quantity_not_applicable():
    crosswalk = regimes.summarise(Document.of(VARIANTS["predictions_only"]()))
    reasons = [plain(item.reason) for regime in crosswalk.regimes for item in regime.measured]
    assert reasons.count("Not applicable: the model gives labels, no scores") == 2


def test_what_nobody_said_is_not_provided(document):
    for regime in regimes.summarise(document).regimes:
        missing = {item.text.text: item.missing for item in regime.human}
        assert any(missing.values())
        assert not all(missing.values())  # the intended use is stated


def test_a_ratio_without_upper_limit_is_said_in_the_crosswalk():
    evidence = planted()
    open_ended = Interval(low=0.5, high=None, level=0.95, method="mover-r")
    changed = tuple(
        replace(d, interval=open_ended) if d.selection == "highest" else d
        for d in evidence.disparities
    )
    text = render(replace(evidence, disparities=changed), sections=(regimes,)).decode()
    assert "no upper limit" in text
