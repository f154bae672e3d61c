"""The causal check: what is left of a gap when entries are ablated, beside controls."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from audit.metrics.results import Interval
from audit.weights.chain import Chain
from audit.weights.quality import measure_of, quality
from audit.weights.results import AblationStep, Link, Measure, Verification
from audit.weights.samples import Sample
from audit.weights.statistics import difference, interval_of, tells_from_zero

DRAWS = 10
ChosenBy = Literal["ledger", "random", "magnitude", "gradient"]
Floats = NDArray[np.float64]
Places = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Bench:
    """The verification rows at a cut, ready to be ablated.

    Attributes
    ----------
    chain : Chain
    cut : int
    link : {"probability", "log_odds", "value"}
    fed : Tensor, shape (rows, units)
        What feeds the layer.
    mean : Tensor, shape (units,)
        What the ablated part is replaced by.
    sample : Sample
    target : ndarray, shape (rows,)
    threshold, confidence : float
    """

    chain: Chain
    cut: int
    link: Link
    fed: Tensor
    mean: Tensor
    sample: Sample
    target: NDArray[Any]
    threshold: float
    confidence: float

    def scores(self, mask: Tensor | None = None) -> Floats:
        """Return linked scores, after the causal twin of an ablation."""
        return self._asked(mask)[0]

    def _asked(self, mask: Tensor | None) -> tuple[Floats, Tensor]:
        layer = self.chain.layers[self.cut]
        twin = layer if mask is None else layer.ablate(mask, self.mean)
        with torch.no_grad():
            answer = self.chain.answer(twin.linear(self.fed), self.cut)
            return self.chain.link(answer, self.link).cpu().numpy(), answer

    @property
    def measure(self) -> Measure:
        """Return what answers are judged by."""
        return measure_of(self.chain.form)

    def outcome(self, mask: Tensor | None = None) -> tuple[float, float | None]:
        """Return the score gap and the quality of the answers after an ablation."""
        linked, answer = self._asked(mask)
        weights = self.sample.weights
        good = quality(self.chain.form, answer, self.target, weights, threshold=self.threshold)
        return float(self.sample.signed() @ linked), good

    def interval(self) -> Interval:
        """Return Welch's interval of the gap before ablation."""
        found = interval_of(self.scores(), self.sample, self.confidence)
        assert found is not None  # noqa: S101 - each group has two rows or more
        return found


@dataclass(frozen=True, kw_only=True)
class Candidates:
    """The entries of a ledger, and how to ablate some of them.

    Attributes
    ----------
    name : callable
        From the place of an entry to its name.
    mask : callable
        From places to a mask over the weights of the layer.
    values : ndarray of float64, shape (entries,)
        What the ledger says.
    magnitude : ndarray of float64, shape (entries,)
        Sum of |w| of the weights through which the entry acts.
    gradient : ndarray of float64, shape (entries,)
        Sum of |w · gradient of the gap| of these weights.
    carriers : int or None
        How many entries were found to be carriers; None where entries are not tested.
    """

    name: Callable[[int], str]
    mask: Callable[[Places], Tensor]
    values: Floats
    magnitude: Floats
    gradient: Floats
    carriers: int | None


def verify(
    bench: Bench, candidates: Candidates, sizes: Sequence[int], generator: np.random.Generator
) -> Verification:
    """Ablate the entries that carry most of the gap, and as many chosen otherwise.

    Parameters
    ----------
    bench : Bench
        Rows that the ledger did not see.
    candidates : Candidates
    sizes : sequence of int
        How many entries to ablate.
    generator : Generator
        Of the random control.
    """
    gap, accuracy = bench.outcome()
    interval = bench.interval()
    told = tells_from_zero(interval)
    steps = tuple(_steps(bench, candidates, sizes, generator, gap if told else None))
    confirmed, reason = _judge(steps, candidates, told=told)
    return Verification(
        rows=int(bench.sample.counts.sum()),
        gap=gap,
        interval=interval,
        accuracy=accuracy,
        steps=steps,
        confirmed=confirmed,
        reason=reason,
        measure=bench.measure,
    )


def _steps(
    bench: Bench,
    candidates: Candidates,
    sizes: Sequence[int],
    generator: np.random.Generator,
    before: float | None,
) -> Iterator[AblationStep]:
    def step(
        chosen_by: ChosenBy, k: int, names: tuple[str, ...], gap: float, accuracy: float | None
    ) -> AblationStep:
        return AblationStep(
            chosen_by=chosen_by,
            k=k,
            entries=names,
            gap=gap,
            left=None if before is None else gap / before,
            accuracy=accuracy,
            measure=bench.measure,
        )

    sign = 1.0 if candidates.values.sum() >= 0 else -1.0
    order = np.argsort(-sign * candidates.values, kind="stable")
    order = order[sign * candidates.values[order] > 0]
    ranked: dict[ChosenBy, Places] = {
        "ledger": order,
        "magnitude": np.argsort(-candidates.magnitude, kind="stable"),
        "gradient": np.argsort(-candidates.gradient, kind="stable"),
    }
    for k in (size for size in sizes if size < len(candidates.values)):
        for chosen_by, places in ranked.items():
            gap, accuracy = bench.outcome(candidates.mask(places[:k]))
            names = tuple(candidates.name(int(place)) for place in places[:k])
            yield step(chosen_by, k, names, gap, accuracy)
        drawn = [
            bench.outcome(candidates.mask(generator.choice(len(candidates.values), k, False)))
            for _ in range(DRAWS)
        ]
        known = all(good is not None for _, good in drawn)
        gap, good = np.mean([(gap, good or 0.0) for gap, good in drawn], axis=0).tolist()
        yield step("random", k, (), gap, good if known else None)


def _judge(
    steps: Sequence[AblationStep], candidates: Candidates, *, told: bool
) -> tuple[bool | None, str]:
    """Say whether the ledger's choice leaves less of the gap than random and |w| choices."""
    if not told:
        return None, "the gap on the verification rows cannot be told from 0"
    if candidates.carriers == 0:
        return None, "no entry is distinguishable from chance"
    most = min(_enough(candidates.values), candidates.carriers or len(candidates.values))
    fitting = [step.k for step in steps if step.k <= most]
    if not fitting:
        return None, "there are too few entries to choose from"
    by = {step.chosen_by: step for step in steps if step.k == max(fitting)}
    rivals = [by["random"]]
    if set(by["magnitude"].entries) != set(by["ledger"].entries):
        rivals.append(by["magnitude"])
    left = abs(by["ledger"].gap)
    worse = [rival.chosen_by for rival in rivals if abs(rival.gap) <= left]
    if worse:
        return False, f"ablating {max(fitting)} chosen by {' and '.join(worse)} leaves no more"
    return True, ""


def _enough(values: Floats) -> int:
    """Return how many entries, largest of the gap's sign first, account for the whole gap."""
    total = values.sum()
    ranked = np.sort(values * np.sign(total))[::-1].cumsum()
    return int(np.searchsorted(ranked[: ranked.argmax()], abs(total))) + 1


def effect_confirmed(bench: Bench, mask: Tensor, value: float) -> bool:
    """Tell whether ablating one entry moves the gap the way its value says.

    The change of the gap on the verification rows has the sign of `value`, and its Welch interval
    excludes 0.
    """
    change = bench.scores() - bench.scores(mask)
    interval = interval_of(change, bench.sample, bench.confidence)
    moved = float(difference(change, bench.sample).value[0])
    return tells_from_zero(interval) and moved * value > 0
