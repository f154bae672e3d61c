"""From a table and a network to a folder, with the command line alone."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import signal
import subprocess
import sys
import time

import jsonschema
import numpy as np
import pandas as pd
import pytest

from audit.evidence import SCHEMA_FILE
from tables import people


def run(space, folder="out", **changes):
    space.write(**changes)
    code, out, err = space.audit("run", "audit.yaml", "--output", folder)
    assert code == 0, err
    return out, err


def test_one_command_leaves_a_report_and_its_evidence(space):
    out, err = run(space)
    assert err == ""
    assert "Disparity found" in out
    assert "report.html" in out
    names = {path.name for path in (space.folder / "out").iterdir()}
    assert names == {"report.html", "audit.json", "run.json", "SHA256SUMS"}
    schema = json.loads(SCHEMA_FILE.read_text())
    jsonschema.Draft202012Validator(schema).validate(space.evidence())


def test_figures_agree_with_a_loop_over_the_rows(space):
    run(space)
    evidence = space.evidence()
    frame = people()
    order = np.random.default_rng(1).permutation(len(frame))
    tested = frame.iloc[np.sort(order[:200])]
    hidden = np.stack(
        [tested["skill"], -tested["skill"], (tested["commute"] - 35) / 10 + 0.2], axis=1
    )
    logit = np.maximum(hidden, 0) @ np.array([1.5, -1.5, -1.0]) + 0.3
    decided = logit >= 0
    for sex in ("Female", "Male"):
        rows = (tested["sex"] == sex).to_numpy()
        found = next(
            m for m in evidence["metrics"]
            if m["metric"] == "selection_rate" and m["group"] == {"sex": sex}
        )  # fmt: skip
        assert found["n"] == rows.sum()
        assert found["value"] == pytest.approx(decided[rows].mean(), abs=1e-12)


def test_the_gap_goes_through_the_column_that_the_network_reads(space):
    run(space)
    gap = next(e for e in space.evidence()["explanations"] if e["level"] == "gap")
    assert gap["values"][0]["feature"] == "commute"
    assert gap["status"] == "ok"
    total = sum(value["value"] for value in gap["values"])
    assert gap["total"] == pytest.approx(total + gap["residual"], abs=1e-9)


def test_the_same_inputs_give_the_same_bytes(space):
    run(space, "one")
    run(space, "two")
    for name in ("audit.json", "report.html"):
        one, two = ((space.folder / place / name).read_bytes() for place in ("one", "two"))
        assert hashlib.sha256(one).digest() == hashlib.sha256(two).digest()


def test_the_date_is_that_of_the_first_run_into_the_folder(space):
    run(space, report=None)
    path = space.folder / "out" / "run.json"
    values = json.loads(path.read_text())
    path.write_text(json.dumps({**values, "first_run": "2020-02-02"}))
    run(space, report=None)
    assert space.evidence()["date"] == "2020-02-02"


def test_the_report_is_rendered_again_from_the_evidence_alone(space):
    run(space)
    first = (space.folder / "out" / "report.html").read_bytes()
    code, _, err = space.audit("report", "out/audit.json", "--output", "again.html")
    assert code == 0, err
    assert (space.folder / "again.html").read_bytes() == first


def test_verify_notices_one_changed_byte(space):
    run(space)
    assert space.audit("verify", "out")[0] == 0
    path = space.folder / "out" / "audit.json"
    content = path.read_bytes()
    path.write_bytes(content.replace(b"Female", b"Femalf", 1))
    code, out, _ = space.audit("verify", "out")
    assert (code, out) == (3, "changed: audit.json\n")
    assert space.audit("verify", "nowhere")[0] == 4


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"schema_version": "9.0.0"}', b"\xff"])
def test_what_is_no_evidence_is_told(space, content):
    (space.folder / "audit.json").write_bytes(content)
    code, _, err = space.audit("report", "audit.json")
    assert (code, err.count("\n")) == (2, 1)
    assert not (space.folder / "report.html").exists()
    assert space.audit("report", "nowhere.json")[0] == 2


def test_train_then_audit_the_bundle(space):
    train = {"model": {"train": {"epochs": 6, "hidden": [8]}}, "data__features": None}
    space.write(**train)
    code, out, err = space.audit("train", "audit.yaml", "--output", "model")
    assert code == 0, err
    assert "kept epoch" in out
    names = {path.name for path in (space.folder / "model").iterdir()}
    assert names == {"model.safetensors", "model.json", "initial.safetensors"}
    run(space, model={"bundle": "model/"}, data__features=None)
    bundled = space.evidence()
    assert bundled["training"]["best_epoch"] >= 1
    assert not any("seen in training" in item["subject"] for item in bundled["not_assessed"])
    run(space, "trained", **train)
    trained = space.evidence("trained")
    assert [m["value"] for m in trained["metrics"]] == [m["value"] for m in bundled["metrics"]]
    assert (space.folder / "trained/model/baseline/model.json").is_file()
    assert space.audit("verify", "trained")[0] == 0


def test_a_table_of_scores_or_labels_needs_no_network(space):
    given = {"model": None, "data__features": None, "data__split": None}
    run(space, **given, predictions={"score": "skill"}, metrics={"threshold": 0.25})
    scored = space.evidence()
    rate = next(m for m in scored["metrics"] if m["metric"] == "selection_rate" and not m["group"])
    assert rate["value"] == pytest.approx((people()["skill"] >= 0.25).mean())
    assert scored["model"]["kind"] == "predictions"
    assert scored["explanations"] == []
    space.table(people().assign(said=lambda f: np.where(f["skill"] > 0.25, "yes", "no")))
    run(space, "labels", **given, predictions={"label": "said"},
        data__target={"column": "said", "positive": ["yes"]})  # fmt: skip
    labelled = space.evidence("labels")
    rate = next(m for m in labelled["metrics"] if m["metric"] == "accuracy" and not m["group"])
    assert rate["value"] == 1.0
    assert labelled["model"]["threshold"] is None


def test_parquet_gives_the_same_evidence_as_csv(space):
    run(space)
    people().to_parquet(space.folder / "people.parquet")
    run(space, "parquet", data__path="people.parquet")
    one, two = space.evidence(), space.evidence("parquet")
    assert one["data"]["sha256"] == two["data"]["sha256"]
    assert one["metrics"] == two["metrics"]
    assert one["disparities"] == two["disparities"]


def test_a_function_of_ones_own_is_a_source_of_data(space):
    (space.folder / "source.py").write_text(
        "import pandas as pd\n\n\ndef people():\n    return pd.read_csv('people.csv')\n"
    )
    run(space)
    run(space, "function", data__path=None, data__source="source.py:people")
    assert space.evidence("function")["metrics"] == space.evidence()["metrics"]
    assert [code["name"] for code in space.evidence("function")["data"]["code"]] == [
        "source.py:people"
    ]


def test_unknown_groups_are_counted_and_compared_with_none(space):
    frame = people()
    frame.loc[::7, "sex"] = None
    space.table(frame)
    run(space, data__split=None)
    evidence = space.evidence()
    assert evidence["data"]["unknown"] == {"sex": 58}
    assert any(m["group"] == {"sex": "unknown"} and m["n"] == 58 for m in evidence["metrics"])
    for disparity in evidence["disparities"]:
        assert "unknown" not in (*disparity["a"].values(), *disparity["b"].values())
    assert any(f["code"] == "UNKNOWN_GROUP" for f in evidence["findings"])


def test_hostile_names_run_nowhere_and_break_nothing(space):
    hostile = "</script><img src=x onerror=alert(1)>\x00\u202e{{7*7}}${x}"
    frame = people().rename(columns={"city": hostile})
    frame["sex"] = frame["sex"].replace("Male", hostile)
    space.table(frame)
    run(
        space, model={"train": {"epochs": 2}}, data__features=None, name=hostile.replace("\x00", "")
    )
    page = (space.folder / "out" / "report.html").read_text()
    assert "<img src=x" not in page
    assert "49" not in page.split("{{7*7}}")[0][-5:]


def test_weights_of_rows_change_the_figures(space):
    space.table(people().assign(w=lambda f: np.where(f["hired"] == 1, 3.0, 1.0)))
    run(space)
    run(space, "weighted", data__sample_weight="w")
    rates = [
        next(m for m in space.evidence(name)["metrics"]
             if m["metric"] == "base_rate" and not m["group"])
        for name in ("out", "weighted")
    ]  # fmt: skip
    plain = rates[0]["value"]
    assert rates[1]["value"] == pytest.approx(3 * plain / (3 * plain + 1 - plain))
    assert space.evidence("weighted")["data"]["weighted"]


def test_no_absolute_path_reaches_the_evidence(space):
    space.write(data__path=str(space.folder / "people.csv"))
    assert space.audit("run", str(space.folder / "audit.yaml"), "--output", "out")[0] == 0
    assert str(space.folder) not in (space.folder / "out" / "audit.json").read_text()


def test_ctrl_c_leaves_nothing_behind(space):
    big = pd.concat([people(seed=seed) for seed in range(40)])
    space.table(big)
    space.write(model={"train": {"epochs": 100000, "early_stopping": 0}}, data__features=None)
    before = space.files()
    process = subprocess.Popen(
        [sys.executable, "-c", "from audit.cli import main; main()", "run", "audit.yaml",
         "--output", "out"],
        cwd=space.folder, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip
    time.sleep(6)
    try:
        for _ in range(12):  # again and again, as a person does: an import may swallow the first
            process.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                out, err = process.communicate(timeout=5)
                break
        else:
            pytest.fail("a minute of Ctrl-C changed nothing")
    finally:
        process.kill()
    assert process.returncode == 130, err
    assert err == "audit: interrupted; nothing was written\n"
    assert out == ""
    assert space.files() == before
