"""A .skops file from the command line: refused in one line, or audited and told what it is."""

from __future__ import annotations

import os
import pickle

import pytest
import skops.io
from sklearn.ensemble import RandomForestClassifier

from builders_sklearn import NUMBERS, WORDS, fitted, labels, mlp, people, tidy

COLUMNS = NUMBERS + WORDS


class Touch:
    def __reduce__(self):
        return os.system, ("touch marker",)


@pytest.fixture
def pipelines(space):
    frame = people(300, missing=False)
    hired = (labels(frame) == "yes").astype(int)
    space.table(frame.assign(hired=hired, sex=["f", "m"] * 150))
    space.write(
        model={"path": "model.skops"},
        data__features=None,
        data__split=None,
        explain={"methods": []},
    )

    def save(head):
        estimator = fitted(tidy(), head, frame=frame[COLUMNS], target=hired)
        skops.io.dump(estimator, space.folder / "model.skops")
        return space

    return save


def test_a_pickle_in_disguise_is_one_line_and_runs_nothing(space, pipelines):
    (space.folder / "model.skops").write_bytes(pickle.dumps(Touch()))
    code, _, err = space.audit("run", "audit.yaml", "--output", "out")
    assert code == 2
    assert "a pickle, which can run code" in err.strip().splitlines()[-1]
    assert "Traceback" not in err
    assert not {"marker", "out"} & space.files()


def test_a_pipeline_is_audited_with_its_weights(pipelines):
    space = pipelines(mlp())
    code, _, err = space.audit("run", "audit.yaml", "--output", "out")
    assert code == 0, err
    evidence = space.evidence()
    assert evidence["model"]["kind"] == "sklearn"
    assert evidence["weights"]["ledgers"]


def test_a_forest_needs_trust_and_is_a_black_box(pipelines):
    space = pipelines(RandomForestClassifier(5, random_state=0))
    code, _, err = space.audit("run", "audit.yaml", "--output", "out")
    assert (code, "pass --trust" in err) == (2, True)
    code, _, err = space.audit("run", "audit.yaml", "--output", "out", "--trust")
    assert code == 0, err
    record = space.evidence()["model"]
    assert record["kind"] == "black box"
    assert "RandomForestClassifier is no network of layers" in (record["opaque"] or "")
    assert any("read with --trust" in note for note in record["notes"])
