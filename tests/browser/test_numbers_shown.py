"""Every number on the page is the number in the evidence, after the stated rounding."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_EVEN, Decimal
from urllib.parse import unquote

import pytest

from audit.findings import forbidden_words

pytestmark = pytest.mark.browser

COLLECT = """() => Array.from(document.querySelectorAll('[data-ref]'), e =>
    [e.dataset.ref, e.dataset.format, e.textContent])"""
LOOSE = """() => {
    const loose = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const node = walker.currentNode;
        if (!/[0-9]/.test(node.data)) continue;
        const own = '[data-ref], [data-count], [data-rows], script, style';
        if (node.parentElement.closest(own)) continue;
        loose.push(node.data.trim());
    }
    return loose;
}"""
GAPS = {
    "demographic_parity": "Demographic parity gap",
    "equal_opportunity": "Equal opportunity gap",
}
CHOICES = {
    "ledger": "largest in the ledger",
    "random": "drawn at random",
    "magnitude": "largest |w|",
    "gradient": "largest |w · gradient|",
}
METRICS = {
    "selection_rate": "Selection rate",
    "true_positive_rate": "True positive rate (TPR)",
    "false_positive_rate": "False positive rate (FPR)",
    "precision": "Precision (PPV)",
    "accuracy": "Accuracy",
    "base_rate": "Base rate",
    "scoring_rate": "Scoring rate",
    "imprint": "Imprint",
    "auc": "Area under the ROC curve (AUC)",
    "brier": "Brier score",
    "calibration_in_the_large": "Calibration in the large",
    "multiclass_accuracy": "Accuracy, all classes",
    "macro_true_positive_rate": "Mean over classes: true positive rate (TPR)",
    "worst_class_true_positive_rate": "Worst class: true positive rate (TPR)",
    "mean_prediction": "Mean prediction",
    "mean_target": "Mean target",
    "mean_error": "Mean error",
    "mean_absolute_error": "Mean absolute error (MAE)",
    "root_mean_squared_error": "Root mean squared error (RMSE)",
    "r2": "Coefficient of determination (R²)",
    "over_prediction_rate": "Over-prediction rate",
    "under_prediction_rate": "Under-prediction rate",
    "mean_over_prediction": "Mean over-prediction",
    "mean_under_prediction": "Mean under-prediction",
}


def resolve(document, pointer):
    value = document
    for escaped in pointer.split("/")[1:]:
        step = escaped.replace("~1", "/").replace("~0", "~")
        value = value[int(step)] if isinstance(value, list) else value[step]
    return value


def rounded(value, places, scale=1):
    exact = Decimal(str(value)) * scale
    return exact.quantize(Decimal(10) ** -places, rounding=ROUND_HALF_EVEN)


def plain(number):
    return f"{number:,}".replace("-", "−") if number else f"{abs(number)}"


def quantity(value):
    """Four significant digits, whole where there are more before the point."""
    if value and not 1e-6 <= abs(value) < 1e15:
        digits, power = f"{Decimal(str(value)):.3e}".split("e")
        raised = str(int(power)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
        return f"{plain(Decimal(digits))}×10{raised}"
    whole = Decimal(str(value)).adjusted() if value else 0
    return plain(rounded(value, min(max(3 - whole, 0), 8)))


def signed(number):
    return f"+{number:,}" if number > 0 else plain(number)


def visible(text):
    pictures = {code: chr(0x2400 + code) for code in range(32)} | {127: "␡"}
    return str(text).translate(pictures)


def setting(value):
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value in (None, [], {}):
        return "none"
    if isinstance(value, list):
        return ", ".join(setting(item) for item in value)
    return visible(value)


def expected(document, pointer, form):  # noqa: C901, PLR0911 - one line a format, as a table
    value = resolve(document, pointer)
    match form:
        case "percent0":
            return plain(rounded(value, 0, 100)) + "%"
        case "percent1":
            return plain(rounded(value, 1, 100)) + "%"
        case "hundred1":
            return plain(rounded(value, 1, 100))
        case "points1" | "points2" | "points4":
            return signed(rounded(value, int(form[-1]), 100)) + "\u00a0pp"
        case "size1" | "size2":
            return plain(rounded(value, int(form[-1]), 100)) + "\u00a0pp"
        case "target4":
            return quantity(value)
        case "move4":
            return ("+" if value > 0 and quantity(value).strip("0.") else "") + quantity(value)
        case "link":
            return {"value": "predicted values"}[value]
        case "signed1" | "signed2":
            return signed(rounded(value, int(form[-1]), 100))
        case "signed3":
            return signed(rounded(value, 3))
        case "sentence":
            return visible(value).capitalize()
        case "gap":
            return GAPS[value]
        case "choice":
            return CHOICES[value]
        case "ratio3" | "fixed3" | "fixed4":
            return plain(rounded(value, int(form[-1])))
        case "digits4":
            return plain(rounded(value, min(max(3 - Decimal(str(value)).adjusted(), 0), 8)))
        case "significant3":
            return f"{value:.3g}".replace("-", "−")
        case "integer":
            return f"{value:,}"
        case "p":
            return "< 0.001" if value < 0.001 else plain(rounded(value, 3))
        case "sha12":
            return value[:12]
        case "text":
            return visible(value)
        case "words":
            return visible(value).replace("_", " ")
        case "setting":
            return setting(value)
        case "metric":
            rate, _, of = value.partition("[")
            return METRICS[rate] + (f" of “{visible(of[:-1])}”" if of else "")
        case "key":
            return visible(pointer.split("/")[-1].replace("~1", "/").replace("~0", "~"))
        case "path":
            steps = pointer.split("/")[3:]
            return visible(".".join(s.replace("~1", "/").replace("~0", "~") for s in steps))
        case "group":
            return group(document, value)
    raise AssertionError(form)


def group(document, value):
    singles = [entry["group"] for entry in document["data"]["groups"] if len(entry["group"]) == 1]
    order = [next(iter(single)) for single in singles]
    names = sorted(value, key=lambda name: (order.index(name) if name in order else 99, name))
    parts = [f"{name} = {value[name]}" for name in names]
    return visible(", ".join(parts)) or "everyone"  # fmt: skip


@pytest.mark.parametrize(
    "name",
    [
        "planted",
        "hostile",
        "not_converged",
        "wide_network",
        "no_disparity",
        "too_little_data",
        "not_assessed",
        "predictions_only",
        "probable_groups",
        "fifty_groups",
        "several_classes",
        "prices",
        "tiny_prices",
        "texts",
        "sensors",
    ],
)
def test_every_value_equals_its_place_in_the_evidence(open_page, rendered, name):
    document = rendered(name).json
    collected = open_page(name).evaluate(COLLECT)
    shown = [(unquote(place), form, text) for place, form, text in collected]
    assert len(shown) > 100
    wrong = [
        (pointer, form, text, expected(document, pointer, form))
        for pointer, form, text in shown
        if text != expected(document, pointer, form)
    ]
    assert wrong == []


@pytest.mark.parametrize(
    "name",
    [
        "planted",
        "hostile",
        "not_converged",
        "no_disparity",
        "predictions_only",
        "probable_groups",
        "many_groups",
        "several_classes",
        "prices",
        "images",
        "sensors",
    ],
)
def test_no_number_stands_without_its_place(open_page, name):
    assert set(open_page(name).evaluate(LOOSE)) <= {"SHA-256"}


@pytest.mark.parametrize("name", ["planted", "fifty_groups", "many_groups"])
def test_stated_counts_are_those_of_the_page(open_page, name):
    counts = open_page(name).evaluate(
        """() => Array.from(document.querySelectorAll('[data-count]'), e =>
        [Number(e.textContent), document.querySelectorAll(e.dataset.count).length])"""
    )
    assert counts
    assert all(stated == there for stated, there in counts)


def word_by_rule(document):
    """The printed rule, re-applied by hand to the JSON."""
    names = ("selection_rate", "true_positive_rate", "false_positive_rate")
    headline = [
        entry
        for entry in document["disparities"]
        if entry["metric"] in names
        and entry["kind"] == "difference"
        and entry["selection"] == "worst_pair"
        and len(entry["attributes"]) == 1
        and entry["status"] == "ok"
    ]
    alpha = 1 - document["settings"]["confidence"]
    if not headline:
        return "Not assessed"
    if any(entry["p_adjusted"] < alpha for entry in headline):
        return "Disparity found"
    if max(entry["minimum_detectable"] for entry in headline) > document["settings"]["tolerance"]:
        return "Too little data"
    return "No disparity detected"


@pytest.mark.parametrize("name", ["planted", "no_disparity", "too_little_data", "not_assessed"])
def test_verdict_follows_from_the_evidence_by_the_printed_rule(open_page, rendered, name):
    page, document = open_page(name), rendered(name).json
    assert page.locator(".verdict").text_content() == word_by_rule(document)
    assert document["verdict"]["rule"] in page.locator("#method").text_content()
    assert forbidden_words(page.locator(".first").inner_text()) == ()
    alts = page.locator("img").evaluate_all("images => images.map(image => image.alt).join(' ')")
    assert forbidden_words(alts) == ()


def test_headline_carries_interval_n_and_k(open_page):
    first = open_page("planted").locator(".lead")
    for text in first.locator(".rate").all_inner_texts():
        assert re.search(r"\[[^,]+, [^\]]+\]", text)
    for text in first.locator(".rate:not(.gap)").all_inner_texts():
        assert re.search(r"n\s=\s[\d,]+", text)
    assert "k = 6 comparisons" in first.inner_text()


def test_first_screen_is_about_120_words_and_fits(open_page):
    first = open_page("planted").locator(".first")
    words = re.findall(r"[A-Za-z]{2,}", first.inner_text())
    assert len(words) <= 125
    box = first.bounding_box()
    assert box["y"] + box["height"] <= 800


def test_undefined_and_suppressed_say_why(open_page):
    text = open_page("planted").locator("#performance").text_content()
    assert "undefined: group has no positive labels" in text
    assert "suppressed: 18 rows, under the minimum of 30" in text


def test_labels_of_a_small_group_are_not_told(open_page):
    row = open_page("planted").locator("#t-groups tr", has_text="race = Other")
    cells = row.locator("th, td").all_text_contents()
    assert cells[1] == "18"
    assert cells[3:] == ["suppressed: 18 rows, under the minimum of 30"]


def test_empty_statement_is_said_to_be_missing(open_page, rendered):
    page = open_page("planted")
    empty = [entry for entry in rendered("planted").json["statements"] if entry["text"] is None]
    missing = page.locator("#statements .missing")
    assert missing.all_text_contents() == ["NOT PROVIDED"] * len(empty)
    assert len(empty) > 0


def test_gap_parts_add_up_to_the_gap(rendered):
    gap = next(e for e in rendered("planted").json["explanations"] if e["level"] == "gap")
    parts = sum(entry["value"] for entry in gap["values"])
    assert parts + gap["residual"] == pytest.approx(gap["total"], abs=1e-12)
