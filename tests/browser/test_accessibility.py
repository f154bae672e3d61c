"""Everybody can read it: structure, contrast, keyboard, small screens, paper, no JavaScript."""

from __future__ import annotations

from itertools import pairwise

import pytest
from axe_playwright_python.sync_playwright import Axe

pytestmark = pytest.mark.browser

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RULES = {
    "runOnly": {"type": "tag", "values": TAGS},
    "resultTypes": ["violations"],
    "preload": False,
}
OPEN = "document.querySelectorAll('details').forEach(item => { item.open = true; })"


@pytest.mark.parametrize(
    ("name", "width", "unfolded", "scheme"),
    [
        ("planted", 1280, False, "light"),
        ("planted", 1280, False, "dark"),
        ("too_little_data", 390, True, "light"),
        ("too_little_data", 1280, True, "dark"),
        ("planted", 390, True, "dark"),
        ("fifty_groups", 1280, False, "dark"),
        ("not_converged", 1280, True, "light"),
        ("no_disparity", 1280, False, "dark"),
        ("not_assessed", 390, False, "light"),
        ("several_classes", 1280, True, "light"),
        ("prices", 390, True, "dark"),
        ("images", 1280, False, "dark"),
        ("texts", 1280, True, "light"),
        ("sensors", 390, False, "light"),
        ("hostile_classes", 1280, False, "dark"),
        ("probable_groups", 1280, True, "light"),
    ],
)
def test_axe_finds_no_violation(open_page, name, width, unfolded, scheme):
    page = open_page(name, width=width, color_scheme=scheme)
    if unfolded:
        page.evaluate(OPEN)
    found = Axe().run(page, options=RULES).response
    assert [(item["id"], item["nodes"][0]["html"][:120]) for item in found["violations"]] == []
    assert len(found["passes"]) > 20


def test_same_text_and_tables_without_javascript(open_page):
    with_script = open_page("planted")
    without = open_page("planted", java_script_enabled=False)
    assert without.locator("th button").count() == 0
    assert with_script.locator("th button").count() > 0
    assert _text(without) == _text(with_script)
    assert without.locator("main tr").count() == with_script.locator("main tr").count()


def _text(page):
    return " ".join(page.locator("main").text_content().split())


def test_sorting(open_page):
    page = open_page("planted")
    table = page.locator("#t-findings")
    assert table.locator("th[aria-sort='descending']").inner_text().startswith("Severity")
    ranks = {"high": 4, "medium": 3, "low": 2, "info": 1}
    order = [ranks[word] for word in table.locator("tbody td:nth-child(1)").all_inner_texts()]
    assert order == sorted(order, reverse=True)
    table.locator("th", has_text="Severity").get_by_role("button").click()
    order = [ranks[word] for word in table.locator("tbody td:nth-child(1)").all_inner_texts()]
    assert order == sorted(order)
    assert table.locator("th[aria-sort='ascending']").count() == 1


def test_numbers_sort_as_numbers_and_missing_ones_last(open_page):
    page = open_page("planted")
    table = page.locator("#t-rates-1")
    for direction in ("ascending", "descending"):
        table.locator("th", has_text="TPR").get_by_role("button").click()
        assert table.locator("th", has_text="TPR").get_attribute("aria-sort") == direction
        texts = table.locator("tbody tr").all_inner_texts()
        assert "suppressed" in texts[-2] + texts[-1]
        assert "undefined" in texts[-2] + texts[-1]
        rates = [float(row.split("\t")[3].split("%")[0]) for row in texts[:-2]]
        assert rates == sorted(rates, reverse=direction == "descending")


def test_every_table_has_caption_and_scopes(open_page):
    page = open_page("planted")
    problems = page.evaluate(
        """() => Array.from(document.querySelectorAll('table')).filter(table =>
        !table.caption || !table.caption.textContent.trim() ||
        Array.from(table.querySelectorAll('thead th')).some(h => h.scope !== 'col') ||
        Array.from(table.querySelectorAll('tbody tr')).some(row =>
            !row.querySelector('th[scope=row]'))).map(table => table.id)"""
    )
    assert problems == []
    assert page.locator("table").count() > 10


def test_every_figure_says_its_finding_and_leads_to_its_table(open_page):
    page = open_page("planted")
    figures = page.locator("figure")
    assert figures.count() == 14
    for figure in figures.all():
        assert len(figure.locator("img").get_attribute("alt")) > 40
        target = figure.locator("figcaption a").get_attribute("href")
        assert page.locator(f"table{target}").count() == 1
    forest = page.locator("#f-forest img").get_attribute("alt")
    assert "sex = Male against sex = Female" in forest
    assert "pp [" in forest


def test_structure(open_page):
    page = open_page("planted")
    assert page.locator("html").get_attribute("lang") == "en"
    assert page.locator("h1").count() == 1
    levels = page.evaluate(
        "Array.from(document.querySelectorAll('h1,h2,h3,h4'), h => Number(h.tagName[1]))"
    )
    assert all(after - before <= 1 for before, after in pairwise(levels))
    for landmark in ("header", "nav", "main", "footer"):
        assert page.locator(landmark).count() == 1


def test_keyboard_alone_reaches_the_verdict_and_sorts(open_page):
    page = open_page("planted")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    box = page.locator(".skip").bounding_box()
    assert box["x"] >= 0
    assert box["height"] >= 24
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.locator("#t-findings thead button").first.focus()
    page.keyboard.press("Enter")
    assert page.locator("#t-findings th").first.get_attribute("aria-sort") == "ascending"
    page.keyboard.press("Tab")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"


def test_targets_are_large_enough(open_page):
    page = open_page("planted")
    small = page.evaluate(
        """() => Array.from(document.querySelectorAll('nav a, button, summary')).filter(item => {
        const box = item.getBoundingClientRect();
        return box.height > 0 && (box.height < 24 || box.width < 24); }).length"""
    )
    assert small == 0


@pytest.mark.parametrize(
    "name",
    [
        "planted",
        "hostile",
        "wide_network",
        "fifty_groups",
        "several_classes",
        "tiny_prices",
        "images",
        "texts",
        "sensors",
        "hostile_classes",
    ],
)
def test_narrow_page_does_not_scroll_sideways(open_page, name):
    page = open_page(name, width=320)
    page.evaluate(OPEN)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    source = page.locator("figure img").first.evaluate("image => image.naturalWidth")
    assert source <= 360


def test_figures_follow_the_colour_scheme(open_page):
    """A light page draws dark ink and no light ink; a dark page the reverse."""
    inks = {"light": (0x1B, 0x1F, 0x24), "dark": (0xE6, 0xE9, 0xEE)}
    for scheme, other in (("light", "dark"), ("dark", "light")):
        page = open_page("planted", color_scheme=scheme)
        drawn = {name: page.evaluate(PIXELS, list(ink)) for name, ink in inks.items()}
        assert drawn[scheme] > 100
        assert drawn[other] < drawn[scheme] / 20  # smoothed edges pass through many colours


PIXELS = """(ink) => {
    const image = document.querySelector('#f-drivers img');
    const canvas = document.createElement('canvas');
    canvas.width = image.naturalWidth; canvas.height = image.naturalHeight;
    const pen = canvas.getContext('2d'); pen.drawImage(image, 0, 0);
    const pixels = pen.getImageData(0, 0, canvas.width, canvas.height).data;
    let count = 0;
    for (let i = 0; i < pixels.length; i += 4) {
        const near = [0, 1, 2].every(k => Math.abs(pixels[i + k] - ink[k]) <= 6);
        if (near && pixels[i + 3] > 250) count += 1;
    }
    return count;
}"""


def test_paper_shows_everything_on_white(open_page):
    page = open_page("planted", width=688, color_scheme="dark")
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(254, 254, 254)"
    hidden = page.evaluate(
        """() => Array.from(document.querySelectorAll('table')).filter(table =>
        !table.checkVisibility({contentVisibilityAuto: true})).map(table => table.id)"""
    )
    assert hidden == []
    assert page.evaluate("getComputedStyle(document.querySelector('thead')).display") == (
        "table-header-group"
    )
    row = page.evaluate("getComputedStyle(document.querySelector('tbody tr')).breakInside")
    assert row == "avoid"
    page.emulate_media(media="print", color_scheme="light")
    assert page.pdf(format="A4").startswith(b"%PDF")
