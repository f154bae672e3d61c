"""Groups that are known by probability alone, and metrics of rows, as the report tells them."""

from __future__ import annotations

import base64
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from audit.metrics.results import MetricResult
from audit.report import render
from audit.report.document import Document, plain
from audit.report.naming import forms_of, kind_of, metric_name
from audit.report.numbers import visible as document_text
from audit.report.sections import performance, uncertain
from evidence_builder import HOSTILE, planted
from evidence_probable import figures, with_probable

SVG = "{http://www.w3.org/2000/svg}"


def block(*names):
    return uncertain.summarise(Document.of(with_probable(planted(), *names))).probable


def texts(image):
    content = base64.b64decode(image.uri.partition(",")[2]).decode()
    return ["".join(node.itertext()) for node in ET.fromstring(content).iter(f"{SVG}text")]


def told(table):
    return [[plain(line) for cell in row for line in cell.lines] for row in table.rows]


def test_estimates_stand_beside_what_could_be():
    (found,) = block()
    rates, gaps = found.tables
    assert told(rates)[0] == [
        "Selection rate", "race = white", "1,234", "55.0%", "[52.0, 59.0]", "46.0%", "63.0%",
    ]  # fmt: skip
    assert told(rates)[2][3].startswith("suppressed: 11.5 rows expected")
    assert told(gaps)[0] == [
        "Selection rate", "race = white", "race = black", "+20.0\N{NO-BREAK SPACE}pp",
        "[+15.0, +26.0]", "+3.0\N{NO-BREAK SPACE}pp", "+37.0\N{NO-BREAK SPACE}pp",
    ]  # fmt: skip
    assert len(rates.rows) == len(gaps.rows) == 9


def test_the_words_say_where_it_comes_from_and_what_it_assumes():
    (found,) = block()
    said = " ".join(plain(item) for item in found.said)
    assert "1,863 rows have probabilities (white in p_white, black in p_black, other in" in said
    assert "37 rows without are left out. They were computed from surname, postcode." in said
    assert "among rows of one proxy value" in said
    assert "No chance is in them" in said


def test_the_figure_says_which_bounds_lie_apart():
    (found,) = block()
    assert "Selection rate of race = white lies above that of race = black" in found.figure.alt
    for image in (found.figure.wide, found.figure.narrow):
        assert "too few" in texts(image)
        assert "55.0%" in texts(image)
    assert found.figure.table == "t-probable-0"


def test_bounds_that_overlap_are_said_to():
    made = figures()
    wide = tuple(
        replace(rate, low=0.0, high=1.0) if rate.value is not None else rate for rate in made.rates
    )
    evidence = replace(planted(), probable=(replace(made, rates=wide),))
    (found,) = uncertain.summarise(Document.of(evidence)).probable
    assert "in no metric do the bounds of two groups lie apart" in found.figure.alt


def test_a_caution_is_said():
    made = replace(figures(), caution="few rows to each")
    (found,) = uncertain.summarise(Document.of(replace(planted(), probable=(made,)))).probable
    assert plain(found.said[-1]) == "Few rows to each."


def test_without_any_estimate_there_are_tables_alone():
    made = figures()
    none = tuple(
        replace(
            rate, value=None, interval=None, low=None, high=None, status="undefined", reason="x"
        )
        for rate in made.rates
    )
    evidence = replace(planted(), probable=(replace(made, rates=none),))
    (found,) = uncertain.summarise(Document.of(evidence)).probable
    assert found.figure is None
    assert told(found.tables[0])[0][-1] == "undefined: x"


def test_more_categories_than_are_drawn_stand_in_the_tables():
    made = figures("race", [f"g{n:02d}" for n in range(14)])
    (found,) = uncertain.summarise(Document.of(replace(planted(), probable=(made,)))).probable
    assert found.capped
    assert len(found.tables[0].rows) == 42
    assert not any("g13" in text for text in texts(found.figure.wide))


def test_hostile_names_stay_text_and_the_page_stays_the_same():
    evidence = with_probable(planted(), *HOSTILE[:3])
    found = uncertain.summarise(Document.of(evidence)).probable
    assert [plain(item.name) for item in found[1:]] == [document_text(name) for name in HOSTILE[:3]]
    page = render(evidence)
    assert page == render(evidence)
    assert b'<img src=x onerror="window' not in page


@pytest.mark.parametrize("name", HOSTILE[3:])
def test_any_name_can_be_laid_out(name):
    (_, found) = block(name)
    assert document_text(name)[:8] in found.figure.alt.replace(name, document_text(name))
    assert len(found.tables[1].rows) == 9


def test_without_such_attributes_the_section_is_as_it_was():
    evidence = replace(planted(), bounds=(), dependence=())
    assert uncertain.summarise(Document.of(evidence)) is None


@pytest.mark.parametrize(
    ("metric", "label", "kind"),
    [
        ("exposure", "Exposure in the ranking", "score"),
        ("top_7_rate", "In the top 7 of its list", "share"),
        ("top_25_share", "Share of the top 25", "share"),
        ("interval_coverage", "Coverage of prediction intervals", "share"),
        ("interval_width", "Width of prediction intervals", "number"),
        ("consistency", "Consistency among similar rows", "score"),
        ("top_x_rate", "top_x_rate", "number"),
    ],
)
def test_metrics_of_rows_have_names_and_units(metric, label, kind):
    assert metric_name(metric).label == label
    assert kind_of(metric) == kind
    assert forms_of(metric).value


def test_metrics_of_rows_stand_in_a_table_of_their_own():
    evidence = planted()
    more = tuple(
        replace(entry, id=f"{entry.id}-x", metric="exposure", value=0.25, interval=None)
        for entry in evidence.metrics
        if isinstance(entry, MetricResult) and entry.metric == "selection_rate"
    )
    document = Document.of(replace(evidence, metrics=(*evidence.metrics, *more)))
    tables = {table.id: table for table in performance.summarise(document).tables}
    assert "t-rows-0" in tables
    assert [plain(c.title) for c in tables["t-rows-0"].columns] == ["Group", "n", "Exposure"]
    heads = [plain(c.title) for c in tables["t-rates-0"].columns]
    assert "Exposure" not in heads
    plain_view = performance.summarise(Document.of(evidence))
    assert not any(table.id.startswith("t-rows") for table in plain_view.tables)
