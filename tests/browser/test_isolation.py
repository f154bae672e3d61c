"""One file that asks for nothing, lets nothing run, and stays small and quick."""

from __future__ import annotations

import gzip
import re

import pytest

from audit.canonical import canonical_json
from audit.evidence import to_json
from evidence_builder import HOSTILE, VARIANTS

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("offline", [False, True])
def test_nothing_is_requested(open_page, rendered, offline):
    page = open_page("planted", offline=offline)
    page.wait_for_load_state("networkidle")
    outside = [url for url in page.requested if not url.startswith("data:")]
    assert outside == [rendered("planted").url]
    assert page.problems == []
    assert page.locator("h1").count() == 1


@pytest.mark.parametrize("name", VARIANTS)
def test_small(rendered, name):
    content = rendered(name).content
    assert len(content) < 2_000_000
    assert len(gzip.compress(content)) < 500_000


def test_tables_cut_for_size_say_how_many_rows_the_evidence_holds(open_page, rendered):
    """Nothing is cut in silence, and findings never."""
    page = open_page("many_groups")
    assert page.locator("#evidence").count() == 0
    assert "beside this page" in page.locator("footer").text_content()
    told = page.locator("[data-rows='#t-rates-0']").text_content()
    groups = {entry.n for entry in rendered("many_groups").evidence.data.groups}
    assert len(groups) > 100
    assert int(told) == len(rendered("many_groups").evidence.data.groups)
    assert page.locator("#t-rates-0 tbody tr").count() < int(told)
    findings = len(rendered("many_groups").evidence.findings)
    assert page.locator("#t-findings tbody tr").count() == findings


def test_a_thousand_findings_are_all_there(open_page):
    """How long the page takes to load is measured in benchmarks/bench_report.py."""
    page = open_page("thousand_findings")
    assert page.locator("#t-findings tbody tr").count() == 1000


def test_policy_allows_only_what_is_ours(open_page):
    page = open_page("planted")
    policy = page.locator("meta[http-equiv='Content-Security-Policy']").get_attribute("content")
    parts = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert parts["default-src"] == "'none'"
    assert parts["img-src"] == "data:"
    assert parts["base-uri"] == parts["form-action"] == "'none'"
    for kind in ("style-src", "script-src"):
        assert re.fullmatch(r"'sha256-[A-Za-z0-9+/=]{44}'", parts[kind])
    # Both hashes fit: the style counts and the script ran.
    assert page.evaluate("getComputedStyle(document.body).marginTop") == "0px"
    assert page.locator("th button").count() > 0
    assert page.locator("[style]").count() == 0


def test_policy_blocks_an_injected_handler(open_page):
    page = open_page("planted")
    page.evaluate(
        """() => { document.body.insertAdjacentHTML('beforeend',
        '<img src="data:image/png;base64,AA" onerror="window.owned=1">'); }"""
    )
    page.wait_for_timeout(200)
    assert page.evaluate("window.owned") is None
    assert any("Content Security Policy" in problem for problem in page.problems)


def seen(text):
    """What a reader sees of a name: controls as pictures."""
    shown = ""
    for char in text:
        if ord(char) < 0x20:
            shown += chr(0x2400 + ord(char))
        elif char == "\x7f":
            shown += "␡"
        else:
            shown += char
    return shown


@pytest.mark.parametrize("width", [1280, 320])
def test_hostile_names_show_and_do_not_run(open_page, width):
    page = open_page("hostile", width=width)
    page.wait_for_timeout(100)
    assert page.evaluate("window.owned") is None
    assert page.problems == []
    assert page.locator("img[src='x'], main b, main svg[onload]").count() == 0
    text = page.evaluate("document.body.textContent")
    for name in HOSTILE:
        assert page.locator("#scope li").evaluate_all(
            "(items, name) => items.some(item => item.textContent === name)", seen(name)
        )
        assert f"= {seen(name)}" in text
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    images = "Array.from(document.images).every(i => i.complete && i.naturalWidth > 0)"
    assert page.evaluate(images)


def test_a_direction_override_stays_in_its_place(open_page):
    page = open_page("hostile")
    box = """() => { const items = document.querySelectorAll('bdi.bidi');
        return Array.from(items).every(i => getComputedStyle(i).display === 'inline-block'); }"""
    assert page.locator("bdi.bidi").count() > 0
    assert page.evaluate(box)


@pytest.mark.parametrize("name", ["planted", "hostile"])
def test_embedded_evidence_is_escaped_and_whole(open_page, rendered, name):
    report = rendered(name)
    assert not set("<>&\u2028\u2029") & set(report.embedded)
    parsed = open_page(name).evaluate("JSON.parse(document.getElementById('evidence').textContent)")
    assert parsed == report.json
    assert canonical_json(report.json) == to_json(report.evidence)
