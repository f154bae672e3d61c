"""Errors, canonical JSON, identifiers and registries."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.canonical import canonical_json, sha256_file, sha256_hex, stable_id
from audit.errors import AuditError, ConfigError, nearest, one_line
from audit.registry import EXPLAINERS, KINDS, METRICS, Registry


def test_an_error_is_one_line_with_a_hint():
    error = AuditError("expected a,\ncame \x1b[31mb", "do c")
    assert str(error) == "expected a, came [31mb; do c"


@given(st.text())
def test_any_text_becomes_one_printable_line(text):
    line = one_line(text)
    assert line.isprintable()
    assert len(line) <= 600


def test_nearest_names_are_told_or_the_ones_there_are():
    assert nearest("colour", ["color", "size"]) == "did you mean 'color'?"
    assert nearest("zzz", ["color", "size"]) == "there are 'color', 'size'"
    assert nearest("zzz", []) == "there are none"
    assert nearest("zzz", map(str, range(20))).endswith("and 8 more")


def test_canonical_json_sorts_keys_and_refuses_nan():
    assert canonical_json({"b": 1.0, "a": [None, "é"]}) == '{"a":[null,"é"],"b":1}'.encode()
    with pytest.raises(ValueError, match="nan|NaN|float"):
        canonical_json({"a": math.nan})


def test_identifiers_do_not_depend_on_the_order_of_parts():
    assert stable_id("metric", a=1, b="x") == stable_id("metric", b="x", a=1)
    assert stable_id("metric", a=1) != stable_id("metric", a=2)


def test_a_file_hashes_as_its_content(tmp_path):
    path = tmp_path / "f"
    path.write_bytes(b"x" * 3_000_000)
    assert sha256_file(path) == sha256_hex(b"x" * 3_000_000)


@pytest.mark.parametrize("registry", KINDS.values(), ids=lambda registry: registry.kind)
def test_every_registered_name_leads_somewhere(registry: Registry):
    for name in registry:
        assert registry.resolve(name) is not None


def test_a_literal_name_needs_no_registration():
    assert METRICS.resolve("math:sqrt") is math.sqrt
    with pytest.raises(ConfigError, match="unknown metric 'acuracy'; did you mean 'accuracy'"):
        METRICS.resolve("acuracy")
    with pytest.raises(ConfigError, match="cannot be imported"):
        EXPLAINERS.resolve("no.such.module:thing")
    with pytest.raises(ConfigError, match="cannot be imported"):
        EXPLAINERS.resolve("math:thing")
