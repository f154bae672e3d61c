"""Realistic evidence for tests, counted out of made-up groups; nothing here runs an audit."""

from __future__ import annotations

import math
from dataclasses import replace

from audit.canonical import canonical_json, sha256_hex
from audit.evidence import (
    SCHEMA_VERSION,
    ConfigRecord,
    Environment,
    Evidence,
    NotAssessed,
    Settings,
    Statement,
    ToolRecord,
)
from audit.findings import Finding
from audit.models.records import CodeRecord, LayerRecord
from evidence_concluded import findings_of, not_assessed_of, verdict_of
from evidence_measured import (
    MINIMUM,
    PLANTED,
    TOLERANCE,
    compared,
    counts,
    imprints,
    measured,
)
from evidence_records import (
    CONFIG,
    FEATURES,
    MODEL,
    STATEMENTS,
    data_record,
    explanations,
    training,
)


def build(cells, *, model=MODEL, explained=True, trained=True, features=FEATURES, title=None):
    sets, groups, metrics = measured(cells)
    disparities = compared(sets, metrics)
    findings = tuple(findings_of(disparities, metrics))
    verdict = verdict_of(disparities, findings)
    disparities = (*disparities, *imprints(sets, metrics))
    lead = next((d for d in disparities if d.id == verdict.headline), None)
    return Evidence(
        schema_version=SCHEMA_VERSION,
        tool=ToolRecord(name="weight-audit", version="0.1.0"),
        name="planted",
        title=title or "Hiring network: audit of simulated data",
        date="2026-11-23",
        config=ConfigRecord(values=CONFIG, sha256=sha256_hex(canonical_json(CONFIG))),
        settings=Settings(confidence=0.95, tolerance=TOLERANCE, minimum_group=MINIMUM, seed=0),
        data=data_record(groups, metrics),
        model=model,
        metrics=metrics,
        disparities=disparities,
        explanations=tuple(explanations(lead.a, lead.b, features)) if explained and lead else (),
        training=training() if trained else None,
        findings=findings,
        verdict=verdict,
        not_assessed=not_assessed_of(groups),
        statements=STATEMENTS,
        environment=Environment(
            python="3.11.7",
            machine="x86_64",
            device="cpu",
            threads=2,
            libraries={"torch": "2.13.0", "numpy": "2.4.6", "captum": "0.9.0"},
        ),
    )


def planted():
    """A disparity by sex; a suppressed group, an undefined rate, an unknown group."""
    return build(PLANTED)


def no_disparity():
    cells = [counts({"sex": sex}, 9000, 0.4, 0.801, 0.1) for sex in ("Male", "Female")]
    return build(cells)


def too_little_data():
    cells = [
        counts({"sex": "Male"}, 71, 0.41, 0.72, 0.14),
        counts({"sex": "Female"}, 62, 0.37, 0.70, 0.13),
    ]
    return build(cells, trained=False)


def not_assessed():
    cells = [
        counts({"sex": "Male"}, 900, 0.4, 0.8, 0.1),
        counts({"sex": "Female"}, 12, 0.4, 0.8, 0.1),
    ]
    return build(cells, trained=False)


def predictions_only():
    model = replace(
        MODEL,
        kind="predictions",
        sha256=None,
        architecture="none: predictions were given",
        parameters=None,
        output=None,
        layers=(),
        code=(),
        threshold=5.0,
        threshold_source="stated in the configuration",
        notes=("The score is an integer from 1 to 10.",),
    )
    return build(PLANTED, model=model, explained=False, trained=False)


def with_groups(count):
    """One attribute with so many groups."""
    cells = [
        counts(
            {"region": f"District {number:02d}"},
            90 + (number * 37) % 400,
            0.35 + 0.1 * math.sin(number),
            0.75 + 0.12 * math.cos(number * 1.7),
            0.15 + 0.08 * math.sin(number * 2.3),
        )
        for number in range(1, count + 1)
    ]
    return build(cells)


HOSTILE = (
    '</script><img src=x onerror="window.owned=1">',
    "\"'`<b>quotes</b>`'\" &amp; &lt;",
    "right\u202eto left\u2067 override",
    "nul\x00bell\x07escape\x1bdelete\x7f",
    "long " + "abcdefghij" * 39 + " done",
    r"$\frac{$ $x^2$ \alpha",
    "_leading underscore",
    "emoji 👩🏽‍🔬 🏳️‍🌈",
    "漢字 العربية ไทย",
    "]]><!--<svg/onload=window.owned=1>",
    "line\u2028separator\u2029end\nnewline\ttab",
    "{{ 7 * 7 }}{% raw %}",
)


def hostile():
    """The names that break reports, everywhere a name can stand."""
    cells = [
        counts({"sex" + HOSTILE[0]: name}, 200 + 31 * number, 0.4, 0.6 + 0.03 * number, 0.1)
        for number, name in enumerate(HOSTILE)
    ]
    features = tuple((name, 0.06 - 0.01 * number) for number, name in enumerate(HOSTILE))
    model = replace(
        MODEL,
        architecture=HOSTILE[0],
        threshold_source=HOSTILE[1],
        code=(CodeRecord(name=HOSTILE[0], sha256=sha256_hex(b"code")),),
        layers=tuple(
            LayerRecord(name=name, kind=name, shape=(1, 2), parameters=2) for name in HOSTILE
        ),
        notes=HOSTILE,
    )
    evidence = build(cells, model=model, features=features, title=" ".join(HOSTILE[:3]))
    return replace(
        evidence,
        name=HOSTILE[0],
        statements=(
            Statement(name=HOSTILE[0], text=HOSTILE[3], author=HOSTILE[4], date=HOSTILE[5]),
        ),
        not_assessed=tuple(NotAssessed(subject=name, reason=name) for name in HOSTILE),
        config=ConfigRecord(values={name: name for name in HOSTILE}, sha256="0" * 64),
        findings=tuple(
            Finding(id=f"finding-{number}", code=name, severity="high", status="open", text=name)
            for number, name in enumerate(HOSTILE)
        ),
    )


def thousand_findings():
    evidence = planted()
    findings = tuple(
        Finding(
            id=f"finding-{number:04d}",
            code="disparity",
            severity=("info", "low", "medium", "high")[number % 4],
            status="open",
            text=f"Selection rate differs between district {number} and district {number + 1}.",
            refs=(evidence.disparities[number % len(evidence.disparities)].id,),
        )
        for number in range(1000)
    )
    return replace(evidence, findings=findings)


VARIANTS = {
    "planted": planted,
    "no_disparity": no_disparity,
    "too_little_data": too_little_data,
    "not_assessed": not_assessed,
    "predictions_only": predictions_only,
    "hostile": hostile,
    "two_groups": lambda: with_groups(2),
    "ten_groups": lambda: with_groups(10),
    "fifty_groups": lambda: with_groups(50),
    "thousand_findings": thousand_findings,
}
