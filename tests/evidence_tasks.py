"""Made-up evidence of several classes, of numbers, and of images, words and series."""

from __future__ import annotations

import math
from dataclasses import replace

from audit.canonical import canonical_json, stable_id
from audit.data.records import GroupCount, InputRecord
from audit.evidence import WeightsRecord
from audit.explainers.results import Explanation, FeatureValue
from audit.metrics.definition_results import MetricDefinition
from audit.metrics.headline import TargetScale
from audit.metrics.results import Disparity, Family, MetricResult
from audit.mitigation.results import ComparisonRecord
from audit.models.records import EpochRecord
from evidence_builder import HOSTILE, build, with_ledgers
from evidence_concluded import findings_of, verdict_of
from evidence_curves import with_curves
from evidence_measured import MINIMUM, compared, counts, interval, measured
from evidence_mitigated import PENALTY
from evidence_pictures import image_pictures, series_pictures, text_pictures
from evidence_records import explanations

SEVEN = ("I", "II", "III", "IV", "V", "VI", "unknown")
LESIONS = ("naevus", "melanoma", "keratosis", "carcinoma", "dermatofibroma", "vascular", "other")
RATES = ("selection_rate", "true_positive_rate", "false_positive_rate", "base_rate")
OVERALL = ("multiclass_accuracy", "macro_true_positive_rate", "worst_class_true_positive_rate")


def several_classes(classes=LESIONS, groups=SEVEN, attribute="skin"):
    """Rates of each class against the rest in each group; the first class is in focus."""
    focus = classes[0]
    base = build(_cells(attribute, groups, 0), title="Skin lesions: audit of simulated images")
    metrics, disparities = [], []
    for place, name in enumerate(classes):
        sets, _, made = measured(_cells(attribute, groups, place))
        metrics += [_renamed(m, name) for m in made if m.metric in RATES]
        disparities += [
            _of_class(d, name, len(classes)) for d in compared(sets, made) if d.metric in RATES
        ]
    metrics += list(_overall(groups, attribute))
    findings = tuple(findings_of(disparities, metrics))
    verdict = verdict_of(disparities, findings)
    lead = next(d for d in disparities if d.id == verdict.headline)
    evidence = replace(
        base,
        data=replace(
            base.data,
            task="multiclass",
            classes=classes,
            focus=focus,
            target=f"lesion, one of {len(classes)} classes; in focus: {focus!r}",
        ),
        model=replace(base.model, threshold=None, output="logits"),
        metrics=tuple(metrics),
        disparities=tuple(disparities),
        explanations=tuple(_explained(lead, target=f"probability of {focus!r}")),
        findings=findings,
        verdict=verdict,
        training=_followed(base.training, regression=False),
    )
    return with_ledgers(evidence)


def _cells(attribute, groups, place):
    return [
        counts(
            {attribute: group},
            24 if number == len(groups) - 2 else 210 + 97 * number,
            0.1 + 0.04 * math.sin(place + number),
            0.72 + 0.2 * math.sin(1.7 * place + 0.6 * number),
            0.05 + 0.03 * math.cos(place - number),
        )
        for number, group in enumerate(groups)
    ]


def _renamed(metric, name):
    return replace(metric, metric=f"{metric.metric}[{name}]", id=f"{metric.id}-{name}")


def _of_class(disparity, name, classes):
    family = disparity.family
    if family is not None:
        whole = family.name == "headline"
        family = replace(family, size=family.size * classes) if whole else family
    return replace(
        disparity,
        metric=f"{disparity.metric}[{name}]",
        id=f"{disparity.id}-{name}",
        a_metric=f"{disparity.a_metric}-{name}",
        b_metric=f"{disparity.b_metric}-{name}",
        family=family,
    )


def _overall(groups, attribute):
    every = [{}, *({attribute: group} for group in groups)]
    for place, metric in enumerate(OVERALL):
        for number, group in enumerate(every):
            value = 0.8 - 0.12 * place + 0.06 * math.sin(number + place)
            yield _metric(metric, group, value, 0.03, 900 - 40 * number)


def _metric(metric, group, value, half, n):
    known = value is not None
    return MetricResult(
        id=stable_id("metric", metric=metric, group=group),
        metric=metric,
        model="baseline",
        split="test",
        group=group,
        value=value,
        numerator=None,
        denominator=None,
        n=n,
        interval=interval(value - half, value + half, "welch") if known and half else None,
        status="ok" if known else "suppressed",
        reason="" if known else f"{n} rows, under the minimum of {MINIMUM}",
    )


def _followed(training, *, regression):
    def epoch(entry):
        gap = 0.08 + 0.06 * math.exp(-entry.epoch / 6)
        if not regression:
            return replace(entry, validation_gap=gap)
        return EpochRecord(
            epoch=entry.epoch,
            train_loss=entry.train_loss,
            validation_loss=entry.validation_loss,
            validation_accuracy=None,
            validation_rmse=81234.5 * (1 + entry.validation_loss),
            validation_gap=400000 * gap,
        )

    return replace(training, epochs=tuple(map(epoch, training.epochs)))


def _explained(lead, scale=1.0, target="probability"):
    for made in explanations(lead.a, lead.b):
        yield _scaled(replace(made, target=target), scale)


def _scaled(entry, scale):
    if scale == 1.0:
        return entry

    def wide(limits):
        return limits and replace(limits, low=limits.low * scale, high=limits.high * scale)

    return replace(
        entry,
        total=entry.total and entry.total * scale,
        residual=entry.residual and entry.residual * scale,
        values=tuple(
            replace(v, value=v.value * scale, interval=wide(v.interval)) for v in entry.values
        ),
    )


QUARTERS = ("<1H OCEAN", "INLAND", "NEAR BAY", "NEAR OCEAN", "ISLAND")
SPREAD = 115395.6
HEADLINE = ("mean_prediction", "mean_error", "mean_absolute_error")
OF_NUMBERS = {
    "mean_prediction": (207301.25, 3100.0),
    "mean_error": (-1204.5, 1500.0),
    "mean_absolute_error": (43187.75, 1300.0),
    "root_mean_squared_error": (61234.5, 1900.0),
    "r2": (0.713, None),
    "over_prediction_rate": (0.473, 0.02),
    "under_prediction_rate": (0.527, 0.02),
    "mean_over_prediction": (20991.6, 900.0),
    "mean_under_prediction": (22196.1, 900.0),
    "mean_target": (208505.75, 3100.0),
}


def prices(scale=1.0, attribute="ocean proximity", quarters=QUARTERS):
    """House prices by place: means and errors in the unit of the target, which `scale` changes."""
    base = build([counts({attribute: q}, 400 + 211 * n, 0.4, 0.8, 0.1)
                  for n, q in enumerate(quarters)], title="House prices")  # fmt: skip
    sizes = {canonical_json(g.group): g.n for g in base.data.groups}
    sizes[canonical_json({attribute: quarters[-1]})] = 12
    groups = [{}, *({attribute: quarter} for quarter in quarters)]
    metrics = [
        _of_number(metric, group, number, sizes[canonical_json(group)], scale)
        for metric in OF_NUMBERS
        for number, group in enumerate(groups)
    ]
    disparities = tuple(_gaps(metrics, attribute, scale))
    findings = tuple(findings_of(disparities, metrics))
    verdict = verdict_of(disparities, findings)
    lead = next(d for d in disparities if d.id == verdict.headline)
    evidence = replace(
        base,
        data=replace(
            base.data,
            task="regression",
            target="the number median_house_value",
            groups=tuple(
                GroupCount(group=g.group, n=g.n, positives=None, share=g.share)
                for g in base.data.groups
            ),
        ),
        settings=replace(
            base.settings,
            scale=TargetScale(spread=SPREAD * scale, tolerance=0.05 * SPREAD * scale),
        ),
        model=replace(base.model, threshold=None, output="value"),
        metrics=tuple(metrics),
        disparities=(*disparities, _imprint(disparities[0], scale)),
        definitions=tuple(
            MetricDefinition(
                name=name, title=name, definition=f"what {name} is", source="a paper",
                version="1", low=None, high=None,
            )
            for name in OF_NUMBERS
        ),
        explanations=tuple(
            _explained(lead, scale=4e5 * scale, target="predicted median_house_value")
        ),
        findings=findings,
        verdict=verdict,
        training=_followed(base.training, regression=True),
    )  # fmt: skip
    evidence = with_ledgers(evidence)
    made = tuple(_in_unit(item, 4e5 * scale) for item in evidence.weights.ledgers)
    return _mitigated(replace(evidence, weights=WeightsRecord(ledgers=made)), lead, scale)


def _of_number(metric, group, number, n, scale):
    value, half = OF_NUMBERS[metric]
    if n < MINIMUM:
        return _metric(metric, group, None, None, n)
    share = metric in ("r2", "over_prediction_rate", "under_prediction_rate")
    shift = 0.05 if share else 9000
    value = value + shift * math.sin(number * 1.9 + len(metric)) * (number > 0)
    unit = 1.0 if share else scale
    made = _metric(metric, group, value * unit, half and half * unit, n)
    counted = metric.endswith("_rate")
    return replace(made, numerator=round(value * n), denominator=n) if counted else made


def _gaps(metrics, attribute, scale):
    for metric in HEADLINE:
        known = [m for m in metrics if m.metric == metric and m.group and m.value is not None]
        ranked = sorted(known, key=lambda m: -m.value)
        yield _gap(ranked[0], ranked[-1], "worst_pair", scale, pairs=6)
        reference = known[0]
        yield from (_gap(m, reference, "reference", scale) for m in known[1:])


def _gap(a, b, selection, scale, pairs=1):
    value = a.value - b.value
    half = 4800.0 * scale
    return Disparity(
        id=stable_id("disparity", a=a.id, b=b.id, selection=selection),
        metric=a.metric, model="baseline", split="test", kind="difference",
        attributes=tuple(a.group), a=a.group, b=b.group, a_metric=a.id, b_metric=b.id,
        selection=selection, value=value,
        interval=interval(value - half, value + half, "tukey-mover of welch", pairs > 1),
        p_value=0.0004, p_adjusted=0.0012 if value > half else 0.4,
        family=Family(name="headline" if pairs > 1 else "reference comparisons", size=3),
        minimum_detectable=5200.0 * scale, pairs=pairs,
    )  # fmt: skip


def _imprint(disparity, scale):
    return replace(
        disparity,
        id="imprint-1",
        metric="imprint",
        value=-2100.0 * scale,
        interval=interval(-5200.0 * scale, 1000.0 * scale, "welch"),
        family=Family(name="imprint", size=1),
    )


def _in_unit(ledger, scale):
    def wide(limits):
        return limits and replace(limits, low=limits.low * scale, high=limits.high * scale)

    def times(item, *fields):
        known = {f: getattr(item, f) * scale for f in fields if getattr(item, f) is not None}
        return replace(item, **known)

    entries = tuple(
        replace(times(entry, "value"), interval=wide(entry.interval)) for entry in ledger.entries
    )
    check = ledger.verification
    if check is not None:
        steps = tuple(replace(times(step, "gap"), measure="r2") for step in check.steps)
        check = times(check, "gap")
        check = replace(check, interval=wide(check.interval), steps=steps, measure="r2")
    fields = ("total", "residual", "absolute_residual", "allowed", "rest", "weight_induced")
    made = times(ledger, *fields)
    return replace(
        made,
        link="value",
        measure="r2",
        decision_gap=None,
        interval=wide(ledger.interval),
        weight_induced_interval=wide(ledger.weight_induced_interval),
        entries=entries,
        verification=check,
        unaccounted="1 embedding before it is not in this ledger: its work is in its units",
    )


def _mitigated(evidence, lead, scale):
    records = []
    for kind, metric, before, after in (
        ("gap", "mean_prediction", 17000.0, 6100.0),
        ("rate", "mean_prediction", 207301.0, 206400.0),
        ("rate", "mean_absolute_error", 43187.0, 43911.0),
    ):
        gap = kind == "gap"
        change = (after - before) * scale
        records.append(
            ComparisonRecord(
                id=stable_id("comparison", metric=metric, of=kind),
                baseline="baseline", mitigated=PENALTY.name, metric=metric, kind=kind,
                a=lead.a if gap else {}, b=lead.b if gap else {},
                before=before * scale, after=after * scale, change=change,
                interval=interval(change - 900 * scale, change + 900 * scale, "welch"), n=3000,
            )
        )  # fmt: skip
    return replace(evidence, mitigations=(PENALTY,), comparisons=tuple(records))


def _seen(evidence, kind, source, shape, pictures):
    """The same evidence of a network that sees one more input."""
    gap = next(e for e in evidence.explanations if e.level == "gap")
    shown = InputRecord(
        name=source, kind=kind, source=f"{source}/", shape=shape, sha256="ab" * 32,
        notes=("2 rows without a file are left out",),
    )  # fmt: skip
    data = replace(evidence.data, inputs=(*evidence.data.inputs, shown))
    groups = [g.group for g in evidence.data.groups if len(g.group) == 1]
    explained = [
        Explanation(
            id=f"explanation-of-{source}-{number}", method="integrated_gradients",
            model="baseline", split="test", level="group", baseline="the mean image",
            target=gap.target, rows=300 + number, residual=0.0004, total=0.07, group=group,
            values=(FeatureValue(feature=source, value=0.07),),
        )
        for number, group in enumerate(groups)
    ]  # fmt: skip
    made = tuple(pictures(source, explained, gap))
    return replace(
        evidence,
        data=data,
        explanations=(*evidence.explanations, *explained),
        pictures=(*evidence.pictures, *made),
    )


def images():
    """Colour images of 48 × 48 pixels in seven groups."""
    return _seen(several_classes(), "image", "lesions", "48 × 48 pixels, rgb", image_pictures)


def texts():
    """Words, hostile ones among them."""
    evidence = with_curves(build(
        [counts({"gender": g}, 900, 0.4, 0.8 - 0.2 * n, 0.1) for n, g in enumerate("FM")]
    ))  # fmt: skip
    return _seen(evidence, "text", "bio", "at most 64 words", text_pictures)


def sensors():
    """Series of three channels, and an image of one, in a regression."""
    evidence = _seen(prices(), "series", "radar", "64 steps of 3 channels", series_pictures)
    return _seen(evidence, "image", "camera", "16 × 24 pixels, grey", image_pictures)


def hostile_classes():
    """Names that break reports, as classes, groups and channels."""
    evidence = several_classes(classes=HOSTILE[:7], groups=HOSTILE[5:12], attribute=HOSTILE[0])
    for kind, source, made in (
        ("image", HOSTILE[0], image_pictures),
        ("series", HOSTILE[2], series_pictures),
        ("text", HOSTILE[4], text_pictures),
    ):
        evidence = _seen(evidence, kind, source, HOSTILE[1], made)
    return evidence


KINDS = {
    "several_classes": several_classes,
    "prices": prices,
    "tiny_prices": lambda: prices(1e-9),
    "images": images,
    "texts": texts,
    "sensors": sensors,
    "hostile_classes": hostile_classes,
}
