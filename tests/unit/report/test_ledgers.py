"""Ledgers as the report reads them: what is named, what is loud, what is not claimed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from audit.evidence import WeightsRecord
from audit.findings import forbidden_words
from audit.report import render
from audit.report.document import Document, plain
from audit.report.first_screen import through
from audit.report.ledger_words import check_words, network_alt
from audit.report.ledgers import accounts, leading_units
from audit.report.networks import network_picture
from audit.report.sections import weights
from evidence_builder import VARIANTS, planted


@pytest.fixture(scope="module")
def document():
    return Document.of(planted())


def with_ledgers(change):
    evidence = planted()
    made = tuple(change(ledger) for ledger in evidence.weights.ledgers)
    return Document.of(replace(evidence, weights=WeightsRecord(ledgers=made)))


def checked_as(confirmed, reason=""):
    def change(ledger):
        if ledger.verification is None:
            return ledger
        check = replace(ledger.verification, confirmed=confirmed, reason=reason)
        return replace(ledger, verification=check)

    return with_ledgers(change)


def test_one_account_for_each_gap_without_change_ledgers(document):
    made = accounts(document)
    assert [account.units[0].ledger.gap for account in made] == [
        "demographic_parity",
        "equal_opportunity",
    ]
    for account in made:
        assert [item.ledger.cut for item in account.units] == ["input", "fc1", "fc2"]
        assert [item.ledger.cut for item in account.weights] == ["input", "fc1", "fc2"]
        assert len(account.biases) == 1


def test_the_first_screen_names_the_planted_units_and_no_other(document):
    said = plain(through(document))
    assert "Units fc1[8] 61% and fc1[15] 37%; intervention: ablating them on other rows" in said
    assert said.count("fc1[") == 2
    assert "leaves 6%" in said
    assert "association, not cause" in said


def test_an_ablation_that_does_not_confirm_is_no_intervention():
    said = plain(through(checked_as(False, "random entries leave as little")))
    assert "ablation did not confirm this" in said
    assert "intervention" not in said
    assert "could not test" in plain(through(checked_as(None)))


@pytest.mark.parametrize("status", ["not converged", "suppressed"])
def test_only_sound_ledgers_reach_the_first_screen(status):
    document = with_ledgers(lambda ledger: replace(ledger, status=status, reason="because"))
    assert leading_units(document) is None
    assert "fc1[8]" not in plain(through(document))


def test_not_converged_is_loud_in_words_caption_and_alternative_text():
    document = Document.of(VARIANTS["not_converged"]())
    part = weights.summarise(document).parts[0]
    assert any(
        plain(p).startswith("⚠ Not converged: the unit ledger at fc1") for p in part.problems
    )
    assert plain(part.figure.caption).startswith("⚠ Not converged")
    assert "(not converged)" in part.figure.alt
    assert any(
        plain(table.caption).startswith("⚠ Not converged: Units of fc1") for table in part.tables
    )


def test_no_share_is_stated_where_the_gap_may_be_nothing():
    document = Document.of(VARIANTS["no_disparity"]())
    part = weights.summarise(document).parts[0]
    said = " ".join(plain(sentence) for sentence in part.sentences)
    assert "cannot" not in said.split("Biases")[0] or "told from chance" in said
    assert "no share of biases is stated" in said
    heads = {plain(column.title) for table in part.tables for column in table.columns}
    assert "Share" not in heads


def test_not_applicable_is_one_sentence_with_the_reason():
    view = weights.summarise(Document.of(VARIANTS["predictions_only"]()))
    assert [plain(reason) for reason in view.refused] == [
        "Not applicable: predictions were given, no network."
    ]
    assert view.parts == ()


def test_no_ledger_at_all_is_said():
    evidence = replace(planted(), weights=WeightsRecord())
    assert "no weight ledger was computed" in render(evidence, sections=(weights,)).decode()


def test_the_check_is_told_beside_its_controls(document):
    item = accounts(document)[0].checked[0]
    said = plain(check_words(document, item))
    assert said.startswith("Confirmed on 2,501 rows that the ledger did not see: ablating the 2")
    assert "drawn at random 91%, largest |w| 94%, largest |w · gradient| 31%" in said


def test_alternative_text_states_the_finding(document):
    account = accounts(document)[0]
    alt = network_alt(document, account)
    assert "At fc1, of +15.48\u00a0pp: fc1[8] +9.45\u00a0pp (61%) and fc1[15]" in alt
    assert forbidden_words(alt) == ()


def test_log_odds_are_no_percentage_points():
    document = with_ledgers(lambda ledger: replace(ledger, link="log_odds", total=0.8123))
    part = weights.summarise(document).parts[0]
    assert "log odds" in plain(part.title)
    assert "+0.812" in plain(part.sentences[0])
    assert "pp" not in plain(part.sentences[0])


def test_units_past_the_room_are_folded_and_counted():
    document = Document.of(VARIANTS["wide_network"]())
    figure = network_picture(document, accounts(document)[0], 0)
    assert figure is not None
    assert len(figure.wide.uri) < 150_000


def test_change_ledgers_stand_with_their_mitigation(document):
    from audit.report.sections import mitigation

    captions = [
        plain(table.caption)
        for part in mitigation.summarise(document).parts
        for table in part.tables
    ]
    assert (
        sum("change of each layer from the baseline to fairness_penalty-1" in c for c in captions)
        == 1
    )
