"""The evidence: everything an audit found, as versioned JSON and back."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from audit.canonical import canonical_json
from audit.data.records import DataRecord
from audit.errors import EvidenceError
from audit.explainers.picture_results import PictureRecord
from audit.explainers.results import Explanation
from audit.findings import Finding, Verdict
from audit.metrics.bounds_results import GapBounds
from audit.metrics.conditional_results import ConditionalDisparity, StratifiedComparison
from audit.metrics.curve_results import Curves
from audit.metrics.definition_results import MetricDefinition
from audit.metrics.dependence_results import Dependence
from audit.metrics.headline import TargetScale
from audit.metrics.probable_results import ProbableFigures
from audit.metrics.results import Disparity, MetricResult
from audit.metrics.subgroups.coverage_results import CoverageMap
from audit.metrics.subgroups.results import SubgroupSearch
from audit.mitigation.results import ComparisonRecord, Levelling, MitigationRecord
from audit.models.records import ModelRecord, TrainingRecord
from audit.regimes.results import RegimeRecord
from audit.weights.results import Ledger

SCHEMA_VERSION = "1.0.0"
SCHEMA_FILE = Path(__file__).with_name("evidence.schema.json")


@dataclass(frozen=True, kw_only=True)
class ToolRecord:
    """The program that wrote the evidence."""

    name: str
    version: str


@dataclass(frozen=True, kw_only=True)
class ConfigRecord:
    """The configuration as it was before the run, defaults included, and its hash."""

    values: dict[str, Any]
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The choices that every figure depends on, repeated here for readers of the evidence."""

    confidence: float
    tolerance: float
    minimum_group: int
    seed: int
    scale: TargetScale | None = None
    """Of a regression: the spread of the target, and the tolerance in its unit."""


@dataclass(frozen=True, kw_only=True)
class WeightsRecord:
    """The weight ledgers, in the order of the network; empty where there are none."""

    ledgers: tuple[Ledger, ...] = ()


@dataclass(frozen=True, kw_only=True)
class NotAssessed:
    """Something the audit did not look at, and why."""

    subject: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Statement:
    """What a human says; `text` is None where nobody said it."""

    name: str
    text: str | None
    author: str | None = None
    date: str | None = None


@dataclass(frozen=True, kw_only=True)
class Environment:
    """Versions that the figures depend on. No user, host or path."""

    python: str
    machine: str
    device: str
    threads: int
    libraries: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """The canonical result of an audit; the report is one rendering of it."""

    schema_version: str
    tool: ToolRecord
    name: str
    title: str
    date: str
    config: ConfigRecord
    settings: Settings
    data: DataRecord
    model: ModelRecord
    metrics: tuple[MetricResult, ...]
    disparities: tuple[Disparity, ...]
    definitions: tuple[MetricDefinition, ...] = ()
    curves: Curves = field(default_factory=Curves)
    subgroups: tuple[SubgroupSearch, ...] = ()
    coverage: tuple[CoverageMap, ...] = ()
    bounds: tuple[GapBounds, ...] = ()
    probable: tuple[ProbableFigures, ...] = ()
    dependence: tuple[Dependence, ...] = ()
    conditional: tuple[ConditionalDisparity, ...] = ()
    stratified: tuple[StratifiedComparison, ...] = ()
    explanations: tuple[Explanation, ...] = ()
    pictures: tuple[PictureRecord, ...] = ()
    weights: WeightsRecord = field(default_factory=WeightsRecord)
    training: TrainingRecord | None = None
    mitigations: tuple[MitigationRecord, ...] = ()
    comparisons: tuple[ComparisonRecord, ...] = ()
    levelling: tuple[Levelling, ...] = ()
    findings: tuple[Finding, ...]
    verdict: Verdict
    not_assessed: tuple[NotAssessed, ...]
    regimes: tuple[RegimeRecord, ...] = ()
    statements: tuple[Statement, ...]
    environment: Environment


@cache
def _adapter() -> TypeAdapter[Evidence]:
    return TypeAdapter(Evidence)


def to_json(evidence: Evidence) -> bytes:
    """Serialise evidence to canonical JSON (RFC 8785).

    Raises
    ------
    ValueError
        If a number is NaN or infinite: a defect, since undefined is a status.
    """
    return canonical_json(_adapter().dump_python(evidence, mode="json"))


def from_json(content: bytes, source: str = "audit.json") -> Evidence:
    """Read evidence; fields that this version does not know are ignored.

    Raises
    ------
    EvidenceError
        If `content` is not JSON, not evidence, or of another major schema version.
    """
    try:
        values = json.loads(content, parse_constant=_refuse, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        raise EvidenceError(f"{source}: expected JSON, came {error}") from error
    _require_version(values, source)
    try:
        return _adapter().validate_python(values)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise EvidenceError(
            f"{source}: {place}: {first['msg']}", "write it again with: audit run"
        ) from error


def _refuse(word: str) -> float:
    raise ValueError(f"a number that is {word}")


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _refuse("not finite")


def _require_version(values: Any, source: str) -> None:  # noqa: ANN401 - any JSON value
    version = values.get("schema_version") if isinstance(values, dict) else None
    if not isinstance(version, str):
        raise EvidenceError(
            f"{source}: expected the evidence of an audit, came no schema_version",
            "give the audit.json that audit run wrote",
        )
    if version.partition(".")[0] != SCHEMA_VERSION.partition(".")[0]:
        raise EvidenceError(
            f"{source}: expected schema version {SCHEMA_VERSION}, came {version}",
            "render it with the version of weight-audit that wrote it",
        )


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of the evidence."""
    schema = _adapter().json_schema(mode="serialization")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"Evidence of an audit, version {SCHEMA_VERSION}",
        **schema,
    }
