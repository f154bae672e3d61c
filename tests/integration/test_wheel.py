"""A wheel built from the repository and installed elsewhere carries every file it needs."""

from __future__ import annotations

import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from workspace import Workspace

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    # The build backend is the one of this environment, so that nothing is fetched.
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", out, ROOT],
        check=True,
        capture_output=True,
        timeout=300,
    )
    return next(out.glob("*.whl"))


def test_the_wheel_holds_every_file_of_the_package(wheel):
    source = ROOT / "src"
    wanted = {
        path.relative_to(source).as_posix()
        for path in (source / "audit").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    with zipfile.ZipFile(wheel) as archive:
        assert wanted <= set(archive.namelist())
    assert {"audit/py.typed", "audit/evidence.schema.json"} <= wanted


def test_an_installed_wheel_audits_and_renders(wheel, tmp_path, monkeypatch, capsys):
    home = tmp_path / "elsewhere"
    venv.create(home, with_pip=False, system_site_packages=False)
    site = next(home.glob("lib/python*/site-packages"))
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    libraries = [path for path in sys.path if path.endswith("site-packages")]
    (site / "libraries.pth").write_text("\n".join(libraries))
    work = tmp_path / "work"
    work.mkdir()
    space: Workspace = __import__("workspace").make(work, monkeypatch, capsys)
    space.write()
    script = "from audit.cli import main; import audit; print(audit.__file__); main()"
    done = subprocess.run(
        [home / "bin" / "python", "-c", script, "run", "audit.yaml", "--output", "out"],
        cwd=work, capture_output=True, text=True, timeout=300, check=False,
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert str(site) in done.stdout
    assert (work / "out" / "report.html").stat().st_size > 10_000
