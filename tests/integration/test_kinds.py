"""Inputs of every kind: generated, trained, audited; what was planted comes out on top."""

from __future__ import annotations

import json
import re
import runpy
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from audit.cli import main

QUICK = {"explain": {"rows": 160}, "weights": {"permutations": 100, "rows": 1000}}
EXAMPLES = Path(__file__).parents[2] / "example_models"


@dataclass(frozen=True, kw_only=True)
class Planted:
    """What an example planted: in which groups, and through what a network can learn it."""

    attribute: str
    groups: set[str]
    through: str
    metric: str = "selection_rate"


PLANTED = {
    "classes": Planted(
        attribute="sex",
        groups={"female", "male"},
        through="referral",
        metric="selection_rate[intensive]",
    ),
    "prices": Planted(
        attribute="side", groups={"north", "south"}, through="bus_line", metric="mean_prediction"
    ),
    "images": Planted(
        attribute="clinic",
        groups={"first", "second"},
        through="columns 1[24]–1[35]$",
    ),
    "text": Planted(attribute="speech", groups={"first", "second"}, through="proper"),
    "sensors": Planted(attribute="weather", groups={"clear", "fog"}, through="radar: clutter"),
}


@dataclass(frozen=True, kw_only=True)
class Done:
    """An example that was trained and audited from the command line."""

    folder: Path
    evidence: dict[str, Any]
    page: str


def command(*words: object) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["audit", *map(str, words)])
        try:
            main()
        except SystemExit as ended:
            assert ended.code in {0, None}  # noqa: PT017 - the command line ends so


def audited(name: str, folder: Path) -> Done:
    example = EXAMPLES / f"planted_{name}"
    for file in ("audit.yaml", "generate.py"):
        shutil.copy(example / file, folder)
    if "path" in (settings := yaml.safe_load((folder / "audit.yaml").read_text()))["data"]:
        runpy.run_path(str(folder / "generate.py"))["write"](folder / "data")
    at = str(folder / "audit.yaml")
    command("train", at, "--output", folder / "model")
    settings |= QUICK | {"model": {"bundle": "model"}}
    for item in settings.get("mitigate", ()):
        item["updates"] = 120
    (folder / "audit.yaml").write_text(yaml.safe_dump(settings, allow_unicode=True))
    command("run", at, "--output", folder / "out")
    return Done(
        folder=folder,
        evidence=json.loads((folder / "out" / "audit.json").read_text()),
        page=(folder / "out" / "report.html").read_text(),
    )


@pytest.mark.parametrize("name", PLANTED)
def test_what_was_planted_comes_out(name, tmp_path):
    # One test for each kind: the audit behind it is made once, whichever worker runs it.
    planted, found = PLANTED[name], audited(name, tmp_path)
    the_planted_groups_differ_most(planted, found)
    what_was_planted_is_on_top_of_the_explanation(planted, found)
    ledgers_of_the_last_layers_are_complete(planted, found)
    the_mitigated_network_has_a_narrower_gap(planted, found)
    the_page_is_whole(found)
    if name == "prices":
        the_same_run_gives_the_same_bytes(found)


def the_planted_groups_differ_most(planted: Planted, found: Done) -> None:
    worst = [
        item
        for item in found.evidence["disparities"]
        if item["metric"] == planted.metric
        and item["selection"] == "worst_pair"
        and item["kind"] == "difference"
        and item["model"] == "baseline"
        and item["attributes"] == [planted.attribute]
    ]
    assert len(worst) == 1
    assert {worst[0][side][planted.attribute] for side in "ab"} == planted.groups
    interval = worst[0]["interval"]
    assert interval["low"] > 0 or interval["high"] < 0


def what_was_planted_is_on_top_of_the_explanation(planted: Planted, found: Done) -> None:
    gap = next(
        item
        for item in found.evidence["explanations"]
        if item["level"] == "gap" and planted.attribute in item["a"]
    )
    assert gap["status"] == "ok", gap["reason"]
    top = gap["values"][0]
    assert re.search(planted.through, top["feature"])
    assert abs(gap["residual"]) <= 1e-3 * max(1.0, abs(gap["total"]))


def ledgers_of_the_last_layers_are_complete(planted: Planted, found: Done) -> None:
    ledgers = [
        item
        for item in found.evidence["weights"]["ledgers"]
        if item["kind"] == "carrier"
        and item["level"] == "unit"
        and item["gap"] == "demographic_parity"
        and planted.attribute in item["a"]
        and item["link"] in {"probability", "value"}
        and item["model"] == "baseline"
    ]
    assert ledgers
    for ledger in ledgers:
        assert ledger["status"] == "ok", ledger["reason"]
    assert any(ledger["verification"]["confirmed"] for ledger in ledgers)


def the_mitigated_network_has_a_narrower_gap(planted: Planted, found: Done) -> None:
    if not found.evidence["mitigations"]:
        return  # the example mitigates nothing
    (record,) = found.evidence["mitigations"]
    assert record["status"] == "ok", record["reason"]
    gaps = {
        item["model"]: abs(item["value"])
        for item in found.evidence["disparities"]
        if item["metric"] == planted.metric
        and item["selection"] == "worst_pair"
        and item["kind"] == "difference"
        and item["attributes"] == [planted.attribute]
    }
    assert gaps[record["name"]] < 0.7 * gaps["baseline"]


def the_page_is_whole(found: Done) -> None:
    assert len(found.page.encode()) < 2_000_000
    assert "Traceback" not in found.page
    assert not re.search(r">\s*[-+−]?(nan|inf)\s*(pp|%)?\s*<", found.page.lower())


def the_same_run_gives_the_same_bytes(found: Done) -> None:
    command("run", found.folder / "audit.yaml", "--output", found.folder / "again")
    assert (found.folder / "again" / "report.html").read_text() == found.page
