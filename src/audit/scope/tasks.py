"""What has no meaning for a task, or was left out of it."""

from __future__ import annotations

from collections.abc import Iterator

from audit.config import AuditConfig
from audit.evidence import NotAssessed
from audit.findings import Results
from audit.findings.words import and_list
from audit.metrics.headline import RATES, parts_of

MOST_NAMED = 6
TWO = 2


def of_task(config: AuditConfig, results: Results) -> Iterator[NotAssessed]:
    """Say what of an audit does not apply to several classes, or to numbers."""
    if results.data.task == "regression":
        yield from _of_numbers(config, results)
    elif results.data.task == "multiclass":
        yield from _of_classes(results)


def _of_numbers(config: AuditConfig, results: Results) -> Iterator[NotAssessed]:
    yield NotAssessed(
        subject="Equal opportunity, false positive parity, calibration and thresholds",
        reason="numbers are predicted: there are no positive labels, decisions or probabilities",
    )
    if config.metrics.subgroups.depth > 0:
        yield NotAssessed(
            subject="The subgroup that fares worst",
            reason="the search compares shares of rows; means are not searched",
        )
    unknown = [name for name, rows in results.data.unknown.items() if rows]
    if unknown:
        yield NotAssessed(
            subject=f"How far rows of unknown {and_list(unknown)} could move a gap",
            reason="a mean of numbers without a range has no bounds",
        )
    if config.data.control:
        yield NotAssessed(
            subject="Conditional demographic disparity",
            reason="nobody is selected or rejected; means are compared within the control features",
        )


def _of_classes(results: Results) -> Iterator[NotAssessed]:
    rate = RATES["demographic_parity"]
    shown = {of for name, of in (parts_of(item.metric) for item in results.metrics) if name == rate}
    left = [name for name in results.data.classes if name not in shown]
    if left and len(results.data.classes) > TWO:
        yield NotAssessed(
            subject=f"Rates of the classes {and_list(left, most=MOST_NAMED)}",
            reason=f"of {len(results.data.classes)} classes the one in focus and the most frequent "
            f"are measured one by one: {and_list(sorted(shown), most=len(shown))}; the others "
            "enter accuracy, and the mean and worst over classes",
        )
    yield NotAssessed(
        subject="Explanations, ledgers, calibration, subgroups and strata of other classes",
        reason=f"they are about one class against the rest: {results.data.focus!r}; name another "
        "under data.target.positive",
    )
