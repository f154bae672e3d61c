"""Sentences made out of evidence say what stands there, and claim nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from audit.findings import forbidden_words
from audit.report.document import Document, plain
from audit.report.sections import disparities, drivers, performance, statements, verdict
from audit.report.sections import training as training_section
from audit.report.wording import leading_features, missable, standing
from evidence_builder import VARIANTS, planted

CALM = [name for name in VARIANTS if name != "hostile"]


def first_screen(document):
    view = verdict.summarise(document)
    return " ".join(plain(phrase) for _, phrase in view.facts)


@pytest.mark.parametrize("name", CALM)
def test_no_forbidden_word_is_generated(name):
    document = Document.of(VARIANTS[name]())
    said = [first_screen(document)]
    for section in (performance, disparities, drivers, training_section):
        view = section.summarise(document)
        figure = view and view.figure
        said += [figure.alt, plain(figure.caption)] if figure else []
    assert forbidden_words(" ".join(said)) == ()


def test_alt_texts_state_the_finding():
    document = Document.of(planted())
    rates = performance.summarise(document).figure.alt
    assert "Selection rate: highest sex = Male 54.3%, lowest race = unknown 19.0%" in rates
    forest = disparities.summarise(document).figure.alt
    assert "largest of these: TPR, worst pair, sex = Male against sex = Female, +17.5" in forest
    steps = drivers.summarise(document).figure.alt
    assert "between sex = Male and sex = Female goes mostly through: hours +7.1" in steps


def test_how_sure():
    document = Document.of(planted())
    assert plain(standing(document)) == "4 of 6 headline comparisons stand after correction"
    assert "could have been missed" not in first_screen(document)
    assert plain(missable(document)) == "gaps smaller than 12.6\u00a0pp could have been missed"


def test_nothing_comparable_is_said_in_words():
    document = Document.of(VARIANTS["not_assessed"]())
    assert "no headline comparison could be made" in first_screen(document)


def test_association_is_said_wherever_features_are_named():
    document = Document.of(planted())
    assert "hours +7.1" in first_screen(document)
    assert "association, not cause" in first_screen(document)
    assert "association, not cause" in drivers.summarise(document).association


def test_leading_features_are_the_first_three():
    document = Document.of(planted())
    gap = next(entry for entry in document.evidence.explanations if entry.level == "gap")
    assert plain(leading_features(document, gap)).count(", ") == 2


def test_no_explanation_is_said_and_not_left_silent():
    document = Document.of(VARIANTS["predictions_only"]())
    assert "not assessed: no explanation of the gap" in first_screen(document)


def test_hard_labels_have_no_threshold():
    evidence = planted()
    evidence = replace(evidence, model=replace(evidence.model, threshold=None))
    assert "labels were given, no threshold" in first_screen(Document.of(evidence))


def test_a_statement_is_signed_or_missing():
    said = statements.summarise(Document.of(planted())).statements
    assert plain(said[0].signed) == "A. Analyst, 2026-11-20"
    assert [entry.text for entry in said[1:]] == [None] * 6
