"""Texts of a column numbered in parts, whatever comes up where."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.data import coding
from audit.data.coding import coded

TEXT = st.one_of(st.none(), st.sampled_from(["a", "b", "", "ä", "a\0", "unknown"]), st.text())


def read_back(codes, distinct):
    return [None if code < 0 else distinct[code] for code in codes.tolist()]


@settings(max_examples=100, deadline=None)
@given(st.lists(TEXT, max_size=40), st.integers(1, 9), st.sampled_from([0, 2, 1000]))
def test_every_row_keeps_its_text(texts, part, few):
    """In parts of any length, looked up or numbered anew."""
    before = coding.PART, coding.FEW
    coding.PART, coding.FEW = part, few
    try:
        column = pd.Series(texts, dtype="str")
        codes, distinct = coded(column, "x")
    finally:
        coding.PART, coding.FEW = before
    known = [None if pd.isna(text) else text for text in column.tolist()]
    assert read_back(codes, distinct) == known
    assert len(set(distinct)) == len(distinct)
    assert codes.dtype == np.int64


@pytest.mark.parametrize(
    "texts",
    [
        ["a"] * 10 + ["b"] + ["a"] * 10 + ["c", "b"],
        [None] * 12 + ["a", "b"],
        ["a", None] * 9 + ["z"],
        [None] * 20,
    ],
    ids=["late", "late after missing", "missing beside", "missing alone"],
)
@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.string_view()], ids=str)
def test_a_text_that_comes_up_late_is_numbered_once(texts, kind, monkeypatch):
    monkeypatch.setattr(coding, "PART", 5)
    for column in (pa.array(texts, kind), pa.chunked_array([texts[:7], texts[7:]], kind)):
        codes, distinct = coded(column, "x")
        assert read_back(codes, distinct) == texts
        assert sorted(distinct) == sorted({text for text in texts if text is not None})


def test_many_different_texts_are_numbered_side_by_side(monkeypatch):
    monkeypatch.setattr(coding, "PART", 64)
    monkeypatch.setattr(coding, "FEW", 8)
    texts = [f"id {n % 97}" for n in range(500)]
    codes, distinct = coded(pd.Series(texts, dtype="str"), "x")
    assert read_back(codes, distinct) == texts
    assert len(distinct) == 97
