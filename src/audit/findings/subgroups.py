"""Findings about subgroups that a search put forward and other rows confirmed."""

from __future__ import annotations

from collections.abc import Iterator

from audit.findings.drawing import Results, finding
from audit.findings.records import Finding
from audit.findings.verdict import Headline
from audit.findings.words import group_words, p_words, percent, points, points_interval, title
from audit.metrics.headline import in_task
from audit.metrics.subgroups.results import FoundSubgroup, SubgroupSearch


def subgroups(results: Results, _: Headline) -> Iterator[Finding]:
    """Name each confirmed subgroup that is no single group of an attribute, worst first."""
    for search in results.subgroups:
        for found in search.found:
            if found.confirmed and len(found.group) > 1:
                yield _found(search, found, title(in_task(search.metric, results.data)))


def _found(search: SubgroupSearch, found: FoundSubgroup, name: str) -> Finding:
    confirmed = points(found.confirmed_difference or found.shrunken_difference)
    span = f", {points_interval(found.interval)}" if found.interval else ""
    return finding(
        "SUBGROUP",
        "low",
        f"{name[:1].upper()}{name[1:]} {percent(found.value)} for {group_words(found.group)} "
        f"(n = {found.n:,}) and {percent(found.rest_value)} for the others: found among "
        f"{search.candidates:,} subgroups, and confirmed on rows that took no part in the choice "
        f"at {confirmed}{span}; adjusted {p_words(found.p_adjusted or 0)}.",
        (search.id,),
        about=group_words(found.group),
    )
