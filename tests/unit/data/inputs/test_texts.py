"""Texts of a column: every one of them a text that says something."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from audit.data.inputs.batches import TextBatch
from audit.errors import DataError
from builders_inputs import build, index

COUNT = 6
TEXT = {"words": {"kind": "text", "column": "essay"}}


def essays():
    return [f"essay {place} über Köln" for place in range(COUNT)]


@pytest.mark.parametrize("dtype", [object, "str", "category"])
def test_texts_come_as_they_stand(tmp_path, dtype):
    data = build(index(COUNT, essay=pd.Series(essays(), dtype=dtype)), tmp_path, TEXT)
    batch = data.inputs["words"].take(np.array([4, 1, 1]))
    assert isinstance(batch, TextBatch)
    assert batch.texts == [essays()[4], essays()[1], essays()[1]]
    assert batch.rows.tolist() == [4, 1, 1]
    assert len(batch) == 3
    assert data.record.inputs[0].source == "column essay"


@pytest.mark.parametrize(
    ("bad", "came"),
    [
        ("", "an empty one"),
        (" \t\n\u2003", "an empty one"),
        (None, "none"),
        (float("nan"), "none"),
        (12.5, "12.5"),
        (b"bytes", "b'bytes'"),
        (["a", "list"], "['a', 'list']"),
    ],
)
def test_what_is_no_text_is_told(tmp_path, bad, came):
    frame = index(COUNT, essay=pd.Series(essays(), dtype=object))
    frame.at[4, "essay"] = bad
    with pytest.raises(DataError) as caught:
        build(frame, tmp_path, TEXT)
    line = f"data.inputs.words: column 'essay', row 5: expected a text, came {came}"
    assert str(caught.value).startswith(line)


def test_a_column_of_numbers_is_no_text(tmp_path):
    with pytest.raises(DataError, match=r"column 'skill', row 1: expected a text, came 0\.0"):
        build(index(COUNT), tmp_path, {"words": {"kind": "text", "column": "skill"}})
