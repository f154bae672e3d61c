"""Pictures: well-formed, the same each time, names whole or cut in the middle."""

from __future__ import annotations

import base64
from functools import partial
from xml.etree import ElementTree as ET

import pytest

from audit.report.document import Document
from audit.report.figures.canvas import NARROW, WIDE, picture, shortened
from audit.report.figures.forest import Line, draw_forest
from audit.report.figures.palette import DARK
from audit.report.figures.rates import Dot, Panel, draw_rates
from audit.report.figures.steps import Step, draw_steps
from audit.report.numbers import visible
from audit.report.sections import disparities, drivers, performance, training
from evidence_builder import HOSTILE, planted

SVG = "{http://www.w3.org/2000/svg}"
make = partial(picture, anchor="f", alt="what it finds", caption=("words",), table="t")


def line(a="sex = Male", b="sex = Female", **changes):
    given = {
        "heading": "TPR, worst pair",
        "a": a,
        "b": b,
        "value": 0.1,
        "low": 0.05,
        "high": 0.15,
        "text": "+10.0 pp",
        "limits": "[+5.0, +15.0]",
        "stands": True,
        "worst": True,
    }
    return Line(**{**given, **changes})


def svg(image):
    head, _, body = image.uri.partition(",")
    assert head == "data:image/svg+xml;base64"
    return base64.b64decode(body).decode()


def texts(image):
    return ["".join(node.itertext()) for node in ET.fromstring(svg(image)).iter(f"{SVG}text")]


@pytest.mark.parametrize("section", [disparities, drivers, performance, training])
def test_every_figure_of_a_report_is_well_formed_in_both_widths(section):
    figure = section.summarise(Document.of(planted())).figure
    for image, width in ((figure.wide, WIDE), (figure.narrow, NARROW)):
        root = ET.fromstring(svg(image))
        assert float(root.get("width").removesuffix("pt")) == pytest.approx(width * 0.75)
        assert image.width == width
        assert len(texts(image)) > 5
    assert len(figure.alt) > 40


def test_same_bytes_each_time_and_no_date():
    first, second = (make(partial(draw_forest, [line()], 0.05)) for _ in range(2))
    assert first == second
    assert "<dc:date>" not in svg(first.wide)
    assert "matplotlib.org" not in svg(first.wide)


@pytest.mark.parametrize("name", HOSTILE)
def test_names_are_text_and_nothing_else(name):
    panel = Panel(
        title="TPR",
        dots=[Dot(label=name, value=0.5, low=0.4, high=0.6, text="50.0%")],
        overall=0.5,
    )
    figures = (
        make(partial(draw_forest, [line(a=name, b=name)], 0.05)),
        make(partial(draw_rates, [panel])),
        make(partial(draw_steps, [Step(label=name, value=0.1, text="+10.00 pp")])),
    )
    start = visible(name)[:12].split("\n", 1)[0]
    for figure in figures:
        for image in (figure.wide, figure.narrow):
            assert any(text.startswith(start) for text in texts(image))
            tags = {node.tag for node in ET.fromstring(svg(image)).iter()}
            assert f"{SVG}script" not in tags
            assert f"{SVG}img" not in tags


def test_long_names_lose_their_middle_only():
    assert shortened("sex = Female", 300) == "sex = Female"
    cut = shortened("sex = " + "x" * 400 + " end", 200)
    assert cut.startswith("sex = x")
    assert cut.endswith("xx end")
    assert len(cut) * 7 <= 200


def test_dark_colours_are_stated_for_every_colour_drawn():
    drawn = svg(make(partial(draw_forest, [line(), line(stands=False)], 0.05)).wide)
    sheet = drawn.split("<style>", 1)[1].split("</style>", 1)[0]
    assert "prefers-color-scheme: dark" in sheet
    body = drawn.split("</style>", 1)[1]
    for light, dark in DARK.items():
        if light in body:
            assert dark in sheet


def test_standing_is_told_by_shape():
    stands, not_so = (svg(make(partial(draw_forest, [line(stands=s)], 0.05)).wide) for s in (1, 0))
    assert stands.count("C ") < not_so.count("C ")  # a diamond has no curves, a circle has


def test_an_overall_rate_or_a_value_may_be_missing():
    dots = [Dot(label="a", value=None, low=None, high=None, text="too few")]
    figure = make(partial(draw_rates, [Panel(title="TPR", dots=dots, overall=None)]))
    assert "too few" in texts(figure.narrow)
