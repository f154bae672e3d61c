"""The built-in encoder: agreement with the slow twin, and refusals that name column and row."""

import numpy as np
import pandas as pd
import pytest

from audit.errors import DataError, ModelError
from audit.models.fitting import fit_encoder
from audit.models.tabular import CategoryCode, NumberCode
from oracles.preprocessing import encode

TRAIN = {
    "age": [20.0, 30.0, None, 50.0],
    "flat": [3.0, 3.0, 3.0, 3.0],
    "city": ["Rome", "Oslo", None, "Rome"],
    "code": pd.Series([1.0, 2, 2, 1], dtype=object).tolist(),
    "truth": [True, False, True, True],
}
KINDS = {"age": "number", "flat": "number", "city": "category", "truth": "category"}
NEW = {"age": [None, 41.0], "flat": [4.0, 3.0], "city": ["Oslo", None], "truth": [False, True]}


def table(values):
    return pd.DataFrame({name: values[name] for name in KINDS})


def encoded(encoder, frame):
    return encoder.encode({"table": frame})


def test_agrees_with_the_loop_over_rows_and_columns():
    result = encoded(fit_encoder(table(TRAIN)), table(NEW))
    expected = encode(TRAIN, NEW, KINDS)
    np.testing.assert_allclose(result.tensors["x"].numpy(), expected, atol=1e-6)


def test_every_position_names_the_column_it_stems_from():
    result = encoded(fit_encoder(table(TRAIN)), table(NEW))
    expected = ("age", "age", "flat", "city", "city", "city", "truth", "truth")
    assert result.columns == {"x": expected}
    assert result.tensors["x"].shape == (2, len(expected))


def test_a_constant_column_has_scale_one():
    code = fit_encoder(pd.DataFrame({"c": [0.1] * 7})).codes[0]
    assert code.scale == 1.0
    assert code.mean == pytest.approx(0.1)


def test_rows_are_encoded_by_themselves():
    encoder = fit_encoder(table(TRAIN))
    together = encoded(encoder, table(NEW)).tensors["x"]
    apart = [encoded(encoder, table(NEW).iloc[[row]]).tensors["x"][0] for row in (0, 1)]
    np.testing.assert_array_equal(together.numpy(), np.stack(apart))


def test_extra_columns_are_passed_over_and_order_is_the_encoders():
    encoder = fit_encoder(table(TRAIN))
    shuffled = table(NEW)[["truth", "city", "flat", "age"]].assign(other=1)
    same = encoded(encoder, shuffled).tensors["x"] == encoded(encoder, table(NEW)).tensors["x"]
    assert bool(same.all())


def test_whole_numbers_as_categories_read_the_same_with_and_without_decimals():
    code = CategoryCode(name="code", categories=("1", "2"), missing=False)
    for values in ([1.0, 2.0], [1, 2], ["1", "2"]):
        block = code.block(pd.Series(values, name="code", dtype=object))
        np.testing.assert_array_equal(block, np.eye(2))


def test_a_category_never_seen_in_training_is_named_with_its_row():
    encoder = fit_encoder(pd.DataFrame({"city": ["Rome", "Oslo"]}))
    frame = pd.DataFrame({"city": ["Rome", "Lima", "Lima"]}, index=[4, 7, 9])
    with pytest.raises(
        DataError, match=r"column 'city', row 8: category 'Lima' was never seen in "
    ):
        encoded(encoder, frame)


def test_a_missing_category_needs_one_in_training():
    encoder = fit_encoder(pd.DataFrame({"city": ["Rome", "Oslo"]}))
    with pytest.raises(DataError, match=r"'city', row 2: a missing value was never seen .*1 rows"):
        encoded(encoder, pd.DataFrame({"city": ["Rome", None]}))


def test_a_missing_number_needs_one_in_training():
    encoder = fit_encoder(pd.DataFrame({"age": [1.0, 2.0]}))
    with pytest.raises(DataError, match=r"'age', row 2: the value is missing, and no training row"):
        encoded(encoder, pd.DataFrame({"age": [1.0, None]}))


def test_a_text_where_a_number_belongs_is_named():
    encoder = fit_encoder(pd.DataFrame({"age": [1.0, 2.0]}))
    with pytest.raises(DataError, match=r"column 'age', row 2: expected a number, came 'old'"):
        encoded(encoder, pd.DataFrame({"age": ["1", "old"]}))


def test_infinity_is_named():
    with pytest.raises(DataError, match=r"column 'age', row 2: expected a finite number"):
        fit_encoder(pd.DataFrame({"age": [1.0, np.inf]}))


def test_a_column_that_is_gone_suggests_the_nearest():
    encoder = fit_encoder(pd.DataFrame({"income": [1.0, 2.0]}))
    with pytest.raises(DataError, match="expects column 'income'.*did you mean 'incone'"):
        encoded(encoder, pd.DataFrame({"incone": [1.0]}))


@pytest.mark.parametrize("rows", [51, 3000])
def test_identifiers_are_refused(rows):
    frame = pd.DataFrame(
        {"name": [f"person {row // 2 if rows > 100 else row}" for row in range(rows)]}
    )
    with pytest.raises(
        DataError, match=r"column 'name' has .* it looks like an identifier; exclude"
    ):
        fit_encoder(frame)


def test_fifty_distinct_texts_are_no_identifier_yet():
    code = fit_encoder(pd.DataFrame({"name": [f"p{row}" for row in range(50)]})).codes[0]
    assert code.width == 50


def test_a_few_texts_among_numbers_are_refused():
    values = [str(row) for row in range(39)] + ["unknown"]
    with pytest.raises(
        DataError, match=r"'age', row 40: expected a number as in 97.5% .*'unknown'"
    ):
        fit_encoder(pd.DataFrame({"age": values}))


def test_a_top_coded_category_is_kept():
    values = ["0", "1", "2"] * 20 + ["3+"]
    code = fit_encoder(pd.DataFrame({"children": values})).codes[0]
    assert code.categories == ("0", "1", "2", "3+")


def test_empty_and_odd_columns_are_refused():
    with pytest.raises(DataError, match="column 'c' has no value in any training row; exclude it"):
        fit_encoder(pd.DataFrame({"c": [None, None]}))
    dates = pd.DataFrame({"c": pd.to_datetime(["2020-01-01", "2020-01-02"])})
    with pytest.raises(DataError, match="column 'c' holds neither numbers nor texts"):
        fit_encoder(dates)
    with pytest.raises(ModelError, match="at least one feature column"):
        fit_encoder(pd.DataFrame(index=[0, 1]))


@pytest.mark.parametrize("dtype", ["Int64", "Float32", "int8", "object", "float64[pyarrow]"])
def test_numbers_of_any_dtype_are_numbers(dtype):
    code = fit_encoder(pd.DataFrame({"c": pd.Series([1, 2, 3], dtype=dtype)})).codes[0]
    assert isinstance(code, NumberCode)
    assert code.mean == pytest.approx(2.0)


@pytest.mark.parametrize("dtype", ["category", "string", "str", "object"])
def test_texts_of_any_dtype_are_categories(dtype):
    code = fit_encoder(pd.DataFrame({"c": pd.Series(["a", "b", "a"], dtype=dtype)})).codes[0]
    assert code == CategoryCode(name="c", categories=("a", "b"), missing=False)
