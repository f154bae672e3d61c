"""One headless Chromium for all browser tests, and reports rendered once each."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from audit.report import render
from evidence_builder import VARIANTS
from evidence_tasks import KINDS

NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass(frozen=True)
class Rendered:
    """One report on disk."""

    evidence: object
    content: bytes
    path: Path

    @property
    def url(self):
        return self.path.as_uri()

    @cached_property
    def text(self):
        return self.content.decode("utf-8")

    @cached_property
    def embedded(self):
        start = self.text.index('id="evidence">') + len('id="evidence">')
        return self.text[start : self.text.index("</script>", start)]

    @cached_property
    def json(self):
        return json.loads(self.embedded)


def _executable():
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        message = f"no Chromium: none of {', '.join(NAMES)} is on the PATH"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    return found


@pytest.fixture(scope="session")
def browser():
    executable = _executable()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def rendered(tmp_path_factory):
    """Render a variant once; later calls return the same file."""
    folder = tmp_path_factory.mktemp("reports")
    made = {}

    def get(name):
        if name not in made:
            evidence = {**VARIANTS, **KINDS}[name]()
            content = render(evidence)
            path = folder / f"{name}.html"
            path.write_bytes(content)
            made[name] = Rendered(evidence, content, path)
        return made[name]

    return get


@pytest.fixture
def open_page(browser, rendered):
    """Open a variant in a fresh context; everything the page asked for is in `page.requested`."""
    contexts = []

    def get(name, *, width=1280, height=800, **options):
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        page = context.new_page()
        page.requested, page.problems = [], []
        page.on("request", lambda request: page.requested.append(request.url))
        page.on("pageerror", lambda error: page.problems.append(str(error)))
        page.on(
            "console",
            lambda message: page.problems.append(message.text) if message.type == "error" else None,
        )
        page.goto(rendered(name).url)
        return page

    yield get
    for context in contexts:
        context.close()
