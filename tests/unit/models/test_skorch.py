"""skorch classifiers: the network inside is audited, and answers as predict_proba does."""

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from audit import audit_model
from audit.errors import ModelError
from audit.models.skorch_network import from_skorch, is_skorch

torch.set_num_threads(1)
SETTINGS = {"explain": {"methods": []}, "weights": {"gaps": []}}


class Fitted:
    """What skorch's estimators have, without skorch."""

    predict_nonlinearity = "auto"
    module = nn.Linear

    def __init__(self, network, loss, classes=(0, 1)):
        self.module_, self.criterion_, self.classes_ = network, loss, np.array(classes)


def network(outputs, *ending):
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, outputs), *ending)


LOSSES = {
    "logits": (2, (), nn.CrossEntropyLoss()),
    "probabilities": (2, (nn.Softmax(-1),), nn.NLLLoss()),
    "logit": (1, (), nn.BCEWithLogitsLoss()),
    "probability": (1, (nn.Sigmoid(),), nn.BCELoss()),
}


@pytest.mark.parametrize("output", LOSSES)
def test_the_loss_says_what_it_answers_with(output):
    outputs, ending, loss = LOSSES[output]
    estimator = Fitted(network(outputs, *ending), loss)
    assert is_skorch(estimator)
    model = from_skorch(estimator)
    assert (model.output, model.classes) == (output, (0, 1))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"criterion_": nn.MSELoss()}, "does not say what its module answers with .loss MSELoss"),
        ({"predict_nonlinearity": None}, "predict_nonlinearity None"),
        ({"module_": None}, "is not fitted"),
    ],
    ids=["another loss", "another ending", "not fitted"],
)
def test_what_is_not_known_is_asked_for(change, said):
    estimator = Fitted(network(1), nn.BCEWithLogitsLoss())
    for name, value in change.items():
        setattr(estimator, name, value)
    with pytest.raises(ModelError, match=said):
        from_skorch(estimator)


def people(rows=300):
    draw = np.random.default_rng(0)
    X = draw.normal(size=(rows, 3)).astype(np.float32)
    y = (X[:, 0] + draw.logistic(size=rows) > 0).astype(int)
    return X, y, draw.choice(["f", "m"], rows)


@pytest.mark.parametrize("labels", [(0, 1), ("no", "yes"), ("yes", "a no")], ids=str)
def test_a_fitted_estimator_is_audited_as_a_network(labels):
    X, y, sex = people()
    named = np.array(labels)[y]
    estimator = Fitted(network(2), nn.CrossEntropyLoss(), labels)
    positive = None if labels == (0, 1) else "yes"
    found = audit_model(
        estimator, X, named, sensitive_features=pd.Series(sex, name="sex"), positive=positive,
        settings=SETTINGS,
    )  # fmt: skip
    with torch.no_grad():
        scores = torch.softmax(estimator.module_(torch.tensor(X)), -1).numpy()
    place = list(labels).index("yes") if "yes" in labels else 1
    rate = next(
        m.value for m in found.evidence.metrics if m.metric == "selection_rate" and not m.group
    )
    assert rate == pytest.approx((scores[:, place] >= 0.5).mean())
    assert found.evidence.model.kind == "module"


def test_skorch_itself():
    skorch = pytest.importorskip("skorch", reason="pip install skorch")
    X, y, sex = people()
    torch.manual_seed(0)
    estimator = skorch.NeuralNetBinaryClassifier(
        network(1), max_epochs=2, verbose=0, train_split=None
    )
    estimator.fit(X, y.astype(np.float32))
    found = audit_model(
        estimator, X, y, sensitive_features=pd.Series(sex, name="sex"), settings=SETTINGS
    )
    rate = next(
        m.value for m in found.evidence.metrics if m.metric == "selection_rate" and not m.group
    )
    assert rate == pytest.approx((estimator.predict_proba(X)[:, 1] >= 0.5).mean())
    assert found.evidence.model.architecture == "MLP 3 → 4 → 1, relu"
