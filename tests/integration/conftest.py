from __future__ import annotations

import pytest

import workspace


@pytest.fixture
def space(tmp_path, monkeypatch, capsys):
    return workspace.make(tmp_path, monkeypatch, capsys)
