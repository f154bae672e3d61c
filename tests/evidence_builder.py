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
    WeightsRecord,
)
from audit.findings import Finding
from audit.models.records import CodeRecord, LayerRecord
from evidence_concluded import findings_of, not_assessed_of, verdict_of
from evidence_curves import with_controls, with_curves
from evidence_ledgers import Net, change, ledgers, not_applicable, wide
from evidence_measured import (
    MINIMUM,
    PLANTED,
    TOLERANCE,
    compared,
    counts,
    imprints,
    measured,
)
from evidence_mitigated import (
    LEVELLING,
    OPTIMIZER,
    PENALTY,
    REFUSED,
    audited,
    comparisons,
    moved,
)
from evidence_probable import with_probable
from evidence_records import (
    CONFIG,
    FEATURES,
    MODEL,
    STATEMENTS,
    data_record,
    explanations,
    training,
)
from evidence_regimes import crosswalk, impact_ratios, scoring


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


def lead_of(evidence):
    return next(d for d in evidence.disparities if d.id == evidence.verdict.headline)


def with_ledgers(evidence, *, net=None, stated=True, columns=FEATURES):
    lead = lead_of(evidence)
    made = tuple(ledgers(lead.a, lead.b, columns, net=net, stated=stated))
    return replace(evidence, weights=WeightsRecord(ledgers=made))


def with_mitigations(evidence, cells, records=(PENALTY, OPTIMIZER, REFUSED), levelling=LEVELLING):
    lead = lead_of(evidence)
    metrics, compared_with, changes = list(evidence.metrics), [], []
    for record, tpr, fpr in zip(records, (0.82, 0.5, 0), (0.78, 0.3, 0), strict=False):
        if record.status == "ok":
            after = audited(moved(cells, record.attribute[0], tpr, fpr), record.name)
            metrics += after
            compared_with += comparisons(
                evidence.metrics[: len(after)], after, record.name, lead.a, lead.b
            )
    if any(record.name == PENALTY.name for record in records) and evidence.weights.ledgers:
        changes = [change(lead.a, lead.b, PENALTY.name)]
    return replace(
        evidence,
        metrics=tuple(metrics),
        mitigations=records,
        comparisons=tuple(compared_with),
        levelling=levelling,
        weights=WeightsRecord(ledgers=(*evidence.weights.ledgers, *changes)),
    )


def with_regimes(evidence, *, scores=True):
    metrics = (*evidence.metrics, *(scoring(evidence.metrics) if scores else ()))
    ratios = [
        ratio
        for metric in ("selection_rate", "scoring_rate")
        for ratio in impact_ratios(metrics, metric)
    ]
    filled = crosswalk(metrics, ratios, evidence.data, evidence.statements, scores=scores)
    disparities = (*evidence.disparities, *ratios)
    return replace(evidence, metrics=metrics, disparities=disparities, regimes=filled)


def planted():
    """A disparity by sex, curves, strata, ledgers, two mitigations, one refused, two regimes."""
    evidence = with_curves(with_regimes(with_ledgers(build(PLANTED))))
    lead = lead_of(evidence)
    return with_controls(with_mitigations(evidence, PLANTED), lead.a, lead.b)


def no_disparity():
    cells = [counts({"sex": sex}, 9000, 0.4, 0.801, 0.1) for sex in ("Male", "Female")]
    evidence = with_ledgers(build(cells), stated=False)
    return with_mitigations(evidence, cells, (REFUSED,), ())


def not_converged():
    evidence = with_ledgers(build(PLANTED))
    reason = "the residual is 0.0031, more than the allowed 0.000155, after 512 steps"
    made = [
        replace(ledger, status="not converged", reason=reason, residual=0.0031)
        if ledger.cut == "fc1"
        else ledger
        for ledger in evidence.weights.ledgers
    ]
    made = [
        replace(ledger, verification=replace(ledger.verification, confirmed=None, reason=NO_GAP))
        if ledger.verification and ledger.gap == "equal_opportunity"
        else ledger
        for ledger in made
    ]
    return replace(evidence, weights=WeightsRecord(ledgers=tuple(made)))


NO_GAP = "the gap on these rows cannot be told from 0"


def wide_network():
    """Three layers of 64 units."""
    return with_ledgers(build(PLANTED), net=wide(FEATURES))


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
    evidence = build(PLANTED, model=model, explained=False, trained=False)
    evidence = replace(evidence, weights=WeightsRecord(ledgers=(not_applicable(),)))
    return with_regimes(evidence, scores=False)


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
    return with_curves(build(cells))


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
    net = Net(features, layers=((HOSTILE[0], 16), (HOSTILE[4], 8)), output=HOSTILE[2])
    evidence = with_curves(with_regimes(with_ledgers(evidence, net=net)))
    named = replace(
        PENALTY,
        **dict.fromkeys(("method", "constraint", "fitted_on", "bundle"), HOSTILE[0]),
        parameters={name: name for name in HOSTILE},
        attribute=(HOSTILE[4],),
    )
    refused = replace(REFUSED, reason=HOSTILE[0], method=HOSTILE[4])
    levelling = (replace(LEVELLING[1], mitigated=PENALTY.name, text=HOSTILE[0]),)
    evidence = with_mitigations(evidence, cells, (named, refused), levelling)
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
    "not_converged": not_converged,
    "wide_network": wide_network,
    "no_disparity": no_disparity,
    "too_little_data": too_little_data,
    "not_assessed": not_assessed,
    "predictions_only": predictions_only,
    "hostile": hostile,
    "probable_groups": lambda: with_probable(build(PLANTED), *HOSTILE[:4]),
    "two_groups": lambda: with_groups(2),
    "ten_groups": lambda: with_groups(10),
    "fifty_groups": lambda: with_groups(50),
    "many_groups": lambda: with_regimes(with_groups(400)),
    "thousand_findings": thousand_findings,
}
