"""Values by their place, and what stands there when there is no value."""

from __future__ import annotations

from dataclasses import replace

import pytest

from audit.metrics.results import Interval
from audit.report.comparisons import pairs
from audit.report.document import Document, escape, plain, unescape
from evidence_builder import planted


@pytest.fixture(scope="module")
def document():
    return Document.of(planted())


def place_of(document, status):
    entries = document.evidence.metrics
    return next(f"/metrics/{n}" for n, entry in enumerate(entries) if entry.status == status)


def test_a_value_or_its_reason(document):
    assert plain(document.value("/metrics/0", "percent1")) == "45.9%"
    undefined = plain(document.value(place_of(document, "undefined"), "percent1"))
    assert undefined == "undefined: group has no positive labels"
    suppressed = plain(document.value(place_of(document, "suppressed"), "percent1"))
    assert suppressed == "suppressed: 18 rows, under the minimum of 30"


def test_intervals(document):
    assert plain(document.interval("/metrics/0", "hundred1")) == "[44.6, 47.1]"
    assert document.interval(place_of(document, "undefined"), "hundred1") == ()


def test_an_interval_without_upper_limit_says_so():
    evidence = planted()
    open_ended = Interval(low=0.5, high=None, level=0.95, method="mover-r")
    first = replace(evidence.disparities[0], kind="ratio", interval=open_ended)
    document = Document.of(replace(evidence, disparities=(first, *evidence.disparities[1:])))
    assert plain(document.interval("/disparities/0", "ratio3")) == "[0.500, no upper limit]"


def test_pointers_survive_hostile_keys():
    evidence = planted()
    key = "a/b~c%d\x00e"
    document = Document.of(replace(evidence, config=replace(evidence.config, values={key: 1})))
    shown = document.path(f"/config/values/{escape(key)}")
    assert document.at(shown.ref) == 1
    assert shown.text == "a/b~c%d␀e"
    assert "\x00" not in shown.place
    assert unescape(escape(key)) == key


def test_difference_and_ratio_of_one_pair_stand_together(document):
    worst = pairs(document, lambda entry: entry.selection == "worst_pair")
    rates = [pair for pair in worst if pair.first.metric != "calibration_in_the_large"]
    assert all(pair.difference and pair.ratio for pair in rates)
    differences = [
        entry
        for entry in document.evidence.disparities
        if entry.selection == "worst_pair" and entry.kind == "difference"
    ]
    assert len(worst) == len(differences)
    assert all(pair.turned for pair in rates)  # lower rate over higher rate
    reference = pairs(document, lambda entry: entry.selection == "reference")
    assert not any(pair.turned for pair in reference if pair.ratio)


def test_the_clearest_headline_comparison_comes_first(document):
    first = pairs(document, lambda entry: entry.selection == "worst_pair")[0].first
    assert first.metric in ("selection_rate", "true_positive_rate")
    assert first.attributes == ("sex",)


def test_a_ratio_alone_is_still_a_comparison():
    evidence = planted()
    ratios = tuple(entry for entry in evidence.disparities if entry.kind == "ratio")
    document = Document.of(replace(evidence, disparities=ratios))
    made = pairs(document, lambda entry: True)
    assert len(made) == len(ratios)
    assert all(pair.difference is None and pair.place == pair.ratio for pair in made)
