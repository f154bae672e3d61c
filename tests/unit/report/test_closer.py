"""Calibration, thresholds, coverage, subgroups and strata as the report tells them."""

from __future__ import annotations

import base64
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from audit.metrics.subgroups.coverage_results import CoverageCell
from audit.report import render
from audit.report.document import Document, plain
from audit.report.figures.canvas import NARROW, WIDE
from audit.report.sections import calibration, conditional, intersections, method, performance
from evidence_builder import HOSTILE, build, hostile, planted, with_groups
from evidence_curves import with_curves
from evidence_measured import counts

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def document():
    return Document.of(planted())


def texts(image):
    content = base64.b64decode(image.uri.partition(",")[2]).decode()
    return ["".join(node.itertext()) for node in ET.fromstring(content).iter(f"{SVG}text")]


def told(table):
    return [[plain(line) for cell in row for line in cell.lines] for row in table.rows]


def of_chosen(evidence, chosen):
    sweeps = tuple(replace(item, chosen=chosen) for item in evidence.curves.sweeps)
    return Document.of(replace(evidence, curves=replace(evidence.curves, sweeps=sweeps)))


@pytest.mark.parametrize("groups", [2, 4, 5, 50])
def test_figures_of_any_number_of_groups_are_drawn_in_both_widths(groups):
    block = calibration.summarise(Document.of(with_groups(groups))).blocks[0]
    assert [figure.id for figure in block.figures] == ["f-calibration-0", "f-sweep-0"]
    for figure in block.figures:
        assert figure.wide.width == WIDE
        assert figure.narrow.width == NARROW
        assert figure.wide.height < 900
        assert len(texts(figure.wide)) > 10
        assert figure.table in {table.id for table in block.tables}


def test_few_groups_share_a_panel_and_many_show_the_extreme_ones():
    few = calibration.summarise(Document.of(with_groups(4))).blocks[0].figures[0]
    assert sum(text.startswith("region = District") for text in texts(few.wide)) == 4
    many = calibration.summarise(Document.of(with_groups(50))).blocks[0].figures[0]
    assert sum(text.startswith("District") for text in texts(many.wide)) == 8
    assert "furthest above and below" in plain(many.caption)


def test_a_sweep_names_all_of_few_groups_and_the_ends_of_many():
    few = calibration.summarise(Document.of(with_groups(3))).blocks[0].figures[1]
    assert sum(text.startswith("region = ") for text in texts(few.wide)) == 3
    many = calibration.summarise(Document.of(with_groups(10))).blocks[0].figures[1]
    assert sum(text.startswith("region = ") for text in texts(many.wide)) == 2


def test_the_words_give_the_gap_as_decided_and_at_its_largest(document):
    said = [plain(phrase) for phrase in calibration.summarise(document).blocks[0].said]
    sweep = document.evidence.curves.sweeps[0]
    gap = sweep.gaps[0].values
    assert f"At the threshold of 0.5 the selection rates of the groups lie up to {gap[10]:.1%}"[
        :-1
    ] in " ".join(said)
    assert f"at most {max(gap) * 100:.1f}\N{NO-BREAK SPACE}pp" in " ".join(said)
    assert any("stands after correction (adjusted p = 0.012)" in text for text in said)


def test_without_a_chosen_threshold_nothing_is_marked():
    view = calibration.summarise(of_chosen(planted(), None))
    said = " ".join(plain(phrase) for phrase in view.blocks[0].said)
    assert "At the threshold of" not in said
    assert "Over all thresholds" in said
    assert "diamond" not in plain(view.blocks[0].figures[1].caption)


def test_suppressed_and_unknown_groups_are_said_and_not_drawn(document):
    block = calibration.summarise(document).blocks[1]
    assert "race = Other" in plain(block.said[-1])
    drawn = texts(block.figures[0].wide)
    assert not any("Other" in text or "unknown" in text for text in drawn)
    rows = told(next(table for table in block.tables if table.id == "t-calibration-1"))
    assert any("race = unknown" in row for row in rows)
    assert any("18 rows" in text for row in rows for text in row)


def test_a_bin_with_too_few_rows_has_its_size_only(document):
    table = calibration.summarise(document).blocks[1].tables[1]
    small = [row for row in told(table) if "suppressed: too few rows" in row]
    assert small
    assert all(len(row) == 4 for row in small)


def test_a_threshold_table_holds_the_chosen_threshold(document):
    table = calibration.summarise(document).blocks[0].tables[2]
    notes = {plain(column.title): column.note for column in table.columns}
    assert notes["0.5"] == "chosen"
    assert len(table.columns) <= 14


def test_hostile_names_are_text_in_every_figure():
    view = calibration.summarise(Document.of(hostile()))
    for figure in view.blocks[0].figures:
        for image in (figure.wide, figure.narrow):
            assert texts(image)
    assert any(name[:6] in figure.alt for name in HOSTILE for figure in view.blocks[0].figures)


def test_without_scores_there_is_no_section(document):
    assert calibration.summarise(Document.of(with_no_curves())) is None
    assert performance.summarise(document).tables[0].columns[2].title == ("Selection rate",)


def with_no_curves():
    return build([counts({"sex": sex}, 900, 0.4, 0.8, 0.1) for sex in ("Male", "Female")])


def test_scores_that_are_no_probabilities_have_a_sweep_alone():
    evidence = planted()
    evidence = replace(evidence, curves=replace(evidence.curves, calibration=()))
    view = calibration.summarise(Document.of(evidence))
    assert view.uncalibrated
    assert [figure.id for figure in view.blocks[0].figures] == ["f-sweep-0"]


def test_metrics_of_scores_are_no_percentages(document):
    table = calibration.summarise(document).blocks[0].tables[0]
    heads = [plain(column.title) for column in table.columns]
    assert heads == ["Group", "n", "AUC", "Brier score", "Calibration in the large"]
    first = told(table)[0]
    assert not any("%" in text for text in first)
    assert first[-2].endswith("\N{NO-BREAK SPACE}pp")


@pytest.mark.parametrize(
    ("metric", "counted", "form"),
    [
        ("selection_rate", False, "percent1"),
        ("auc", False, "fixed3"),
        ("calibration_in_the_large", False, "points1"),
        ("mean_error", False, "digits4"),
        ("recall[dog]", True, "percent1"),
        ("my_package.metrics:own", False, "digits4"),
    ],
)
def test_how_a_value_is_written_depends_on_the_metric(document, metric, counted, form):
    entry = replace(document.evidence.metrics[0], metric=metric, id="own")
    entry = entry if counted else replace(entry, numerator=None, denominator=None)
    changed = replace(document.evidence, metrics=(*document.evidence.metrics, entry))
    assert Document.of(changed).forms(metric).value == form


def test_a_coverage_map_says_what_was_not_assessed(document):
    view = intersections.summarise(document)
    assert [item.table.id for item in view.maps] == ["t-coverage-2"]
    figure = view.maps[0].figure
    assert "too small" in texts(figure.wide)
    assert "no rows" in texts(figure.wide)
    assert "sex = Female, race = Other (too small)" in figure.alt
    share = document.evidence.coverage[2].assessed_share
    assert f"{share:.1%}" in plain(view.maps[0].words)


def test_a_map_of_many_categories_is_turned_and_one_too_large_is_a_table_only():
    evidence = with_groups(2)
    for many, drawn in ((30, True), (60, False)):
        cells = tuple(
            CoverageCell(group={"sex": sex, "region": f"R{n}"}, n=40, groups=1, status="mixed")
            for sex in ("A", "B")
            for n in range(many)
        )
        made = replace(
            evidence.coverage[0],
            attributes=("sex", "region"),
            categories=(("A", "B"), tuple(f"R{n}" for n in range(many))),
            pooled=(0, 0),
            cells=cells,
        )
        view = intersections.summarise(Document.of(replace(evidence, coverage=(made,))))
        figure = view.maps[0].figure
        assert (figure is not None) == drawn
        assert len(view.maps[0].table.rows) == 2 * many
        if figure is not None:
            assert {"R0", "R29", "40"} <= set(texts(figure.wide))


def test_the_search_is_told_in_words(document):
    search = intersections.summarise(document).searches[0]
    said = " ".join(plain(phrase) for phrase in search.words)
    assert "The search looked at 11 subgroups" in said
    assert "3 further subgroups were too small to look at" in said
    assert "Confirmed: " in said
    assert "The others put forward were not." in said
    assert [row[-1] for row in told(search.found)] == ["yes", "yes", "no"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"found": ()}, "No subgroup was put forward."),
        ({"status": "undefined", "reason": "one row"}, "Undefined: one row."),
        ({"method": "permutation", "permutations": 999}, "outcomes were shuffled 999 times"),
        ({"against": "same_features"}, "others who are alike"),
    ],
)
def test_other_outcomes_of_a_search(changes, words):
    evidence = planted()
    search = replace(evidence.subgroups[0], **changes)
    view = intersections.summarise(Document.of(replace(evidence, subgroups=(search,))))
    assert words in " ".join(plain(phrase) for phrase in view.searches[0].words)


def test_nothing_confirmed_is_said():
    evidence = planted()
    found = tuple(replace(item, confirmed=False) for item in evidence.subgroups[0].found)
    search = replace(evidence.subgroups[0], found=found)
    view = intersections.summarise(Document.of(replace(evidence, subgroups=(search,))))
    assert "None of the subgroups" in plain(view.searches[0].words[-1])


def test_strata_that_turn_a_gap_round_are_flagged(document):
    view = conditional.summarise(document)
    assert view.turned
    rows = told(view.tables[0])
    assert [any("turns round" in text for text in row) for row in rows] == [False, True, False]
    assert any("undefined: no stratum has both groups" in text for text in rows[2])
    assert [table.id for table in view.tables] == ["t-stratified", "t-conditional", "t-strata"]
    assert len(view.tables[2].rows) == 9


def test_every_worst_pair_says_how_sure_it_is(document):
    table = method.summarise(document).power
    made = [
        entry
        for _, entry in document.disparities
        if entry.selection == "worst_pair" and entry.kind == "difference"
    ]
    assert len(table.rows) == len(made)
    assert all("wilson" in row or "welch" in row for row in told(table))


def test_evidence_without_any_of_it_still_makes_a_page():
    text = render(with_no_curves()).decode()
    assert 'id="calibration"' not in text
    assert 'id="conditional"' not in text


def test_curves_change_no_byte_from_run_to_run():
    evidence = with_curves(with_no_curves())
    assert render(evidence) == render(evidence)


def test_definitions_in_the_evidence_are_shown_with_their_source(document):
    told_here = {
        "name": "auc",
        "title": "AUC",
        "definition": "how often a positive scores higher",
        "source": "a paper",
    }
    values = {**document.values, "definitions": [told_here]}
    table = method.summarise(replace(document, values=values)).metrics
    assert plain(table.columns[-1].title) == "Source"
    row = next(row for row in told(table) if row[0].endswith("(AUC)"))
    assert row[1] == "how often a positive scores higher"
    assert row[-1] == "a paper"
    assert "Source" not in [plain(c.title) for c in method.summarise(document).metrics.columns]
