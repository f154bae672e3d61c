"""What is written from the code is up to date."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from audit.schemas import reference, shipped, with_metrics

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("path", shipped(), ids=lambda path: path.name)
def test_shipped_schemas_are_those_of_the_code(path):
    assert json.loads(path.read_text()) == shipped()[path], "run: make schemas"
    jsonschema.Draft202012Validator.check_schema(shipped()[path])


def test_the_reference_of_the_configuration_is_that_of_the_code():
    assert (ROOT / "docs" / "config.md").read_text() == reference(), "run: make schemas"


def test_the_tables_of_metrics_are_those_of_the_code():
    page = (ROOT / "docs" / "method" / "metrics.md").read_text()
    assert page == with_metrics(page), "run: make schemas"
