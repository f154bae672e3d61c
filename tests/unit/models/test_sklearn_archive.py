"""Hostile .skops files: one line, nothing run, little memory and time."""

import importlib
import io
import json
import os
import pickle
import struct
import tracemalloc
import zipfile
from functools import partial
from operator import methodcaller

import numpy as np
import pytest
import skops.io
from sklearn import preprocessing
from sklearn.base import BaseEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

from audit.errors import ModelError
from audit.models.sklearn_archive import safe_archive
from audit.models.sklearn_model import from_estimator
from audit.models.sklearn_reading import read_estimator
from audit.models.sklearn_types import SAFE
from builders_sklearn import fitted, mlp, on_numbers, people, tidy

MANY = 40


class Touch:
    def __init__(self, marker):
        self.marker = marker

    def __reduce__(self):
        return os.system, (f"touch {self.marker}",)


def write(path, schema, members=(), packing=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", packing) as archive:
        archive.writestr("schema.json", schema if isinstance(schema, str) else json.dumps(schema))
        for name, content in members:
            archive.writestr(name, content)
    return path


def node(loader="ListNode", kind="list", **more):
    return {
        "__class__": kind,
        "__module__": more.pop("module", "builtins"),
        "__loader__": loader,
        "protocol": 2,
        "_skops_version": "0.16.0",
        **more,
    }


def text(value):
    return node("JsonNode", "str", content=json.dumps(value), is_json=True)


def array(name):
    return node("NdArrayNode", "ndarray", module="numpy", type="numpy", file=name)


def saved(values):
    buffer = io.BytesIO()
    np.save(buffer, values)
    return buffer.getvalue()


def header(shape, descr="<f8"):
    words = f"{{'descr': {descr!r}, 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(words)) + words.encode()


def call_of(module, name, *arguments):
    return node("FunctionNode", name, module=module)


def references(_):
    inner = node(content=[text(1)], __id__=1)
    for number in range(2, MANY + 2):
        inner = node(
            content=[inner, {"__id__": number - 1, "__loader__": "ListNode"}], __id__=number
        )
    return inner, ()


def repeated(_):
    return node(content=[array("0.npy")] * 2000), [("0.npy", saved(np.zeros(100_000)))]


HOSTILE = {
    "references": (references, "damaged"),
    "repeated": (repeated, "unpacks to"),
    "bomb": (
        lambda _: (node(content=[array("0.npy")]), [("0.npy", bytes(60 << 20))]),
        "unpacks to",
    ),
    "huge_array": (
        lambda _: (node(content=[array("0.npy")]), [("0.npy", header((2**60,)))]),
        "claims an array of shape (1152921504606846976,)",
    ),
    "weightless_array": (
        lambda _: (node(content=[array("0.npy")]), [("0.npy", header((2**60,), "|V0"))]),
        "claims an array",
    ),
    "pickled_array": (
        lambda marker: (
            node(content=[array("0.npy")]),
            [("0.npy", header((1,), "|O") + pickle.dumps(Touch(marker)) + bytes(64))],
        ),
        "damaged",
    ),
    "archive_inside": (
        lambda _: (node(content=[array("0.npy")]), [("0.npy", b"PK\x03\x04")]),
        "archive inside",
    ),
    "outside": (
        lambda _: (node(content=[array("../0.npy")]), [("../0.npy", saved(np.zeros(1)))]),
        "outside it",
    ),
    "absolute": (
        lambda _: (node(content=[array("/etc/passwd")]), [("/etc/passwd", b"")]),
        "outside it",
    ),
    "unnamed_outside": (lambda _: (node(content=[array("/etc/passwd")]), ()), "holds no"),
    "system": (lambda _: (node("FunctionNode", "system", module="os"), ()), "os.system"),
    "evaluated": (
        lambda marker: (
            node("MethodNode", "list", content={"func": "append", "obj": node(content=[])}),
            (),
        ),
        "list.append",
    ),
    "called": (
        lambda marker: (
            node(
                "ConstructorFromReduceNode",
                "Popen",
                module="subprocess",
                content=node("TupleNode", "tuple", content=[text(f"touch {marker}")]),
            ),
            (),
        ),
        "subprocess.Popen",
    ),
    "imported": (
        lambda _: (node("ObjectNode", "anything", module="antigravity"), ()),
        "antigravity",
    ),
    "old_protocol": (
        lambda _: (
            {
                **node("FunctionNode", "x", module="y"),
                "protocol": 0,
                "content": {"module_path": "os", "function": "system"},
            },
            (),
        ),
        "os.system",
    ),
    "new_protocol": (lambda _: ({**node(content=[]), "protocol": 99}, ()), "protocol 99"),
    "unknown_loader": (lambda _: (node("Nothing"), ()), "Can't find loader"),
    "no_content": (lambda _: (node(), ()), "KeyError"),
    "list": (lambda _: ("[]", ()), "describes no object"),
    "no_json": (lambda _: ("{", ()), "is no JSON"),
    "nested": (lambda _: ("[" * 100_000, ()), "nested deeper"),
    "nested_lists": (
        lambda _: (
            json.dumps(node()).replace("}", ', "content": ' + "[" * 300 + "]" * 300 + "}"),
            (),
        ),
        "nested deeper",
    ),
    "nested_text": (
        lambda _: (node("JsonNode", "str", content="[" * 100_000), ()),
        "nested too deeply",
    ),
    "long_number": (lambda _: (node("JsonNode", "str", content="9" * 100_000), ()), "damaged"),
    "no_estimator": (lambda _: (node("JsonNode", "str", content="1"), ()), "came int"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_file_is_one_line_and_runs_nothing(tmp_path, case):
    make, said = HOSTILE[case]
    schema, members = make(tmp_path / "marker")
    path = write(tmp_path / "model.skops", schema, members)
    tracemalloc.start()
    try:
        with pytest.raises(ModelError) as caught:
            from_estimator(read_estimator(path)[0])
        assert tracemalloc.get_traced_memory()[1] < 100 << 20
    finally:
        tracemalloc.stop()
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "marker").exists()


def test_trust_does_not_open_a_bomb(tmp_path):
    path = write(tmp_path / "m.skops", *HOSTILE["bomb"][0](None))
    with pytest.raises(ModelError, match="unpacks to"):
        read_estimator(path, trust=True)


def test_a_size_that_lies_is_not_unpacked(tmp_path):
    path = write(tmp_path / "m.skops", node(content=[array("0.npy")]), [("0.npy", bytes(50 << 20))])
    content = path.read_bytes()
    lied = content.replace(struct.pack("<I", 50 << 20), struct.pack("<I", 1000))
    assert lied != content
    path.write_bytes(lied)
    tracemalloc.start()
    try:
        with pytest.raises(ModelError, match=r"0.npy|damaged"):
            safe_archive(path)
        assert tracemalloc.get_traced_memory()[1] < 10 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "came no zip archive"),
        (b"not a model", "came no zip archive"),
        (None, "does not exist"),
        (b"PK\x05\x06" + bytes(8) + b"\xff" * 10, "table of contents"),
        (b"PK\x06\x07" + bytes(16) + b"PK\x05\x06" + bytes(18), "table of contents"),
        (b"PK\x05\x06" + bytes(18), "no 'schema.json'"),
    ],
    ids=["empty", "text", "missing", "long_contents", "long_contents_64", "nothing"],
)
def test_what_is_no_archive_is_refused(tmp_path, content, said):
    path = tmp_path / "model.skops"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ModelError) as caught:
        read_estimator(path)
    assert said in str(caught.value)


def test_a_pickle_in_disguise_is_refused(tmp_path):
    path = tmp_path / "model.skops"
    path.write_bytes(pickle.dumps(Touch(tmp_path / "marker")))
    with pytest.raises(ModelError, match="a pickle, which can run code"):
        read_estimator(path)
    assert not (tmp_path / "marker").exists()


@pytest.mark.parametrize("end", [0.2, 0.5, 0.9, 0.999])
def test_a_truncated_file_is_refused(tmp_path, end):
    content = skops.io.dumps(fitted(tidy(), mlp()))
    path = tmp_path / "model.skops"
    path.write_bytes(content[: int(len(content) * end)])
    with pytest.raises(ModelError):
        read_estimator(path)


def test_a_part_twice_is_refused(tmp_path):
    path = tmp_path / "model.skops"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("schema.json", "{}")
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("schema.json", "{}")
    with pytest.raises(ModelError, match="holds 'schema.json' twice"):
        read_estimator(path)


@pytest.mark.parametrize("packing", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_another_packing_is_refused_with_the_way_out(tmp_path, packing):
    path = tmp_path / "model.skops"
    skops.io.dump(fitted(tidy(), mlp()), path, compression=packing)
    with pytest.raises(ModelError, match="expected stored or deflated"):
        read_estimator(path)


@pytest.mark.parametrize(
    "step",
    [
        lambda marker: preprocessing.FunctionTransformer(os.system),
        lambda marker: preprocessing.FunctionTransformer(partial(os.system, f"touch {marker}")),
        lambda marker: preprocessing.FunctionTransformer(methodcaller("touch")),
    ],
    ids=["function", "partial", "caller"],
)
def test_a_function_in_a_pipeline_needs_trust(tmp_path, step):
    path = tmp_path / "model.skops"
    estimator = fitted(tidy(), mlp())
    estimator.steps.insert(1, ("own", step(tmp_path / "marker")))
    skops.io.dump(estimator, path)
    with pytest.raises(ModelError, match=r"not known to be safe: .*; if you trust who made"):
        read_estimator(path)
    assert not (tmp_path / "marker").exists()


def test_a_tree_needs_trust_which_is_noted(tmp_path):
    path = tmp_path / "model.skops"
    estimator = fitted(tidy(handle_unknown="ignore"), DecisionTreeClassifier(max_depth=3))
    skops.io.dump(estimator, path)
    with pytest.raises(ModelError, match=r"sklearn.tree._tree.Tree \(a crafted tree can"):
        read_estimator(path)
    found, notes = read_estimator(path, trust=True)
    assert notes == ("read with --trust, which allowed: sklearn.tree._tree.Tree",)
    frame = people(missing=False)
    assert (found.predict(frame) == estimator.predict(frame)).all()


def test_a_sparse_matrix_is_refused_with_the_way_out(tmp_path):
    path = tmp_path / "model.skops"
    skops.io.dump(fitted(tidy(), LogisticRegression().set_params())[-1].sparsify(), path)
    with pytest.raises(ModelError, match=r"call densify\(\)"):
        read_estimator(path)


def lying(step, **attributes):
    for name, value in attributes.items():
        setattr(step, name, value)
    return step


def test_numbers_of_columns_that_lie_are_refused():
    bins = preprocessing.KBinsDiscretizer(4, quantile_method="averaged_inverted_cdf")
    estimator = fitted(on_numbers(bins), mlp())
    inner = estimator[0].transformers_[0][1]
    lying(inner[-1], n_bins_=np.array([2**60] * 3))
    assert "columns, more than 200,000" in from_estimator(estimator).reason
    estimator = fitted(on_numbers(preprocessing.PolynomialFeatures(2)), mlp())
    lying(estimator[0].transformers_[0][1][-1], degree=10**9)
    assert "more powers than" in from_estimator(estimator).reason
    with pytest.raises(ModelError, match="says that it takes 1,152,921,504,606,846,976 columns"):
        from_estimator(
            lying(fitted(mlp(), frame=np.eye(240), target=np.arange(240) % 2), n_features_in_=2**60)
        )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"coefs_": [], "intercepts_": []}, "no numbers"),
        ({"coefs_": None}, "not fitted, or damaged"),
        ({"coefs_": ["ab"] * 3}, "not fitted, or damaged"),
        ({"intercepts_": [np.zeros(9), np.zeros(4), np.zeros(1)]}, "do not fit"),
        ({"coefs_": [np.zeros((11, 6)), np.zeros((5, 4)), np.zeros((4, 1))]}, "do not fit"),
        ({"coefs_": [np.full((11, 6), np.nan), np.zeros((6, 4)), np.zeros((4, 1))]}, "holds NaN"),
        ({"coefs_": [np.zeros((9, 6)), np.zeros((6, 4)), np.zeros((4, 1))]}, "9 features, but"),
    ],
    ids=["none", "nothing", "words", "biases", "chain", "nan", "width"],
)
def test_a_tampered_network_is_one_line(change, said):
    estimator = fitted(tidy(), mlp())
    lying(estimator[-1], **change)
    with pytest.raises(ModelError) as caught:
        from_estimator(estimator)
    assert said in str(caught.value)


@pytest.mark.parametrize("name", SAFE)
def test_a_type_known_to_be_safe_runs_nothing_when_it_is_loaded(name):
    module, _, attribute = name.rpartition(".")
    found = getattr(importlib.import_module(module), attribute)
    if not isinstance(found, type):
        assert found.__module__ == module
    elif name not in ("numpy.dtype", "sklearn.utils._bunch.Bunch"):
        assert found.__new__ is object.__new__
        filling = (None, BaseEstimator.__setstate__)
        assert getattr(found, "__setstate__", None) in filling


def test_every_member_that_nothing_names_is_left_behind(tmp_path):
    path = tmp_path / "model.skops"
    skops.io.dump(fitted(tidy(), mlp()), path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("unnamed.npy", b"PK of no interest")
    with zipfile.ZipFile(io.BytesIO(safe_archive(path))) as archive:
        assert "unnamed.npy" not in archive.namelist()
    assert read_estimator(path)[1] == ()
