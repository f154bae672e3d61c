"""How values are written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.report.numbers import FORMATS, group_name, tick, visible


@pytest.mark.parametrize(
    ("form", "value", "text"),
    [
        ("percent1", 0.5423, "54.2%"),
        ("percent1", 0.0005, "0.0%"),  # half to even
        ("percent1", 0.0015, "0.2%"),
        ("percent0", 0.95, "95%"),
        ("percent1", 1, "100.0%"),
        ("points1", 0.165, "+16.5\u00a0pp"),
        ("points1", -0.165, "−16.5\u00a0pp"),
        ("points1", -0.00001, "0.0\u00a0pp"),
        ("points2", 0.01234, "+1.23\u00a0pp"),
        ("size1", 0.05, "5.0\u00a0pp"),
        ("signed1", 0.0, "0.0"),
        ("signed2", -0.2, "−20.00"),
        ("hundred1", 0.123, "12.3"),
        ("ratio3", 0.97923, "0.979"),
        ("ratio3", 1, "1.000"),
        ("fixed4", 0.00005, "0.0000"),
        ("digits4", 12345.678, "12,346"),
        ("digits4", 0.0123456, "0.01235"),
        ("digits4", -1.5, "−1.500"),
        ("digits4", 0, "0.000"),
        ("change4", 41.239, "+41.24"),
        ("change4", 1e-12, "0.00000000"),
        ("target4", 213456.7, "213,457"),
        ("target4", 0.0123456, "0.01235"),
        ("target4", 0, "0.000"),
        ("target4", 1.23456e300, "1.235×10³⁰⁰"),
        ("target4", 9.99996e15, "1.000×10¹⁶"),
        ("move4", -1.23456e-9, "−1.235×10⁻⁹"),
        ("move4", 41.239, "+41.24"),
        ("size2", 0.00214, "0.21\u00a0pp"),
        ("significant3", 0.00041234, "0.000412"),
        ("integer", 20000, "20,000"),
        ("p", 0.0009999, "< 0.001"),
        ("p", 0.001, "0.001"),
        ("p", 0.0499, "0.050"),
        ("p", 1.0, "1.000"),
        ("p", 0, "< 0.001"),
        ("sha12", "0123456789abcdef", "0123456789ab"),
        ("words", "intended_use", "intended use"),
        ("setting", None, "none"),
        ("setting", [], "none"),
        ("setting", True, "yes"),
        ("setting", [16, 8], "16, 8"),
        ("setting", 0.001, "0.001"),
    ],
)
def test_formats(form, value, text):
    assert FORMATS[form](value) == text


@pytest.mark.parametrize(
    ("value", "step", "text"),
    [
        (200000.0, 20000.0, "200,000"),
        (0.30000000000000004, 0.1, "0.3"),
        (-2.5, 0.5, "−2.5"),
        (5e-8, 1e-8, "0.00000005"),
        (0.0, 1e-12, "0"),
        (5e-12, 1e-12, "5.000×10⁻¹²"),
        (2e17, 1e17, "2.000×10¹⁷"),
    ],
)
def test_ticks_have_the_decimals_that_their_distance_needs(value, step, text):
    assert tick(value, step) == text


def test_a_value_is_rounded_as_it_stands_in_the_json():
    # 1.005 is a little less in binary; the JSON says 1.005, and half goes to even.
    assert FORMATS["fixed3"](1.0005) == "1.000"
    assert FORMATS["percent1"](0.2875) == "28.8%"


def test_groups():
    assert group_name({}) == "everyone"
    group = {"race": "Black", "sex": "Female"}
    assert group_name(group, ("sex", "race")) == "sex = Female, race = Black"
    assert group_name(group) == "race = Black, sex = Female"
    assert group_name({"sex": "a\x00b"}) == "sex = a␀b"


def test_controls_become_visible():
    assert visible("\x00\x1b\n\t\x7f") == "␀␛␊␉␡"
    assert visible("\x85\ufffe\uffff\ud800") == "\ufffd" * 4


@given(st.text(st.characters(exclude_categories=("Cc", "Cs", "Cn"))))
def test_everything_else_is_left_as_it_is(text):
    assert visible(text) == text
