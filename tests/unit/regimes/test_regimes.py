"""Regimes are filled from the evidence by identifier; the numbers of the rules are met."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import fisher_exact

from audit.data.records import DataRecord
from audit.errors import ConfigError
from audit.metrics.impact import SCORING_RATE, impact_ratios, pooled_or_fisher
from audit.metrics.measures.rates import rate
from audit.metrics.table.cells import CellTable
from audit.regimes.catalogue import names, regime
from audit.regimes.filling import Sources, fill
from oracles.two_rates import pooled_z

# Selected and applicants by sex in the example of 6 RCNY 5-301; and its 7 of 17, which against the
# most selected category (52.2 %) gives 0.789.
RULE = {"Male": (667, 1390), "Female": (555, 1181)}
CROSSED = {"Native American women": (7, 17), "most selected": (145, 278)}


def counted(counts, name="sex"):
    groups, selected = [], []
    for place, (chosen, total) in enumerate(counts.values()):
        groups += [place] * total
        selected += [1] * chosen + [0] * (total - chosen)
    labels = np.arange(len(groups)) % 2
    codes = np.array(groups)
    return CellTable.from_codes([(name, tuple(counts), codes)], labels, np.array(selected))


def ratios(counts, measured=None, **options):
    found = impact_ratios(
        counted(counts), measured or rate("selection_rate"), minimum_group=1, **options
    )
    return {d.a["sex"]: d for d in found.disparities}, found


def test_the_numbers_of_the_new_york_rule_are_met():
    found, _ = ratios(RULE)
    assert f"{found['Female'].value:.3f}" == "0.979"
    assert found["Female"].b == {"sex": "Male"}
    found, _ = ratios(CROSSED)
    assert f"{found['Native American women'].value:.3f}" == "0.789"


def test_every_group_is_compared_with_the_highest_rate():
    found, measured = ratios({"A": (10, 100), "B": (50, 100), "C": (30, 100)})
    assert set(found) == {"A", "C"}
    assert {d.b["sex"] for d in found.values()} == {"B"}
    assert found["A"].value == pytest.approx(0.2)
    assert found["A"].interval.low < 0.2 < found["A"].interval.high
    assert found["A"].family.size == 2
    references = {m.id for m in measured.metrics}
    assert {d.a_metric for d in found.values()} | {d.b_metric for d in found.values()} <= references


def test_the_test_is_pooled_z_or_fisher_where_an_expected_count_is_small():
    p, name = pooled_or_fisher(np.array([60.0, 90.0]), np.array([200.0, 210.0]))
    assert name == "pooled z"
    assert p == pytest.approx(pooled_z(60, 200, 90, 210))
    p, name = pooled_or_fisher(np.array([1.0, 9.0]), np.array([12.0, 20.0]))
    assert name == "Fisher exact"
    assert p == pytest.approx(fisher_exact([[1, 11], [9, 11]])[1])
    assert pooled_or_fisher(np.array([0.0, 0.0]), np.array([90.0, 80.0]))[0] == 1.0


def test_a_highest_rate_of_nothing_is_undefined():
    found, _ = ratios({"A": (0, 100), "B": (0, 100)})
    assert {d.status for d in found.values()} == {"undefined"}
    assert "is 0" in next(iter(found.values())).reason


def test_unknown_and_small_groups_take_no_part():
    table = counted({"A": (10, 100), "B": (50, 100), "unknown": (90, 100), "C": (9, 10)})
    found = impact_ratios(table, rate("selection_rate"), minimum_group=30)
    assert [(d.a["sex"], d.b["sex"]) for d in found.disparities] == [("A", "B")]


def sources(counts, statements=None, scores=True):
    _, selection = ratios(counts)
    _, scoring = ratios(counts, SCORING_RATE)
    data = DataRecord(
        source="s", sha256="", rows=1, columns=(), target="y", splits={}, split="test",
        split_source="", unknown={"sex": 0},
    )  # fmt: skip
    return Sources(
        metrics=selection.metrics + scoring.metrics,
        disparities=selection.disparities + scoring.disparities,
        data=data, statements=statements or {}, scores=scores,
    )  # fmt: skip


def items(name, *arguments, **keywords):
    return {item.key: item for item in fill(regime(name), sources(*arguments, **keywords)).items}


def test_four_fifths_marks_the_ratios_below_it():
    found = items("us-four-fifths", {"A": (30, 100), "B": (50, 100), "C": (45, 100)})
    entries = found["impact_ratios"].entries
    assert sorted(entry.note for entry in entries) == ["", "under four fifths"]
    assert len(found["selection_rates"].entries) == 3


def test_new_york_sets_no_bound_and_needs_scores_for_scoring_rates():
    found = items("nyc-ll144", {"A": (10, 100), "B": (50, 100)})
    assert all(entry.note == "" for entry in found["impact_ratio_selection"].entries)
    assert found["scoring_rates"].status == "filled"
    without = items("nyc-ll144", {"A": (10, 100), "B": (50, 100)}, scores=False)
    assert without["scoring_rates"].status == "not applicable"
    assert without["impact_ratio_scoring"].reason == "the model gives labels, no scores"


def test_what_only_a_human_can_say_is_not_made_up():
    found = items("nyc-ll144", RULE, {"data_provenance": "payroll of 2025"})
    assert found["data_provenance"].status == "filled"
    assert found["data_provenance"].statement == "payroll of 2025"
    assert found["independent_auditor"].status == "not provided"


def test_one_group_alone_leaves_ratios_undefined():
    found = items("us-four-fifths", {"A": (30, 100)})
    assert found["impact_ratios"].status == "undefined"


@pytest.mark.parametrize("name", names())
def test_every_regime_states_its_source_and_what_to_beware_of(name):
    found = regime(name)
    assert found.id == name
    assert found.as_of
    assert found.caution
    assert found.verification in {"verified", "unverified"}
    for quantity in found.quantities:
        assert sum([quantity.metric is not None, quantity.ratio is not None, quantity.unknown]) == 1


def test_an_unknown_regime_is_told():
    with pytest.raises(ConfigError, match="unknown regime 'nyc-144'; did you mean 'nyc-ll144'"):
        regime("nyc-144")


def test_in_nearly_every_draw_without_disparity_some_ratio_falls_below_four_fifths():
    """Twelve cells of 9 to 412 rows with one true rate: the bare ratio alarms on noise."""
    sizes = {str(i): n for i, n in enumerate([205, 42, 412, 14, 18, 9, 17, 278, 191, 36, 289, 24])}
    draw = np.random.default_rng(0)
    alarms = 0
    for _ in range(50):
        counts = {name: (int(draw.binomial(n, 0.47)), n) for name, n in sizes.items()}
        found, _ = ratios(counts)
        alarms += any((d.value or 1) < 0.8 for d in found.values())
        assert not any((d.p_adjusted or 1) < 0.001 for d in found.values())
    assert alarms >= 45
