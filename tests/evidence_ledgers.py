"""Made-up weight ledgers: two planted carriers, a bias ledger, a causal check."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace

from audit.canonical import stable_id
from audit.weights.results import AblationStep, Ledger, LedgerEntry, Verification
from evidence_measured import interval

LISTED = 40
TEST = "studentised permutation of the groups, largest over the units of the cut (max-T)"
GAUGE = "inputs centred at their means; the output bias keeps the pooled mean score"
BASELINE = "mean activations of the attribution rows"


@dataclass(frozen=True)
class Net:
    """Layers of made-up units, and which of them carry the gap with which share."""

    columns: tuple[tuple[str, float], ...]
    layers: tuple[tuple[str, int], ...] = (("fc1", 16), ("fc2", 8))
    carriers: tuple[tuple[tuple[int, float], ...], ...] = (
        ((8, 0.611), (15, 0.372)),
        ((3, 0.724), (5, 0.302)),
    )
    output: str = "out"

    def shares(self, depth):
        """Shares by unit of one cut: names, shares that sum to nearly 1, carriers."""
        if depth == 0:
            whole = sum(value for _, value in self.columns)
            names = [name for name, _ in self.columns]
            shares = [value / whole for _, value in self.columns]
            return names, shares, {n for n, s in zip(names, shares, strict=True) if abs(s) > 0.1}
        layer, width = self.layers[depth - 1]
        planted = dict(self.carriers[depth - 1])
        noise = [0.012 * math.sin(2.1 * unit + depth) for unit in range(width)]
        noise = [0.0 if unit in planted else value for unit, value in enumerate(noise)]
        drift = (1 - sum(planted.values()) - sum(noise)) / (width - len(planted))
        shares = [planted.get(unit, noise[unit] + drift) for unit in range(width)]
        return (
            [f"{layer}[{unit}]" for unit in range(width)],
            shares,
            {f"{layer}[{unit}]" for unit in planted},
        )


def _entry(name, share, total, *, carrier, confirmed, tested, stated):
    value = share * total
    return LedgerEntry(
        name=name,
        value=value,
        share=share if stated else None,
        interval=interval(value - 0.011 - abs(value) / 12, value + 0.011 + abs(value) / 12, "welch")
        if tested or abs(value) > 0.004
        else None,
        p_adjusted=(0.000999 if carrier else min(1.0, 0.3 + abs(math.sin(40 * value))))
        if tested
        else None,
        status=_status(share, carrier) if tested else "not tested",
        confirmed=confirmed if carrier else None,
    )


def _status(share, carrier):
    if not carrier:
        return "not distinguishable"
    return "carrier" if share > 0 else "offset"


def _ledger(shared, cut, level, total, entries, **more):
    entries = sorted(entries, key=lambda entry: -abs(entry.value))
    residual = 0.00003 + 0.00001 * len(cut)
    listed, rest = entries[:LISTED], sum(entry.value for entry in entries[LISTED:])
    return Ledger(
        id=stable_id("ledger", cut=cut, level=level, total=total, **shared),
        kind=more.pop("kind", "carrier"),
        model="baseline",
        split="test",
        link="probability",
        cut=cut,
        level=level,
        total=sum(entry.value for entry in entries) + residual,
        interval=interval(total - 0.019, total + 0.019, "welch"),
        decision_gap=total * 1.13 + 0.004,
        residual=residual,
        absolute_residual=residual * 2.4,
        allowed=0.000155,
        steps=32,
        rows=2499,
        baseline=BASELINE,
        listed=len(listed),
        entries_total=len(entries),
        rest=rest,
        entries=tuple(listed),
        **shared,
        **more,
    )


def _units(net, depth, shared, total, *, stated):
    names, shares, carriers = net.shares(depth)
    entries = [
        _entry(
            name, share, total,
            carrier=name in carriers and stated, confirmed=True, tested=True, stated=stated,
        )
        for name, share in zip(names, shares, strict=True)
    ]  # fmt: skip
    cut = net.layers[depth - 1][0] if depth else "input"
    check = verification(entries, total) if depth else None
    return _ledger(shared, cut, "unit", total, entries, verification=check, test=TEST)


def _weights(net, depth, shared, total, *, stated):
    names, shares, _ = net.shares(depth)
    last = depth == len(net.layers)
    layer, _ = (net.output, 1) if last else net.layers[depth]
    targets = [1.0] if last else net.shares(depth + 1)[1]
    whole = sum(targets)
    entries = []
    for name, share in zip(names, shares, strict=True):
        source = names.index(name) if depth == 0 else re.search(r"\[(\d+)\]$", name)[1]
        column = {"column": name} if depth == 0 else {}
        entries += [
            replace(
                _entry(
                    f"{layer}[{unit},{source}]", share * target / whole, total,
                    carrier=False, confirmed=None, tested=False, stated=stated,
                ),
                **column,
            )
            for unit, target in enumerate(targets)
        ]  # fmt: skip
    return _ledger(shared, net.layers[depth - 1][0] if depth else "input", "weight", total, entries)


def verification(entries, total, *, confirmed=True):
    ordered = sorted(entries, key=lambda entry: -abs(entry.value))
    gap = total * 0.96
    steps = [
        AblationStep(
            chosen_by=chosen_by,
            k=k,
            entries=() if chosen_by == "random" else tuple(entry.name for entry in ordered[:k]),
            gap=gap * left(k),
            left=left(k),
            accuracy=0.812 - lost * k,
        )
        for chosen_by, left, lost in (
            ("ledger", lambda k: (0.41, 0.06, 0.05, 0.03)[int(math.log2(k))], 0.004),
            ("random", lambda k: 1 - 0.045 * k, 0.002),
            ("magnitude", lambda k: 1 - 0.03 * k, 0.003),
            ("gradient", lambda k: (0.47, 0.31, 0.22, 0.16)[int(math.log2(k))], 0.005),
        )
        for k in (1, 2, 4, 8)
        if k <= len(ordered)
    ]
    return Verification(
        rows=2501,
        gap=gap,
        interval=interval(gap - 0.02, gap + 0.02, "welch"),
        accuracy=0.8124,
        steps=tuple(steps),
        confirmed=confirmed,
        reason="" if confirmed else "random entries leave as little of the gap",
    )


def _biases(net, shared, total, *, stated):
    entries = [
        LedgerEntry(
            name=f"{layer}.bias[{unit}]",
            value=value,
            share=value / (total * 0.06) if stated else None,
        )
        for depth, (layer, width) in enumerate(net.layers)
        for unit in range(width)
        for value in [0.06 * total * (1.6 if unit == 2 else math.sin(unit + depth)) / width]
    ]
    ledger = _ledger(
        shared, "network", "bias", total, entries,
        kind="bias", gauge=GAUGE, accuracy_without_biases=0.7931, accuracy_with_biases=0.8124,
    )  # fmt: skip
    carried = sum(entry.value for entry in entries)
    left = total - carried
    return replace(
        ledger,
        total=total,
        weight_induced=left - ledger.residual,
        weight_induced_interval=interval(left - 0.018, left + 0.018, "welch"),
        bias_share=carried / total if stated else None,
        baseline="no hidden biases",
        test="not tested; intervals are Welch's, each by itself",
    )


def ledgers(a, b, columns, *, net=None, stated=True):
    """Every ledger of two gaps; without shares where the gap cannot be told from 0."""
    net = net or Net(columns)
    depths = range(len(net.layers) + 1)
    for gap, whole in (("demographic_parity", 0.1547), ("equal_opportunity", 0.1382)):
        total = whole if stated else whole / 40
        shared = {"gap": gap, "a": a, "b": b}
        made = [
            ledger(net, depth, shared, total, stated=stated)
            for depth in depths
            for ledger in (_units, _weights)
        ]
        made.append(_biases(net, shared, total, stated=stated))
        if stated:
            yield from made
        else:
            reason = "the interval of the gap includes 0"
            yield from (replace(item, status="suppressed", reason=reason) for item in made)


def wide(columns):
    """Three layers of 64 units; eight of the first carry the gap."""
    return Net(
        columns,
        layers=(("fc1", 64), ("fc2", 64), ("fc3", 64)),
        carriers=(
            tuple((unit, 0.2 - 0.02 * place) for place, unit in enumerate((8, 15, 3, 40, 41, 60))),
            ((3, 0.724), (5, 0.302), (61, -0.11)),
            ((0, 1.02),),
        ),
    )


def change(a, b, model):
    """What moved from the baseline to a mitigated network, by layer."""
    shared = {"gap": "demographic_parity", "a": a, "b": b}
    entries = [
        LedgerEntry(name="fc1", value=-0.0712),
        LedgerEntry(name="fc2", value=-0.0335),
        LedgerEntry(name="out", value=-0.0041),
    ]
    ledger = _ledger(shared, "network", "layer", -0.1088, entries, kind="change")
    baseline = "the weights of the baseline"
    return replace(
        ledger,
        model=model,
        id=f"{ledger.id}-{model}",
        baseline=baseline,
        decision_gap=None,
        before=0.1547,
        after=0.0459,
    )


def not_applicable(reason="predictions were given, no network"):
    return Ledger(
        id="ledger-none",
        kind="carrier",
        model="baseline",
        split="test",
        gap="demographic_parity",
        link="probability",
        a={},
        b={},
        cut="network",
        level="unit",
        status="not applicable",
        reason=reason,
    )
