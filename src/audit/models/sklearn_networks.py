"""scikit-learn estimators that are networks: which ones, and the Linear layers they become."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from audit.errors import ModelError
from audit.models.records import Output
from audit.models.sklearn_affine import Affine, OpaqueError

Estimator = Any  # a fitted estimator of scikit-learn, which has no types
Weights = tuple[NDArray[np.float64], NDArray[np.float64]]
MARGIN = (
    "{name} gives a margin, no probability: its decisions are those at a threshold of 0.5; the "
    "score shown is the logistic function of the margin, and calibration speaks of that"
)
ACTIVATIONS: Mapping[str, Callable[[], nn.Module] | None] = {
    "identity": None,
    "logistic": nn.Sigmoid,
    "tanh": nn.Tanh,
    "relu": nn.ReLU,
}
PROBE_ROWS = 16
PAIR = 2
CLOSE = 1e-9


@dataclass(frozen=True, kw_only=True)
class Form:
    """How an estimator answers.

    Attributes
    ----------
    layers : callable
        From the estimator to weights and biases, first layer first.
    method : {"predict_proba", "decision_function", "predict"}
        The answer that the network gives too: log odds of it for ``predict_proba``.
    """

    layers: Callable[[Estimator], list[Weights]]
    method: str


def _linear(estimator: Estimator) -> list[Weights]:
    weight = np.atleast_2d(np.asarray(estimator.coef_, dtype=np.float64))
    bias = np.asarray(estimator.intercept_, dtype=np.float64)
    return [(weight, np.broadcast_to(bias.reshape(-1), (len(weight),)).copy())]


def _perceptron(estimator: Estimator) -> list[Weights]:
    return [
        (np.asarray(weight, dtype=np.float64).T, np.asarray(bias, dtype=np.float64))
        for weight, bias in zip(estimator.coefs_, estimator.intercepts_, strict=True)
    ]


def _names(form: Form, names: Sequence[str]) -> dict[str, Form]:
    return dict.fromkeys(names, form)


FORMS: Mapping[str, Form] = {
    "MLPClassifier": Form(layers=_perceptron, method="predict_proba"),
    "MLPRegressor": Form(layers=_perceptron, method="predict"),
    **_names(
        Form(layers=_linear, method="predict_proba"),
        ("LogisticRegression", "LogisticRegressionCV", "LinearDiscriminantAnalysis"),
    ),
    **_names(
        Form(layers=_linear, method="decision_function"),
        (
            "LinearSVC",
            "PassiveAggressiveClassifier",
            "Perceptron",
            "RidgeClassifier",
            "RidgeClassifierCV",
        ),
    ),
    **_names(
        Form(layers=_linear, method="predict"),
        (
            "ARDRegression",
            "BayesianRidge",
            "ElasticNet",
            "ElasticNetCV",
            "HuberRegressor",
            "Lars",
            "Lasso",
            "LassoCV",
            "LassoLars",
            "LinearRegression",
            "LinearSVR",
            "Ridge",
            "RidgeCV",
            "SGDRegressor",
        ),
    ),
}


def form_of(estimator: Estimator) -> Form:
    """Return how a fitted estimator answers, if it is a network.

    Raises
    ------
    OpaqueError
        If it is none that this version knows.
    """
    name = type(estimator).__name__
    if not type(estimator).__module__.startswith("sklearn."):
        raise OpaqueError(f"{name} is no estimator of scikit-learn's own")
    if name == "SGDClassifier":
        return _descended(estimator)
    if name not in FORMS:
        raise OpaqueError(f"{name} is no network of layers")
    return FORMS[name]


def _descended(estimator: Estimator) -> Form:
    if estimator.loss == "modified_huber":
        raise OpaqueError("SGDClassifier with modified_huber clips its probabilities")
    method = "predict_proba" if estimator.loss == "log_loss" else "decision_function"
    return Form(layers=_linear, method=method)


def network_of(estimator: Estimator, mix: Affine | None = None) -> nn.Sequential:
    """Build the torch network of a fitted MLP or linear estimator, in double precision.

    Layers are called fc1, act1, fc2, ..., out, as in `audit.models.architectures.mlp`; one called
    ``projection`` stands before them where the preprocessing ends in an affine map.

    Parameters
    ----------
    estimator : MLP or linear estimator of scikit-learn
        A classifier, or a regressor of one number.
    mix : Affine, optional

    Raises
    ------
    OpaqueError
        If it is no network.
    ModelError
        If it is not fitted, has several outputs, or its weights do not fit each other or its own
        answers.
    """
    name, form = type(estimator).__name__, form_of(estimator)
    try:
        weights = form.layers(estimator)
    except (AttributeError, TypeError, ValueError) as error:
        raise ModelError(f"{name} is not fitted, or damaged: {error}", "fit it first") from error
    count = len(getattr(estimator, "classes_", ()))
    _require_chain(weights, name, count if count > PAIR else 1)
    network = nn.Sequential(_modules(estimator, weights)).eval()
    _require_same(estimator, network, form, weights[0][0].shape[1])
    return network if mix is None else _with_projection(network, mix, name)


def answers_with(estimator: Estimator) -> tuple[Output, tuple[str, ...]]:
    """Return what the network of an estimator answers with, and what must be said about it."""
    name, method = type(estimator).__name__, form_of(estimator).method
    if method == "predict":
        return "value", ()
    output: Output = "logit" if len(estimator.classes_) == PAIR else "logits"
    return output, (MARGIN.format(name=name),) if method == "decision_function" else ()


def _modules(estimator: Estimator, weights: list[Weights]) -> OrderedDict[str, nn.Module]:
    modules: OrderedDict[str, nn.Module] = OrderedDict()
    kind = getattr(estimator, "activation", "identity")
    if kind not in ACTIVATIONS:
        raise OpaqueError(f"{type(estimator).__name__} has an unknown activation: {kind!r}")
    make = ACTIVATIONS[kind]
    for number, (weight, bias) in enumerate(weights[:-1], start=1):
        modules[f"fc{number}"] = linear(weight, bias)
        if make is not None:
            modules[f"act{number}"] = make()
    modules["out"] = linear(*weights[-1])
    return modules


def linear(weight: NDArray[np.float64], bias: NDArray[np.float64] | None) -> nn.Linear:
    """Return a Linear layer with these weights, in double precision."""
    rows, columns = weight.shape
    with torch.device("meta"):
        layer = nn.Linear(columns, rows, bias=bias is not None, dtype=torch.float64)
    layer.weight = nn.Parameter(torch.from_numpy(np.array(weight)))
    if bias is not None:
        layer.bias = nn.Parameter(torch.from_numpy(np.array(bias)))
    return layer


def _require_chain(weights: list[Weights], name: str, answers: int) -> None:
    width = None
    for number, (weight, bias) in enumerate(weights, start=1):
        fits = weight.ndim == 2 and bias.shape == weight.shape[:1]  # noqa: PLR2004 - a matrix
        if not fits or (width is not None and weight.shape[1] != width):
            raise ModelError(
                f"{name}: layer {number} has weights {weight.shape} and biases {bias.shape}, which "
                "do not fit",
                "fit and save it again",
            )
        if not (np.isfinite(weight).all() and np.isfinite(bias).all()):
            raise ModelError(f"{name}: layer {number} holds NaN or infinity", "fit it again")
        width = len(bias)
    if width != answers:
        raise ModelError(
            f"{name} answers with {width or 'no'} numbers for each row, expected {answers}",
            "an audit is about one question: give an estimator for each",
        )


def _require_same(estimator: Estimator, network: nn.Module, form: Form, width: int) -> None:
    """Hold the network against the estimator on drawn rows: versions and subclasses may differ."""
    rows = np.random.default_rng(0).normal(size=(PROBE_ROWS, width))
    said = _asked(estimator, form.method, rows)
    with torch.no_grad():
        answer = network(torch.from_numpy(rows))
    found = _as_said(answer, form.method).numpy()
    if said.shape != found.shape or not np.allclose(said, found, rtol=CLOSE, atol=CLOSE):
        raise OpaqueError(
            f"{type(estimator).__name__} does not answer as its layers do (as a network)"
        )


def _as_said(answer: torch.Tensor, method: str) -> torch.Tensor:
    if answer.shape[1] > 1:
        return torch.softmax(answer, dim=1) if method == "predict_proba" else answer
    return (torch.sigmoid(answer) if method == "predict_proba" else answer).reshape(-1)


def _asked(estimator: Estimator, method: str, rows: NDArray[np.float64]) -> NDArray[Any]:
    import warnings

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it was fitted with column names, these have none
            said = np.asarray(getattr(estimator, method)(rows))
    except Exception as error:
        name = type(estimator).__name__
        raise ModelError(
            f"{name}.{method} failed: {type(error).__name__}: {error}", "fit and save it again"
        ) from error
    if said.ndim == PAIR and said.shape[1] > PAIR:
        return said
    return said[:, 1] if method == "predict_proba" else said.reshape(-1)


def _with_projection(network: nn.Sequential, mix: Affine, name: str) -> nn.Sequential:
    first = next(network.children())
    if not isinstance(first, nn.Linear) or first.in_features != len(mix.bias):
        raise ModelError(f"{name} does not fit the {len(mix.bias)} columns that reach it")
    projection = linear(mix.weight, mix.bias if mix.bias.any() else None)
    parts = [("projection", projection), *network.named_children()]
    return nn.Sequential(OrderedDict(parts)).eval()
