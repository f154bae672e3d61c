import numpy as np
import pyarrow as pa
import pytest
import torch

from audit.errors import MetricError
from audit.metrics import group_metrics
from audit.metrics.inputs import binary, categories, sensitive, weights
from audit.metrics.measures.rates import RATES

Y = [1, 0, 1, 0]
SEX = ["F", "F", "M", "M"]


def measured(**changes):
    arguments = {"y_true": Y, "y_pred": Y, "sensitive_features": SEX, "minimum_group": 1} | changes
    return group_metrics(**arguments)


TENSORS = {
    "gradient": lambda values: torch.tensor(values, dtype=torch.float32, requires_grad=True),
    "bfloat16": lambda values: torch.tensor(values, dtype=torch.bfloat16),
    "column": lambda values: torch.tensor(values)[:, None],
    "list": lambda values: list(torch.tensor(values)),
}


@pytest.mark.parametrize("kind", TENSORS)
def test_tensors_of_any_kind_are_columns(kind):
    made = TENSORS[kind](Y)
    assert binary(made, "y_true").tolist() == Y
    assert weights(made).tolist() == Y
    assert categories(made, "a")[0] == ("0", "1")
    assert [names for _, names, _ in sensitive(made)] == [("0", "1")]


@pytest.mark.parametrize("made", [pa.array(["F", None]), pa.chunked_array([["F"], [None]])])
def test_arrays_of_pyarrow_have_unknown_groups(made):
    ((name, names, codes),) = sensitive(made)
    assert (name, names, codes.tolist()) == ("sensitive_feature_0", ("F", "unknown"), [0, 1])


def test_rows_of_a_list_keep_missing_values():
    found = sensitive([["F", None], [None, 3]])
    assert [names for _, names, _ in found] == [("F", "unknown"), ("3", "unknown")]


def test_true_and_one_are_one_category_of_a_list():
    assert categories([True, 1, False], "a")[0] == ("False", "True")


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"sensitive_features": {"a": [{}, {}, {}, {}]}}, "'a' of numbers or texts.*unhashable"),
        ({"sensitive_features": [{}, {}, {}, {}]}, "unhashable"),
        ({"sensitive_features": [["F", "a"], ["M"]]}, "sensitive_features as an array"),
        ({"sensitive_features": None}, "as columns, came shape .* of NoneType"),
        ({"y_true": [{}, 1, 1, 1]}, "y_true of numbers or texts"),
        ({"y_true": np.array(Y, dtype=complex)}, "y_true .* came complex numbers"),
        ({"y_true": [1 + 0j, 0, 1, 0]}, r"y_true of 0 and 1, came \(1\+0j\) in row 0"),
        ({"y_true": [np.complex64(1), 0, 1, 0]}, r"y_true of 0 and 1, came .* in row 0"),
        ({"y_true": [10**400, 0, 1, 0]}, "y_true of 0 and 1"),
        ({"sample_weight": np.ones(4, dtype=complex)}, "sample_weight .* came complex numbers"),
        ({"sample_weight": [10**400, 1, 1, 1]}, "sample_weight of numbers"),
        ({"intersections": 0}, "intersections as a whole number of 1 or more, came 0"),
        ({"intersections": -1}, "intersections as a whole number of 1 or more, came -1"),
        ({"intersections": 1.5}, "intersections as a whole number"),
        ({"minimum_group": "a"}, "minimum_group as a whole number of 1 or more, came 'a'"),
        ({"minimum_group": 0}, "minimum_group as a whole number of 1 or more, came 0"),
        ({"confidence": "high"}, "confidence between 0 and 1, came 'high'"),
        ({"metrics": []}, "at least one metric, came none"),
        ({"metrics": [len]}, "metrics by name or as Rate, came <built-in function len>"),
        ({"metrics": None}, "metrics by name or as Rate, came None"),
        ({"reference": None}, "reference 'largest' or a mapping"),
    ],
)
def test_what_cannot_be_measured_is_one_line(changes, line):
    with pytest.raises(MetricError, match=line) as caught:
        measured(**changes)
    assert "\n" not in str(caught.value)


def test_options_of_numpy_and_a_rate_alone_are_taken():
    found = measured(
        minimum_group=np.int64(1), intersections=np.int32(1), confidence=np.float32(0.9),
        metrics=RATES["accuracy"],
    )  # fmt: skip
    assert found.overall.to_dict() == {"accuracy": 1.0}
