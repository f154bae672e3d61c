"""Two audits on one page: nothing asked for, everybody can read it, figures are the JSON's."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from axe_playwright_python.sync_playwright import Axe

from audit.comparing import compare
from audit.report import render_side_by_side
from audit.report.side_by_side import ORDER
from evidence_builder import HOSTILE, VARIANTS

pytestmark = pytest.mark.browser
RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21aa"]}}


@pytest.fixture
def beside():
    first = VARIANTS["planted"]()
    narrowed = tuple(
        replace(item, value=item.value / 2) if item.metric == "accuracy" and item.value else item
        for item in first.metrics
    )
    return compare(first, replace(first, metrics=narrowed, title=HOSTILE[0]))


@pytest.fixture
def page(browser, beside, tmp_path, request):
    path = tmp_path / "comparison.html"
    path.write_bytes(render_side_by_side(beside))
    context = browser.new_context(viewport={"width": 390, "height": 800}, color_scheme="dark")
    page = context.new_page()
    page.requested, page.problems = [], []
    page.on("request", lambda asked: page.requested.append(asked.url))
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.goto(path.as_uri())
    yield page
    context.close()


def test_it_asks_for_nothing_and_runs_nothing(page):
    assert [url for url in page.requested if not url.startswith("data:")] == [page.url]
    assert page.problems == []
    assert page.locator("h1").count() == 1
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_axe_finds_no_violation(page):
    found = Axe().run(page, options=RULES).response
    assert [item["id"] for item in found["violations"]] == []


def test_figures_are_those_of_the_json(page, beside):
    carried = json.loads(page.locator("#evidence").text_content())
    assert carried == json.loads(beside.to_json())
    shown = page.locator("#t-metric [data-format='percent1']")
    pairs = shown.evaluate_all("all => all.map(item => [item.dataset.ref, item.textContent])")
    assert len(pairs) > 10
    for ref, text in pairs:
        _, rows, place, field = ref.split("/")
        assert text == f"{100 * carried[rows][int(place)][field]:.1f}%"


def test_what_changed_comes_first(page, beside):
    cells = page.locator("#t-metric tbody td:last-child").all_text_contents()
    places = [next(n for n, word in enumerate(ORDER) if cell.startswith(word)) for cell in cells]
    assert len(places) == sum(row.subject == "metric" for row in beside.rows)
    assert places == sorted(places)


def test_equal_audits_give_equal_bytes(beside):
    assert render_side_by_side(beside) == render_side_by_side(beside)
