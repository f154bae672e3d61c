"""What is written from the code: the JSON Schemas, the reference of audit.yaml, the metrics."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from audit import config, evidence
from audit.config import reading

METRICS_BEGIN, METRICS_END = "<!-- metrics: begin -->", "<!-- metrics: end -->"


def shipped() -> dict[Path, dict[str, Any]]:
    """Return each schema file of the package with what it should hold."""
    return {
        reading.SCHEMA_FILE: config.json_schema(),
        evidence.SCHEMA_FILE: evidence.json_schema(),
    }


def reference() -> str:
    """Return docs/config.md: every key of audit.yaml, its default and its meaning."""
    lines = [
        "# audit.yaml",
        "",
        "Every key, its default and its meaning. Written by `make schemas` from the code. Editors",
        "complete the file with the schema that ships as `audit/config/audit.schema.json`.",
    ]
    sections: list[tuple[str, type[BaseModel]]] = [("", config.AuditConfig)]
    while sections:
        name, section = sections.pop(0)
        lines += ["", f"## {name or 'Top level'}", "", f"{_first_line(section)}", ""]
        lines += ["| key | default | meaning |", "|---|---|---|"]
        for key, field in section.model_fields.items():
            inner = reading.sections_in(field.annotation)
            sections += [(f"{name}.{key}{_told_apart(inner, s)}".lstrip("."), s) for s in inner]
            meaning = field.description or (_first_line(inner[0]) if inner else "")
            lines.append(f"| `{key}` | {_default(field)} | {_line(meaning)} |")
    return "\n".join(lines) + "\n"


def with_metrics(page: str) -> str:
    """Return docs/method/metrics.md with its tables of metrics written anew."""
    from audit.metrics.reference import metric_tables

    before, _, rest = page.partition(METRICS_BEGIN)
    _, end, after = rest.partition(METRICS_END)
    return f"{before}{METRICS_BEGIN}\n\n{metric_tables()}\n\n{end}{after}"


def write(docs: Path = Path("docs")) -> None:
    """Write the schema files, the reference and the tables of metrics."""
    for path, schema in shipped().items():
        path.write_text(json.dumps(schema, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    (docs / "config.md").write_text(reference(), encoding="utf-8")
    metrics = docs / "method" / "metrics.md"
    metrics.write_text(with_metrics(metrics.read_text(encoding="utf-8")), encoding="utf-8")


def _first_line(section: type[BaseModel]) -> str:
    return (section.__doc__ or "").strip().splitlines()[0]


def _line(text: str) -> str:
    return " ".join(text.split()).replace("|", "&#124;")


def _told_apart(every: list[type[BaseModel]], one: type[BaseModel]) -> str:
    """Name the keys that one of several sections cannot do without."""
    needed = [key for key, field in one.model_fields.items() if field.is_required()]
    return f" {{{', '.join(needed)}}}" if len(every) > 1 else ""


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    if value is None or isinstance(value, BaseModel):
        return "–"
    return f"`{json.dumps(value)}`"
