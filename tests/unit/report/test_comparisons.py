"""Comparisons: what stands beside a worst pair, and which of many groups are drawn."""

from __future__ import annotations

from dataclasses import replace

import pytest

from audit.report.document import Document, plain
from audit.report.sections import disparities
from evidence_builder import planted, with_groups

RACE = ("race",)


def changed(**fields):
    """Change the worst pair of selection rates by race."""
    evidence = planted()
    made = tuple(
        replace(item, **fields)
        if item.metric == "selection_rate"
        and item.selection == "worst_pair"
        and item.attributes == RACE
        and item.kind == "difference"
        else item
        for item in evidence.disparities
    )
    return disparities.summarise(Document.of(replace(evidence, disparities=made)))


def worst_row(view):
    table = view.tables[0]
    assert table.id == "t-worst"
    heads = [f"{plain(column.title)} {column.note}".strip() for column in table.columns]
    row = next(
        row
        for row in table.rows
        if row[0].key == "selection_rate" and "race" in plain(row[1].lines[0])
    )
    return dict(zip(heads, ([plain(line) for line in cell.lines] for cell in row), strict=True))


def test_shrunken_gap_and_homogeneity_stand_beside_the_largest_gap():
    view = changed(shrunken=0.031, test="homogeneity (chi-squared)", range_p=0.2)
    row = worst_row(view)
    assert row["Difference A\N{NO-BREAK SPACE}−\N{NO-BREAK SPACE}B"][-1] == (
        "shrunken +3.1\N{NO-BREAK SPACE}pp"
    )
    assert row["p raw"][1:] == ["homogeneity (chi-squared)", "range test 0.200"]
    assert disparities.SHRUNKEN in view.notes


@pytest.mark.parametrize(("p", "words"), [(0.021, "shown, taken alone"), (0.3, "not shown")])
def test_equivalence_is_told_with_its_unadjusted_p(p, words):
    view = changed(equivalence_p=p)
    assert worst_row(view)["Within tolerance p, unadjusted"] == [f"{p:.3f}", words]
    assert "not adjusted" in " ".join(view.notes)


def test_columns_that_say_nothing_are_left_out():
    heads = worst_row(changed())
    assert "Within tolerance p, unadjusted" not in heads
    assert not any("shrunken" in line for lines in heads.values() for line in lines)


def test_what_is_established_is_said_where_the_largest_gap_may_be_chance():
    pair = ({"race": "White"}, {"race": "Asian"})
    interval = replace(planted().disparities[0].interval, low=0.012, high=0.2)
    view = changed(established=pair, p_adjusted=0.001, interval=interval)
    said = " ".join(plain(phrase) for phrase in view.cautions)
    assert "Selection rate by race" in said
    assert "between race = White and race = Asian of at least 1.2\N{NO-BREAK SPACE}pp" in said


def test_groups_that_differ_without_an_established_pair_are_said():
    interval = replace(planted().disparities[0].interval, low=0.0, high=0.2)
    view = changed(p_adjusted=0.001, interval=interval, test="homogeneity (permutation)")
    assert any("of no single pair" in plain(phrase) for phrase in view.cautions)


@pytest.mark.parametrize("selection", ["rest", "overall"])
def test_groups_against_the_rest_have_a_table(selection):
    evidence = planted()
    pair = next(
        d
        for d in evidence.disparities
        if d.selection == "reference" and d.kind == "difference" and d.attributes == RACE
    )
    everyone = next(m for m in evidence.metrics if m.metric == pair.metric and not m.group)
    against = replace(pair, id="new", selection=selection, b={}, b_metric=everyone.id)
    evidence = replace(evidence, disparities=(*evidence.disparities, against))
    view = disparities.summarise(Document.of(evidence))
    table = next(table for table in view.tables if table.id == f"t-{selection}")
    assert table.folded
    said = [plain(line) for line in table.rows[0][2].lines]
    if selection == "rest":  # its rate stands nowhere in the evidence
        assert said == ["everyone else"]
    else:
        assert said[0] == "everyone"
        assert f"{everyone.value:.1%}" in said[1]


@pytest.mark.parametrize(("groups", "lines"), [(2, 3 + 3), (10, 3 + 12), (50, 3 + 12)])
def test_the_forest_stays_on_one_page(groups, lines):
    view = disparities.summarise(Document.of(with_groups(groups)))
    assert view.figure.wide.height <= 6 * 30 + lines * 42 + 60
    assert view.capped  # other metrics stand in the tables
    assert {table.id for table in view.tables} == {"t-worst", "t-reference"}
