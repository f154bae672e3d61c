"""Several classes and numbers: names, units, axes, and what of a binary decision is not said."""

from __future__ import annotations

import base64
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from audit.report import render
from audit.report.document import Document, plain
from audit.report.figures.canvas import NARROW, WIDE
from audit.report.naming import metric_name, metric_rank
from audit.report.sections import (
    calibration,
    classes,
    data,
    disparities,
    drivers,
    glossary,
    method,
    mitigation,
    performance,
    scope,
    training,
    verdict,
    weights,
)
from evidence_builder import HOSTILE, planted
from evidence_tasks import LESIONS, hostile_classes, prices, several_classes

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def of_classes():
    return Document.of(several_classes())


@pytest.fixture(scope="module")
def of_numbers():
    return Document.of(prices())


def texts(image):
    content = base64.b64decode(image.uri.partition(",")[2]).decode()
    return ["".join(node.itertext()) for node in ET.fromstring(content).iter(f"{SVG}text")]


def told(table):
    return [[plain(line) for cell in row for line in cell.lines] for row in table.rows]


def heads(table):
    return [plain(column.title) for column in table.columns]


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("true_positive_rate[cat]", "True positive rate (TPR) of “cat”"),
        ("selection_rate[a]b]", "Selection rate of “a]b”"),
        ("auc[cat]", "Area under the ROC curve (AUC) of “cat”"),
        ("macro_true_positive_rate", "Mean over classes: true positive rate (TPR)"),
        ("worst_class_precision", "Worst class: precision (PPV)"),
        ("unheard_of[cat]", "unheard_of[cat]"),
        ("true_positive_rate[]", "true_positive_rate[]"),
    ],
)
def test_metrics_of_classes_have_names(name, label):
    assert metric_name(name).label == label


def test_rates_of_classes_stand_where_their_rate_stands():
    names = ["precision[a]", "selection_rate[b]", "selection_rate[a]", "precision"]
    ordered = sorted(names, key=metric_rank)
    assert ordered == ["selection_rate[a]", "selection_rate[b]", "precision", "precision[a]"]


def test_a_binary_audit_says_nothing_new():
    document = Document.of(planted())
    assert document.focus == ()
    assert classes.summarise(document) is None
    assert "Class in focus" not in dict(verdict.summarise(document).facts)
    assert performance.summarise(document).more == ()
    assert heads(data.summarise(document).groups)[-2:] == ["Positive labels", "Base rate"]
    assert data.summarise(document).inputs is None


def test_the_verdict_names_the_class_in_focus_and_no_threshold(of_classes):
    facts = dict(verdict.summarise(of_classes).facts)
    assert plain(facts["Class in focus"]) == f"{LESIONS[0]} against all other classes"
    assert plain(facts["Threshold"]).startswith("none: the class with the highest score")


def test_headline_metrics_are_those_of_the_headline_family(of_classes, of_numbers):
    assert len(of_classes.headline) == 3 * len(LESIONS)
    assert of_classes.leading == tuple(
        f"{rate}[{LESIONS[0]}]"
        for rate in ("selection_rate", "true_positive_rate", "false_positive_rate")
    )
    assert of_numbers.headline == ("mean_prediction", "mean_error", "mean_absolute_error")


def test_every_class_has_a_row_and_every_group_a_column(of_classes):
    view = classes.summarise(of_classes)
    table = view.blocks[0].tables[0]
    assert "True positive rate" in plain(table.caption)
    assert [row[0] for row in told(table)] == list(LESIONS)
    assert heads(table) == ["Class", "everyone", "I", "II", "III", "IV", "V", "VI", "unknown"]
    assert not view.some
    small = heads(table).index("VI")
    for row in table.rows:
        assert plain(row[small].lines[0]).startswith("suppressed")


def test_each_rate_of_a_class_is_that_of_the_evidence(of_classes):
    table = classes.summarise(of_classes).blocks[0].tables[0]
    for row in table.rows:
        of = plain(row[0].lines[0])
        for column, cell in zip(table.columns[2:], row[2:], strict=True):
            group = {"skin": plain(column.title)}
            entry = next(
                m
                for m in of_classes.evidence.metrics
                if m.metric == f"true_positive_rate[{of}]" and m.group == group
            )
            if entry.value is not None:
                assert plain(cell.lines[0]) == f"{100 * entry.value:.1f}%"


def test_the_picture_of_classes_marks_the_ends_of_each_class(of_classes):
    figure = classes.summarise(of_classes).blocks[0].figure
    for image, width in ((figure.wide, WIDE), (figure.narrow, NARROW)):
        assert image.width == width
        assert sum(text.startswith("▼") for text in texts(image)) == len(LESIONS)
        assert not any(text == "unknown" for text in texts(image))
    assert "Lowest: " in figure.alt


def test_of_many_classes_it_is_said_that_only_some_are_looked_at():
    evidence = several_classes()
    more = replace(evidence.data, classes=(*evidence.data.classes, "rare"))
    assert classes.summarise(Document.of(replace(evidence, data=more))).some


def test_hostile_classes_are_text_in_pictures_and_tables():
    document = Document.of(hostile_classes())
    block = classes.summarise(document).blocks[0]
    for image in (block.figure.wide, block.figure.narrow):
        assert texts(image)
    for name, row in zip(HOSTILE[:7], block.tables[0].rows, strict=True):
        shown = row[0].lines[0][0]
        assert shown.named
        assert document.at(shown.ref) == name


def test_names_of_classes_in_metrics_are_set_apart(of_classes):
    view = verdict.summarise(of_classes)
    assert view.lead.metric.named
    assert not verdict.summarise(Document.of(planted())).lead.metric.named


def test_tables_by_group_hold_the_class_in_focus_alone(of_classes):
    names = heads(performance.summarise(of_classes).tables[0])
    assert f"TPR of “{LESIONS[0]}”" in names
    assert f"TPR of “{LESIONS[1]}”" not in names
    assert "Accuracy, all classes" in names


def test_numbers_are_in_the_unit_of_the_target(of_numbers):
    view = verdict.summarise(of_numbers)
    assert plain(view.lead.a.value) == "7,289"
    assert plain(view.lead.difference[:1]) == "+17,033"
    assert view.lead.ratio == ()
    assert plain(dict(view.facts)["Threshold"]) == "none: a number is predicted"
    assert "%" not in plain(dict(view.facts)["Best mitigation"])


@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e14])
def test_figures_of_any_unit_have_axes_of_their_own(scale):
    document = Document.of(prices(scale))
    figures = [
        disparities.summarise(document).figure,
        drivers.summarise(document).figure,
        performance.summarise(document).figure,
        *performance.summarise(document).more,
        training.summarise(document).figure,
        mitigation.summarise(document).figure,
        weights.summarise(document).parts[0].check_figure,
    ]
    for figure in figures:
        for image in (figure.wide, figure.narrow):
            said = texts(image)
            assert not any("pp" in text or "%" in text for text in said)
            assert max(map(len, said)) * 6 < image.width


def test_the_tolerance_is_said_in_units_and_where_it_comes_from(of_numbers):
    said = plain(dict(scope.summarise(of_numbers).facts)["Tolerance"])
    assert said.startswith("5,770, in units of the target: 0.05 of its standard deviation of 115,")
    evidence = of_numbers.evidence
    stated = replace(evidence.settings.scale, stated=True, tolerance=2000.0)
    settings = replace(evidence.settings, scale=stated)
    document = Document.of(replace(evidence, settings=settings))
    said = plain(dict(scope.summarise(document).facts)["Tolerance"])
    assert said.startswith("2,000, in units of the target, as stated")


def test_over_and_under_prediction_are_drawn_with_the_error_they_leave(of_numbers):
    figure = performance.summarise(of_numbers).more[-1]
    assert figure.id == "f-errors"
    assert "+7,289" in texts(figure.wide)
    assert "highest ocean proximity = INLAND +7,289" in figure.alt
    assert not any("ISLAND" in text for text in texts(figure.wide))


def test_labels_of_numbers_are_their_mean(of_numbers):
    table = data.summarise(of_numbers).groups
    assert heads(table) == ["Group", "Rows", "Share", "Mean target"]
    assert told(table)[0][3] == "208,506"
    assert "mean targets" in plain(data.summarise(of_numbers).imprint.caption)


def test_training_shows_the_gap_beside_the_loss(of_classes, of_numbers):
    view = training.summarise(of_numbers)
    assert "Largest gap between groups" in texts(view.figure.wide)
    assert heads(view.epochs)[2:] == ["Validation loss", "Validation RMSE", "Validation gap"]
    assert "largest gap between groups" in view.figure.alt
    said = heads(training.summarise(of_classes).epochs)
    assert said[-2:] == ["Validation accuracy", "Validation gap"]
    assert "Largest gap between groups" not in texts(
        training.summarise(Document.of(planted())).figure.wide
    )


def test_a_gap_that_is_known_at_one_epoch_alone_is_drawn():
    evidence = planted()
    first = replace(evidence.training.epochs[0], validation_gap=0.0)
    record = replace(evidence.training, epochs=(first, *evidence.training.epochs[1:]))
    figure = training.summarise(Document.of(replace(evidence, training=record))).figure
    assert "Largest gap between groups" in texts(figure.narrow)


def test_ledgers_of_numbers_say_r2_and_no_decisions(of_numbers):
    part = weights.summarise(of_numbers).parts[0]
    assert "R² with biases" in dict(part.facts)
    assert plain(dict(part.facts)["Score"]) == "predicted values"
    accounts = next(table for table in part.tables if table.id == "t-account-0")
    assert "Decision gap" not in heads(accounts)
    check = next(table for table in part.tables if table.id.startswith("t-check-"))
    assert heads(check)[-1] == "R²"
    assert "mean prediction of" in plain(part.sentences[1])


def test_what_lies_before_a_head_is_said_first(of_numbers):
    said = plain(weights.summarise(of_numbers).parts[0].sentences[0])
    assert "1 embedding before it is not in this ledger" in said


def test_an_unknown_quality_is_no_number():
    evidence = prices()
    ledgers = tuple(
        replace(item, verification=replace(item.verification, accuracy=None))
        if item.verification
        else item
        for item in evidence.weights.ledgers
    )
    document = Document.of(replace(evidence, weights=replace(evidence.weights, ledgers=ledgers)))
    part = weights.summarise(document).parts[0]
    check = next(table for table in part.tables if table.id.startswith("t-check-"))
    assert told(check)[0][-1] == "—"


def test_glossary_and_method_are_those_of_the_task(of_classes, of_numbers):
    terms = {name: dict(glossary.summarise(d).terms) for name, d in
             (("classes", of_classes), ("numbers", of_numbers))}  # fmt: skip
    assert "Class in focus" in terms["classes"]
    assert "TPR" in terms["classes"]
    assert "TPR" not in terms["numbers"]
    assert "units of the target" in terms["numbers"]["Difference"]
    assert any("class in focus" in note for note in method.summarise(of_classes).notes)
    assert any("answers with a number" in note for note in method.summarise(of_numbers).notes)


def test_numbers_have_no_calibration(of_numbers):
    assert calibration.summarise(of_numbers) is None


def test_sections_about_one_class_say_which(of_classes):
    text = render(of_classes.evidence, sections=(drivers, weights, data)).decode()
    said = "Scores and decisions here are about one class, <bdi"
    assert text.count(said) == 2
    assert said not in render(planted(), sections=(drivers, weights, data)).decode()


def test_long_names_of_units_before_a_head_are_written_short():
    evidence = prices()
    renamed = []
    for ledger in evidence.weights.ledgers:
        own = ledger.cut == "fc1" and ledger.level == "unit"
        entries = tuple(
            replace(entry, name=f"trunk.conv2[{n}] at row 1, column {n + 1}") if own else entry
            for n, entry in enumerate(ledger.entries)
        )
        renamed.append(replace(ledger, entries=entries, cut="trunk.conv2" if own else ledger.cut))
    changed = replace(evidence.weights, ledgers=tuple(renamed))
    figure = weights.summarise(Document.of(replace(evidence, weights=changed))).parts[0].figure
    assert "[0] r1 c1" in texts(figure.wide)
    assert "r, c and s: row, column and step" in plain(figure.caption)
    plain_figure = weights.summarise(Document.of(evidence)).parts[0].figure
    assert "r, c and s" not in plain(plain_figure.caption)
