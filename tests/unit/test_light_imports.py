"""What needs no network and no table imports none of the libraries for them."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

HEAVY = ("torch", "captum", "sklearn", "pandas", "fairlearn", "scipy", "matplotlib")


def loaded_by(code: str) -> set[str]:
    script = f"{code}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=120
    )
    return set(json.loads(done.stdout.splitlines()[-1])) & set(HEAVY)


@pytest.mark.parametrize(
    ("arguments", "code"), [(["--help"], 0), (["list"], 0), (["run", "typo.yaml"], 2)]
)
def test_the_command_line_answers_without_heavy_libraries(tmp_path, arguments, code):
    (tmp_path / "typo.yaml").write_text("dta: {}\n")
    run = (
        f"import os, sys\nos.chdir({str(tmp_path)!r})\nsys.argv = ['audit', *{arguments!r}]\n"
        "from audit.cli import main\n"
        "try:\n    main()\nexcept SystemExit as stop:\n"
        f"    assert (stop.code or 0) == {code}, stop.code\n"
    )
    assert loaded_by(run) == set()


@pytest.mark.parametrize("module", ["audit", "audit.config", "audit.evidence", "audit.findings"])
def test_light_modules_stay_light(module):
    assert loaded_by(f"import {module}") == set()


def test_the_public_names_are_there():
    import audit

    assert set(dir(audit)) == set(audit.__all__)
    assert callable(audit.run)
    assert callable(audit.audit_model)
    assert callable(audit.metrics.group_metrics)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = audit.nothing
