"""Any pipeline of known parts answers as its network, column by column."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import decomposition, feature_selection, preprocessing
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from audit.models.model import TorchModel
from audit.models.sklearn_model import from_estimator
from builders_sklearn import NUMBERS, WORDS, asked, fitted, mlp, people

torch.set_num_threads(1)
SCALERS = {
    "standard": preprocessing.StandardScaler,
    "robust": preprocessing.RobustScaler,
    "ranged": preprocessing.MinMaxScaler,
    "clipped": lambda: preprocessing.MinMaxScaler(clip=True),
    "largest": preprocessing.MaxAbsScaler,
    "power": preprocessing.PowerTransformer,
    "quantile": lambda: preprocessing.QuantileTransformer(n_quantiles=20),
}
AFFINE = ("standard", "robust", "ranged", "largest")
ENCODERS = {
    "one_hot": lambda: preprocessing.OneHotEncoder(handle_unknown="ignore"),
    "few": lambda: preprocessing.OneHotEncoder(
        max_categories=3, handle_unknown="infrequent_if_exist", sparse_output=False
    ),
    "first": lambda: preprocessing.OneHotEncoder(drop="first"),
    "ordinal": lambda: preprocessing.OrdinalEncoder(
        handle_unknown="use_encoded_value", unknown_value=-1
    ),
}


@st.composite
def preparations(draw):
    indicator, mixed = draw(st.booleans()), draw(st.booleans())
    scalers = draw(st.lists(st.sampled_from(sorted(SCALERS)), max_size=2))
    numbers = [SimpleImputer(add_indicator=indicator), *(SCALERS[name]() for name in scalers)]
    if mixed:
        numbers.append(decomposition.PCA(2, whiten=draw(st.booleans())))
        last = draw(st.lists(st.sampled_from(AFFINE), max_size=1))
        numbers += [SCALERS[name]() for name in last]
    fill = SimpleImputer(strategy=draw(st.sampled_from(["most_frequent", "constant"])))
    words = make_pipeline(fill, ENCODERS[draw(st.sampled_from(sorted(ENCODERS)))]())
    parts = [("numbers", make_pipeline(*numbers), NUMBERS), ("words", words, WORDS)]
    chosen = draw(st.permutations(parts))[: draw(st.integers(1, 2))]
    weights = draw(st.sampled_from([None, {"numbers": 0.25}, {"words": 3.0}]))
    columns = ColumnTransformer(chosen, transformer_weights=weights, sparse_threshold=0)
    after = draw(st.sampled_from(["nothing", "variance", "ranged"]))
    last = {
        "nothing": [],
        "variance": [feature_selection.VarianceThreshold()],
        "ranged": [preprocessing.MinMaxScaler()],
    }
    return [columns, *last[after]]


@settings(max_examples=40, deadline=None)
@given(steps=preparations(), deep=st.booleans(), seed=st.integers(0, 100))
def test_a_pipeline_of_known_parts_is_its_network(steps, deep, seed):
    head = mlp(max_iter=5) if deep else LogisticRegression(max_iter=50)
    estimator = fitted(*steps, head)
    model = from_estimator(estimator)
    assert isinstance(model, TorchModel), model.reason
    rows = people(60, seed).reset_index(drop=True)
    encoded = model.encode({"table": rows})
    with torch.no_grad():
        found = model.score(encoded.tensors).numpy()
    assert np.abs(found - asked(estimator.predict_proba, rows)[:, 1]).max() < 1e-9
    assert set(encoded.columns["x"]) <= set(model.features)
    alone = model.encode({"table": rows.iloc[[7]]}).tensors["x"]
    assert alone[0].tolist() == pytest.approx(encoded.tensors["x"][7].tolist(), abs=1e-12)
