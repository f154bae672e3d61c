"""Estimators of several classes and of numbers: the same answers as scikit-learn gives."""

import numpy as np
import pandas as pd
import pytest
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LogisticRegression, Ridge, RidgeClassifier
from sklearn.multiclass import OneVsRestClassifier
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from audit.config import Target
from audit.data.dataset import Dataset, TableInput
from audit.errors import ModelError
from audit.models.answering import AnswerModel
from audit.models.class_order import in_class_order, in_classes
from audit.models.model import TorchModel
from audit.models.sklearn_model import from_estimator
from audit.predictions import predict
from builders_models import record

CLASSES = ("cold", "mild", "warm")


def table(rows=150):
    drawn = np.random.default_rng(0)
    frame = pd.DataFrame(drawn.normal(size=(rows, 4)), columns=list("abcd"))
    heat = frame.a + frame.b * frame.c + 0.3 * drawn.normal(size=rows)
    return frame, heat.to_numpy(), np.array(CLASSES)[np.digitize(heat, [-0.5, 0.5])]


def dataset(frame, task, focus=2, classes=CLASSES):
    rows = np.arange(len(frame))
    _, heat, names = table(len(frame))
    codes = np.array([sorted(CLASSES).index(name) for name in names])
    several = task == "multiclass"
    return Dataset(
        inputs={"table": TableInput(frame=frame)},
        target=(codes == focus).astype(np.int8) if several else heat,
        sensitive=(),
        splits={"test": rows},
        row_ids=rows,
        record=record(len(frame)),
        task=task,
        classes=classes if several else (),
        focus=focus if several else 1,
        codes=codes if several else None,
    )


SEVERAL = {
    "logistic": (LogisticRegression(), TorchModel),
    "perceptron": (MLPClassifier((8,), max_iter=50, random_state=0), TorchModel),
    "discriminant": (LinearDiscriminantAnalysis(), TorchModel),
    "forest": (RandomForestClassifier(5, random_state=0), AnswerModel),
    "one against the rest": (OneVsRestClassifier(LogisticRegression()), AnswerModel),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", SEVERAL)
@pytest.mark.parametrize("scaled", [True, False])
def test_several_classes_are_answered_as_scikit_learn_does(name, scaled):
    estimator, kind = SEVERAL[name]
    frame, _, labels = table()
    fitted = (make_pipeline(StandardScaler(), estimator) if scaled else estimator).fit(
        frame, labels
    )
    model = from_estimator(fitted)
    assert isinstance(model, kind)
    data = dataset(frame, "multiclass")
    found = predict(in_classes(model, data), data, data.splits["test"], 0.5)
    np.testing.assert_allclose(found.score, fitted.predict_proba(frame)[:, 2], atol=1e-9)
    assert (np.array(CLASSES)[found.classes] == fitted.predict(frame)).all()
    assert (found.label == (fitted.predict(frame) == "warm")).all()
    assert found.threshold is None


@pytest.mark.parametrize("margins", [RidgeClassifier(), LinearSVC()])
def test_margins_of_several_classes_decide_as_scikit_learn_does(margins):
    frame, _, labels = table()
    fitted = margins.fit(frame, labels)
    data = dataset(frame, "multiclass")
    model = in_classes(from_estimator(fitted), data)
    assert any("gives a margin" in note for note in model.notes)
    found = predict(model, data, data.splits["test"], 0.5)
    assert (np.array(CLASSES)[found.classes] == fitted.predict(frame)).all()


def test_outputs_are_put_in_the_order_of_the_data():
    frame, _, labels = table()
    fitted = LogisticRegression().fit(frame, labels)
    data = dataset(frame, "multiclass", focus=0, classes=("warm", "cold", "mild"))
    model = in_classes(from_estimator(fitted), data)
    found = predict(model, data, data.splits["test"], 0.5)
    np.testing.assert_allclose(found.score, fitted.predict_proba(frame)[:, 2], atol=1e-9)
    assert "order of the data's classes" in " ".join(model.notes)


NUMBERS = {
    "ridge": (Ridge(), TorchModel),
    "perceptron": (MLPRegressor(hidden_layer_sizes=(8,), max_iter=50, random_state=0), TorchModel),
    "forest": (RandomForestRegressor(5, random_state=0), AnswerModel),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", NUMBERS)
def test_numbers_are_predicted_as_scikit_learn_does(name):
    estimator, kind = NUMBERS[name]
    frame, heat, _ = table()
    fitted = make_pipeline(StandardScaler(), estimator).fit(frame, heat)
    model = from_estimator(fitted)
    assert isinstance(model, kind)
    assert model.output == "value"
    data = dataset(frame, "regression")
    found = predict(in_classes(model, data), data, data.splits["test"], 0.5)
    np.testing.assert_allclose(found.score, fitted.predict(frame), atol=1e-9)
    assert found.label is found.score


def test_a_task_that_the_network_does_not_answer_is_refused_in_one_line():
    frame, heat, labels = table()
    several = from_estimator(LogisticRegression().fit(frame, labels))
    number = from_estimator(Ridge().fit(frame, heat))
    two = from_estimator(LogisticRegression().fit(frame, labels == "warm"))
    target = Target(column="y")
    for ask in (
        lambda: in_class_order(several, target),
        lambda: in_class_order(number, target),
        lambda: in_classes(several, dataset(frame, "regression")),
        lambda: in_classes(number, dataset(frame, "multiclass")),
        lambda: in_classes(two, dataset(frame, "multiclass")),
        lambda: in_classes(several, dataset(frame, "multiclass", classes=("a", "mild", "warm"))),
    ):
        with pytest.raises(ModelError) as caught:
            ask()
        assert "\n" not in str(caught.value)
