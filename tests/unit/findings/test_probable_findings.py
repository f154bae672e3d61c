"""What is said of groups that are known by probability alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from audit.data.records import DataRecord
from audit.findings import Results, conclude
from audit.findings.words import forbidden_words
from audit.metrics.probable_results import ProbableGap
from evidence_probable import figures
from evidence_records import MODEL

DATA = DataRecord(
    source="s", sha256="0" * 64, rows=1000, columns=(), target="y", splits={"test": 1000},
    split="test", split_source="drawn", unknown={},
)  # fmt: skip


def said(*gaps):
    nothing = {"metrics": (), "disparities": (), "explanations": ()}
    results = Results(
        **nothing, data=DATA, model=MODEL, confidence=0.95, tolerance=0.05,
        minimum_group=30, probable=(replace(figures(), gaps=gaps),),
    )  # fmt: skip
    drawn, _ = conclude(results)
    return [item for item in drawn if item.code == "PROBABLE_GAP"]


def gap(low, high, metric="selection_rate", a="white", b="black", **more):
    value = None if low is None else (low + high) / 2
    return ProbableGap(
        metric=metric, a={"race": a}, b={"race": b}, value=value, low=low, high=high, **more
    )


@pytest.mark.parametrize(
    ("low", "high", "first", "words", "severity"),
    [
        (0.08, 0.2, "white", "by 8.0 pp to 20.0 pp", "medium"),
        (-0.2, -0.08, "black", "by 8.0 pp to 20.0 pp", "medium"),
        (0.01, 0.2, "white", "by 1.0 pp to 20.0 pp", "low"),
    ],
)
def test_a_gap_that_is_there_whoever_belongs_to_a_group(low, high, first, words, severity):
    (found,) = said(gap(low, high), gap(-0.1, 0.1, a="white", b="other"))
    assert f"Selection rate of race = {first} lies above that of" in found.text
    assert words in found.text
    assert found.severity == severity
    assert forbidden_words(found.text) == ()


def test_one_finding_for_each_metric_of_the_widest():
    found = said(gap(0.1, 0.2), gap(0.3, 0.4, b="other"), gap(0.1, 0.2, "true_positive_rate"))
    assert len(found) == 2
    assert "race = other" in found[0].text
    assert found[1].text.startswith("True positive rate")
    assert len({item.id for item in found}) == 2


def test_where_nothing_is_settled_that_is_said():
    (found,) = said(gap(-0.2, 0.3), gap(-0.6, 0.1, b="other"), gap(-1, 1, "false_positive_rate"))
    assert found.severity == "info"
    assert "of race = white less race = other, is −25.0 pp" in found.text
    assert "anything from −60.0 pp to 10.0 pp" in found.text


def test_where_nothing_is_known_nothing_is_said():
    assert said(gap(None, None, status="suppressed", reason="few")) == []
