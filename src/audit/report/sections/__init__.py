"""The sections in the order of the page. To add one: a module, a template, a line here."""

from __future__ import annotations

from audit.report.section import ReportSection
from audit.report.sections import (
    calibration,
    classes,
    conditional,
    data,
    disparities,
    drivers,
    findings,
    glossary,
    intersections,
    method,
    mitigation,
    performance,
    pictures,
    provenance,
    regimes,
    scope,
    statements,
    training,
    uncertain,
    verdict,
    weights,
)

SECTIONS: tuple[ReportSection, ...] = (
    verdict,
    scope,
    findings,
    data,
    performance,
    classes,
    disparities,
    calibration,
    intersections,
    conditional,
    uncertain,
    drivers,
    pictures,
    weights,
    training,
    mitigation,
    method,
    regimes,
    statements,
    provenance,
    glossary,
)
