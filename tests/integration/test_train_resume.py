"""`audit train` goes on after Ctrl-C and kill -9 with the same command, to the same bytes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pandas as pd
import pytest

from tables import people

KEPT = "model.checkpoint.safetensors"
# The signal comes after the first epoch, when most are still to come.
TRAIN = {"epochs": 60, "early_stopping": 0, "dropout": 0.2, "hidden": [8], "batch_size": 64}


def killed(space, wait=180):
    """Start a training, and kill it once it has written a checkpoint."""
    process = subprocess.Popen(
        [sys.executable, "-c", "from audit.cli import main; main()", "train", "audit.yaml",
         "--output", "model"],
        cwd=space.folder, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    until = time.monotonic() + wait
    while not (space.folder / KEPT).exists() and time.monotonic() < until:
        time.sleep(0.01)
    process.kill()
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (-signal.SIGKILL, "")


def interrupted(space):
    """Press Ctrl-C after the third epoch."""
    with space.monkeypatch.context() as patch:
        patch.setattr("audit.models.epochs.told", _third_raises())
        code, out, err = space.audit("train", "audit.yaml", "--output", "model")
    assert (code, out) == (130, "")
    assert err == "audit: interrupted; the same command goes on after the last whole epoch\n"


def _third_raises():
    def told(epoch):
        if epoch.epoch == 3:
            raise KeyboardInterrupt
        return ""

    return told


def bundle(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def trained(space):
    space.table(pd.concat([people(seed=seed) for seed in range(4)]))
    space.write(model={"train": TRAIN}, data__features=None)
    code, out, err = space.audit("train", "audit.yaml", "--output", "whole")
    assert code == 0, err
    assert "Went on" not in out
    assert "whole.checkpoint.safetensors" not in space.files()
    return space


@pytest.mark.parametrize("stop", [interrupted, killed])
def test_the_same_command_goes_on_to_the_same_bytes(trained, stop):
    stop(trained)
    assert KEPT in trained.files()
    assert "model" not in trained.files()
    code, out, err = trained.audit("train", "audit.yaml", "--output", "model")
    assert (code, err) == (0, "")
    assert "Went on after epoch " in out
    assert bundle(trained.folder / "model") == bundle(trained.folder / "whole")
    assert not [name for name in trained.files() if "checkpoint" in name]


def test_other_settings_do_not_take_it_up(trained):
    interrupted(trained)
    trained.write(model={"train": {**TRAIN, "dropout": 0.1}}, data__features=None)
    code, _, err = trained.audit("train", "audit.yaml", "--output", "model")
    assert code == 2
    assert err.startswith(f"audit: {KEPT} is of a training that was interrupted, with other ")
    assert "dropout was 0.2, is 0.1" in err
    (trained.folder / KEPT).unlink()
    code, out, _ = trained.audit("train", "audit.yaml", "--output", "model")
    assert code == 0
    assert "Went on" not in out
