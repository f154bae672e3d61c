"""Whatever happens to the bytes of an ONNX file, it is read or refused in one line."""

import tempfile
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.errors import AuditError
from builders_onnx import loaded, model, node, weights

FILE = model(
    [
        node("Sub", ["x", "mean"], ["moved"]),
        node("Gemm", ["moved", "w", "b"], ["h"], alpha=0.5),
        node("Relu", ["h"], ["r"]),
        node("Gemm", ["r", "v"], ["m"], transB=1),
        node("Sigmoid", ["m"], ["y"]),
    ],
    weights={
        "mean": np.float32([1, 2, 3]),
        "w": weights(3, 4),
        "b": weights(4),
        "v": weights(1, 4),
    },
).SerializeToString()


@given(
    changes=st.lists(
        st.tuples(st.integers(0, len(FILE) - 1), st.integers(0, 255)), min_size=1, max_size=4
    ),
    cut=st.integers(0, len(FILE)),
    whole=st.booleans(),
)
@settings(max_examples=150, deadline=None)
def test_a_damaged_file_is_read_or_refused_in_one_line(changes, cut, whole):
    content = bytearray(FILE)
    for place, value in changes:
        content[place] = value
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "network.onnx"
        path.write_bytes(bytes(content if whole else content[:cut]))
        said, found = "", None
        try:
            found = loaded(path, Path(folder))
        except AuditError as error:
            said = str(error)
    assert said.isprintable()
    assert found is None or found.output == "probability"
