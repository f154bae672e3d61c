"""How long a browser takes to load a report with 1,000 findings, beside an empty page."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from audit.report import render
from evidence_builder import VARIANTS

FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
LOADED = "performance.getEntriesByType('navigation')[0].loadEventEnd"
EMPTY = b"<!doctype html><title>empty</title>"


def milliseconds(page: Page, path: Path) -> float:
    taken = []
    for _ in range(5):
        page.goto(path.as_uri(), wait_until="load")
        page.wait_for_function(f"{LOADED} > 0")
        taken.append(float(page.evaluate(LOADED)))
    return min(taken)


def main() -> None:
    found = shutil.which("chromium") or shutil.which("google-chrome")
    if found is None:
        sys.exit("no Chromium on the PATH")
    pages = {"empty page": EMPTY, "1,000 findings": render(VARIANTS["thousand_findings"]())}
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        page = playwright.chromium.launch(executable_path=found, args=FLAGS).new_page()
        for name, content in pages.items():
            path = Path(folder) / "page.html"
            path.write_bytes(content)
            print(
                f"{name:<16} {len(content):>10,} bytes {milliseconds(page, path):>8.0f} ms to load"
            )


if __name__ == "__main__":
    main()
