"""The report is a function of the evidence and of nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass, replace

import matplotlib as mpl
import pytest

from audit.evidence import from_json, to_json
from audit.report import render
from audit.report.rendering import embedded, policy
from audit.report.sections import (
    SECTIONS,
    calibration,
    classes,
    conditional,
    mitigation,
    pictures,
    statements,
    training,
    uncertain,
    verdict,
)
from evidence_builder import VARIANTS, planted, predictions_only


@pytest.fixture(scope="module")
def report():
    return render(planted())


@pytest.mark.parametrize("name", sorted({*VARIANTS} - {"many_groups", "ten_groups", "two_groups"}))
def test_same_bytes_after_a_round_trip(name):
    evidence = VARIANTS[name]()
    assert render(evidence) == render(from_json(to_json(evidence)))


def test_settings_of_the_machine_change_nothing(report):
    with mpl.rc_context({"font.size": 30, "axes.grid": True, "svg.fonttype": "path"}):
        assert render(planted()) == report
        assert mpl.rcParams["font.size"] == 30


def test_another_process_writes_the_same_bytes_without_heavy_libraries(report, tmp_path):
    evidence, written = tmp_path / "audit.json", tmp_path / "report.html"
    evidence.write_bytes(to_json(planted()))
    program = """
import sys
from pathlib import Path
from audit.evidence import from_json
from audit.report import render
source, target = map(Path, sys.argv[1:])
target.write_bytes(render(from_json(source.read_bytes())))
heavy = {"torch", "pandas", "scipy", "sklearn", "captum", "narwhals", "pyarrow"}
print(sorted(heavy & set(sys.modules)), "matplotlib.pyplot" in sys.modules)
"""
    ran = subprocess.run(
        [sys.executable, "-c", program, str(evidence), str(written)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo", "LC_ALL": "C"},
    )
    assert ran.stdout.strip() == "[] False"
    assert written.read_bytes() == report


def test_looking_at_the_package_imports_nothing_heavy():
    program = (
        "import sys, audit.report; print('matplotlib' in sys.modules, 'jinja2' in sys.modules)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() == "False False"


def test_one_changed_number_changes_the_report(report):
    evidence = planted()
    changed = replace(evidence.metrics[0], n=evidence.metrics[0].n + 1)
    assert render(replace(evidence, metrics=(changed, *evidence.metrics[1:]))) != report


def test_embedding_cannot_end_the_script():
    text = embedded(b'{"a":"</script><!--&\xe2\x80\xa8"}')
    assert text == '{"a":"\\u003c/script\\u003e\\u003c!--\\u0026\\u2028"}'


def test_policy_names_the_hash_of_style_and_script():
    # Known values: the SHA-256 of the empty text, in base64.
    empty = "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
    said = policy("", "")
    assert f"style-src '{empty}'" in said
    assert f"script-src '{empty}'" in said


def test_sections_without_content_are_left_out():
    text = render(predictions_only()).decode()
    assert 'id="training"' not in text
    assert "no explanation was computed" in text
    assert [s.KEY for s in SECTIONS if f'<section id="{s.KEY}"' in text] == [
        s.KEY
        for s in SECTIONS
        if s not in (training, mitigation, calibration, classes, conditional, pictures, uncertain)
    ]


def test_any_choice_of_sections_makes_a_page():
    text = render(planted(), sections=(verdict, statements)).decode()
    assert text.count("<section ") == 2
    assert text.count("<h1>") == 1


def test_a_section_of_ones_own_needs_no_change_elsewhere():
    @dataclass(frozen=True)
    class Own:
        KEY = "glossary"
        TITLE = "Words of our own"

        def summarise(self, document):
            return type("View", (), {"terms": ((document.text("/date").text, "a <b>day</b>"),)})

    text = render(planted(), sections=(Own(),)).decode()
    assert "<dt>2026-11-23</dt><dd>a &lt;b&gt;day&lt;/b&gt;</dd>" in text
    assert "Words of our own</h2>" in text


def test_no_inline_style_and_no_address(report):
    text = report.decode()
    assert ' style="' not in text
    assert "http://" not in text
    assert "https://" not in text
