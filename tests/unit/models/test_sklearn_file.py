"""Estimators from .skops files: what the configuration may say, and twins of one network."""

import hashlib
import sys
import zipfile

import numpy as np
import pytest
import sklearn
import skops.io
import torch
import yaml
from sklearn.compose import make_column_transformer
from sklearn.ensemble import VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import audit
from audit.config import ModelConfig
from audit.errors import ModelError
from audit.models.answering import AnswerModel
from audit.models.architectures import Blueprint
from audit.models.architectures import mlp as torch_mlp
from audit.models.bundle import save_bundle
from audit.models.model import TorchModel
from audit.models.sklearn_file import load_skops
from audit.models.tabular import CategoryCode, NumberCode, TabularEncoder
from builders_sklearn import NUMBERS, WORDS, fitted, labels, mlp, people, tidy

torch.set_num_threads(1)


def load(path, **settings):
    return load_skops(ModelConfig(path=path.name, **settings), path.parent)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "pipeline.skops"
    skops.io.dump(fitted(tidy(), mlp()), path)
    return path


def test_a_pipeline_is_loaded_as_a_network(file):
    model = load(file)
    assert isinstance(model, TorchModel)
    assert (model.kind, model.output, model.classes) == ("sklearn", "logit", ("no", "yes"))
    assert model.notes == ()


def test_a_black_box_keeps_the_hash_of_its_file(tmp_path):
    path = tmp_path / "vote.skops"
    skops.io.dump(fitted(tidy(), VotingClassifier([("one", mlp())], voting="soft")), path)
    model = load(path)
    assert isinstance(model, AnswerModel)
    assert model.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_what_the_file_says_may_be_repeated_but_not_contradicted(file):
    assert load(file, output="logit").output == "logit"
    with pytest.raises(ModelError, match=r"output: probability was declared, but pipeline.skops"):
        load(file, output="probability")
    with pytest.raises(ModelError, match="brings its own preprocessing"):
        load(file, encode="code.py:encode")


def test_another_version_of_scikit_learn_is_noted(file):
    now = f'\\"{sklearn.__version__}\\"'.encode()
    assert now in file.read_bytes()
    with zipfile.ZipFile(file) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(file, "w") as archive:
        for name, part in parts.items():
            archive.writestr(name, part.replace(now, b'\\"1.2.3\\"'))
    assert load(file).notes == (
        f"saved with scikit-learn 1.2.3, read with {sklearn.__version__}: its answers may differ",
    )


def test_without_skops_the_way_out_is_named(file, monkeypatch):
    monkeypatch.setitem(sys.modules, "skops", None)
    monkeypatch.setitem(sys.modules, "skops.io", None)
    with pytest.raises(ModelError, match=r"needs skops, which is not there; pip install"):
        load(file)


def plain():
    return make_column_transformer((StandardScaler(), NUMBERS), (OneHotEncoder(), WORDS))


@pytest.fixture(scope="module")
def table():
    frame = people(400, seed=3, missing=False)
    sex = np.random.default_rng(9).choice(["f", "m"], len(frame))
    return frame.assign(hired=labels(frame), sex=sex)


@pytest.fixture(scope="module")
def estimator(table):
    return fitted(plain(), mlp(max_iter=60), frame=table[NUMBERS + WORDS], target=table.hired)


def settings(**model):
    return {
        "name": "twins",
        "data": {
            "path": "people.csv",
            "target": {"column": "hired", "positive": ["yes"]},
            "sensitive": ["sex"],
        },
        "model": model,
        "report": {"date": "2026-11-23"},
    }


def figures(folder, table, **model):
    table.to_csv(folder / "people.csv", index=False)
    (folder / "audit.yaml").write_text(yaml.safe_dump(settings(**model)))
    found = audit.run(folder / "audit.yaml")
    return found, [(item.metric, str(item.group), item.value) for item in found.metrics]


def as_bundle(estimator, folder):
    """The same network, its preprocessing written as plain numbers and categories."""
    scaler, encoder = (step for _, step, _ in estimator[0].transformers_[:2])
    numbers = [
        NumberCode(name=name, mean=float(mean), scale=float(scale), indicator=False)
        for name, mean, scale in zip(NUMBERS, scaler.mean_, scaler.scale_, strict=True)
    ]
    words = [
        CategoryCode(name=name, categories=tuple(known.tolist()), missing=False)
        for name, known in zip(WORDS, encoder.categories_, strict=True)
    ]
    arguments = {"inputs": 10, "hidden": [6, 4], "activation": "relu"}
    network = torch_mlp(**arguments)
    source = load_state(estimator)
    network.load_state_dict(source)
    model = TorchModel(
        network=network,
        encoder=TabularEncoder(codes=(*numbers, *words)),
        output="logit",
        kind="trained",
        device=torch.device("cpu"),
        blueprint=Blueprint(name="mlp", arguments=arguments),
    )
    save_bundle(folder, model)


def load_state(estimator):
    last = estimator[-1]
    state = {}
    for name, weight, bias in zip(
        ("fc1", "fc2", "out"), last.coefs_, last.intercepts_, strict=True
    ):
        state[f"{name}.weight"] = torch.from_numpy(weight.T.copy()).float()
        state[f"{name}.bias"] = torch.from_numpy(bias.copy()).float()
    return state


@pytest.fixture(scope="module")
def white(tmp_path_factory, table, estimator):
    folder = tmp_path_factory.mktemp("white")
    skops.io.dump(estimator, folder / "white.skops")
    return figures(folder, table, path="white.skops")


def test_the_same_network_in_a_bundle_gives_the_same_audit(tmp_path, table, estimator, white):
    as_bundle(estimator, tmp_path / "bundle")
    found, values = figures(tmp_path, table, bundle="bundle")
    for (*left, ours), (*right, theirs) in zip(values, white[1], strict=True):
        assert left == right
        assert (ours is None) == (theirs is None)
        assert ours is None or ours == pytest.approx(theirs, abs=1e-5)
    assert [layer.name for layer in found.evidence.model.layers] == [
        layer.name for layer in white[0].evidence.model.layers
    ]
    for ours, theirs in zip(found.explanations, white[0].explanations, strict=True):
        shares = [{v.feature: v.value for v in one.values} for one in (ours, theirs)]
        assert shares[0] == pytest.approx(shares[1], abs=1e-4)


def test_a_black_box_and_its_white_twin_give_the_same_metrics(tmp_path, table, estimator, white):
    vote = VotingClassifier([("one", make_pipeline(plain(), mlp(max_iter=60)))], voting="soft")
    fitted(vote, frame=table[NUMBERS + WORDS], target=table.hired)
    skops.io.dump(vote, tmp_path / "black.skops")
    found, values = figures(tmp_path, table, path="black.skops")
    assert [item[:2] for item in values] == [item[:2] for item in white[1]]
    for (*_, ours), (*_, theirs) in zip(values, white[1], strict=True):
        assert ours == (theirs if theirs is None else pytest.approx(theirs, abs=1e-12))
    assert found.evidence.model.kind == "black box"
    assert white[0].evidence.model.kind == "sklearn"
    assert white[0].ledgers
    assert not found.ledgers


def test_the_positive_class_may_be_the_first(tmp_path, table):
    flipped = table.assign(hired=table.hired.map({"yes": "a", "no": "b"}))
    features = flipped[NUMBERS + WORDS]
    estimator = fitted(plain(), LogisticRegression(), frame=features, target=flipped.hired)
    skops.io.dump(estimator, tmp_path / "m.skops")
    flipped.to_csv(tmp_path / "people.csv", index=False)
    config = settings(path="m.skops")
    config["data"]["target"]["positive"] = ["a"]
    (tmp_path / "audit.yaml").write_text(yaml.safe_dump(config))
    found = audit.run(tmp_path / "audit.yaml")
    rate = next(m for m in found.metrics if m.metric == "selection_rate" and not m.group)
    assert rate.value == pytest.approx(float((estimator.predict(features) == "a").mean()))
    accuracy = next(m for m in found.metrics if m.metric == "accuracy" and not m.group)
    assert accuracy.value == pytest.approx(estimator.score(features, flipped.hired))
