"""Disparities: forest plot, worst pairs, comparisons with the reference group and the rest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from audit.metrics.results import Selection
from audit.report.comparison_tables import comparison_table
from audit.report.comparisons import Pair, is_single, pairs, short_metric, stands
from audit.report.document import Document, Phrase, plain
from audit.report.figures.canvas import Picture, picture
from audit.report.figures.forest import Line, draw_forest
from audit.report.naming import metric_rank
from audit.report.tables import Column, Table, name, words
from audit.report.units import Axis, Task
from audit.report.wording import forest_alt

KEY = "disparities"
TITLE = "Disparities"
ENDS = 2
"""Comparisons with the reference that are drawn at each end of a metric."""
WORST = 12
SHOWN: Mapping[Task, str] = {
    "binary": "selection rate, TPR and FPR",
    "multiclass": "selection rate, TPR and FPR, the widest of all classes and, against the "
    "reference, of the class in focus",
    "regression": "mean prediction, mean error and mean absolute error",
}
"""What the figure shows where it cannot show all."""
UNITS: Mapping[Axis, str] = {
    "percent": "percentage points",
    "index": "points of the index",
    "target": "units of the target",
}
AGAINST: dict[Selection, tuple[str, str]] = {
    "worst_pair": ("t-worst", "Worst pair of each metric and attribute."),
    "reference": ("t-reference", "Each group against the reference group."),
    "rest": ("t-rest", "Each group against everyone else."),
    "overall": ("t-overall", "Each group against everyone, the group included."),
}
SHRUNKEN = (
    "The largest gap among many groups overstates: some gap is there by chance alone. The shrunken "
    "estimate is what is left of it once the rates of small groups are drawn towards the rate of "
    "all. Whether the groups differ at all is tested over all of them at once (homogeneity); the "
    "range test looks at the largest gap alone."
)
EQUIVALENCE = (
    "“Within tolerance” gives the p-value of the claim that the gap lies within the tolerance (two "
    "one-sided tests), not adjusted for the number of comparisons. Only where it is small is the "
    "gap shown to be that small; a large p of the other test does not show it."
)


@dataclass(frozen=True, kw_only=True)
class View:
    """What the section says."""

    figure: Picture | None
    capped: str
    cautions: tuple[Phrase, ...]
    notes: tuple[str, ...]
    tables: tuple[Table, ...]
    left_out: Table | None


def summarise(document: Document) -> View | None:
    """Collect the comparisons of single attributes."""
    found = {selection: pairs(document, is_single(selection)) for selection in AGAINST}
    worst, reference = found["worst_pair"], found["reference"]
    if not any(found.values()):
        return None
    lines = _lines(document, [*_widest(document, worst), *_ends(document, reference)])
    drawable = [pair for pair in (*worst, *reference) if _drawable(pair)]
    return View(
        figure=_figure(document, lines) if lines else None,
        capped=SHOWN[document.task] if len(drawable) > len(lines) else "",
        cautions=tuple(_cautions(document, worst)),
        notes=tuple(_notes(worst)),
        tables=tuple(_tables(document, found)),
        left_out=_left_out(document),
    )


def _tables(document: Document, found: dict[Selection, tuple[Pair, ...]]) -> Iterator[Table]:
    for selection, made in found.items():
        anchor, caption = AGAINST[selection]
        if made:
            folded = selection in ("rest", "overall")
            table = comparison_table(
                document, made, anchor=anchor, caption=(caption,), folded=folded
            )
            yield replace(table, pinned=selection == "worst_pair")


def _notes(worst: Sequence[Pair]) -> Iterator[str]:
    if any(pair.first.shrunken is not None for pair in worst):
        yield SHRUNKEN
    if any(pair.first.equivalence_p is not None for pair in worst):
        yield EQUIVALENCE


def _cautions(document: Document, worst: Sequence[Pair]) -> Iterator[Phrase]:
    """Say which gap is established where the largest one may be chance."""
    for pair in worst:
        entry, place = pair.first, pair.place
        if pair.difference is None or not stands(document, entry) or entry.interval is None:
            continue
        about: Phrase = (document.show(f"{place}/metric", "metric"), " by ")
        about = (*about, document.show(f"{place}/attributes", "setting"), ": ")
        if entry.established is not None:
            one, other = f"{place}/established/0", f"{place}/established/1"
            least = document.show(f"{place}/interval/low", document.forms(entry.metric).size)
            yield (
                *(*about, "the largest gap may owe part to chance; what is established is a gap "),
                *("between ", document.group(one), " and ", document.group(other), " of at least "),
                *(least, "."),
            )
        elif entry.interval.low <= 0 and entry.test.startswith("homogeneity"):
            yield (*about, "the groups differ, but of no single pair is it established.")


def _widest(document: Document, worst: Sequence[Pair]) -> list[Pair]:
    return _chosen(worst, document.headline)[:WORST]


def _ends(document: Document, reference: Sequence[Pair]) -> list[Pair]:
    """Keep the lowest and the highest comparisons of each metric where there are many."""
    chosen: list[Pair] = []
    told = _chosen(reference, document.leading)
    for metric in dict.fromkeys(pair.first.metric for pair in told):
        made = [pair for pair in told if pair.first.metric == metric]
        made.sort(key=lambda pair: pair.first.value or 0.0)
        chosen += made if len(made) <= 2 * ENDS else [*made[:ENDS], *made[-ENDS:]]
    return chosen


def _chosen(made: Sequence[Pair], metrics: Sequence[str]) -> list[Pair]:
    return [pair for pair in made if _drawable(pair) and pair.first.metric in metrics]


def _drawable(pair: Pair) -> bool:
    limits = pair.first.interval
    return (
        pair.difference is not None
        and pair.first.value is not None
        and limits is not None
        and limits.high is not None
    )


def _lines(document: Document, drawn: Sequence[Pair]) -> tuple[Line, ...]:
    made = sorted(
        drawn,
        key=lambda pair: (
            pair.first.selection != "worst_pair",
            metric_rank(pair.first.metric),
            -(pair.first.value or 0.0),
        ),
    )
    return tuple(_line(document, pair) for pair in made)


def _line(document: Document, pair: Pair) -> Line:
    entry, place = pair.first, pair.place
    limits = entry.interval
    if entry.value is None or limits is None or limits.high is None:
        raise ValueError(f"{entry.id} has no interval to draw")
    worst, forms = entry.selection == "worst_pair", document.forms(entry.metric)
    kind = "worst pair" if worst else "against reference"
    return Line(
        heading=f"{short_metric(entry)}, {kind}",
        a=document.group(f"{place}/a").text,
        b=document.group(f"{place}/b").text,
        value=entry.value,
        low=limits.low,
        high=limits.high,
        text=plain(document.value(place, forms.change)),
        limits=plain(document.interval(place, forms.change_limits)),
        stands=stands(document, entry),
        worst=worst,
    )


def _figure(document: Document, lines: tuple[Line, ...]) -> Picture:
    forms, at = document.gaps, document.tolerance
    unit = UNITS[forms.axis]
    return picture(
        partial(draw_forest, lines, document.at(at), axis=forms.axis),
        anchor="f-forest",
        alt=forest_alt(lines),
        caption=(
            f"Differences A − B in {unit} with intervals. Filled diamond: stands after "
            "correction. Hollow circle: does not. Shaded: within the tolerance of ",
            document.show(at, forms.size),
            ".",
        ),
        table="t-worst" if lines[0].worst else "t-reference",
    )


def _left_out(document: Document) -> Table | None:
    rows = tuple(
        (
            name((document.show(f"{place}/metric", "metric"),)),
            words((document.show(f"{place}/attributes", "setting"),)),
            words((document.text(f"{place}/left_out/{number}"),)),
        )
        for place, entry in document.disparities
        if entry.kind == "difference" and entry.metric != "imprint"
        for number in range(len(entry.left_out))
    )
    heads = (
        Column(("Metric",), "name"),
        Column(("Attributes",), "text"),
        Column(("Left out",), "text"),
    )
    caption = ("Groups that could not take part in a comparison.",)
    return Table("t-left-out", caption, heads, rows) if rows else None
