"""Homogeneity, shrinkage, extremes over pairs, step-up and jackknife, in loops."""

from itertools import product
from math import comb, hypot, sqrt


def slow_q(counts):
    """Pearson's statistic over the 2 x G table, cell by cell; counts are (x, n)."""
    events, size = sum(x for x, _ in counts), sum(n for _, n in counts)
    total = 0.0
    for x, n in counts:
        for observed, share in ((x, events / size), (n - x, 1 - events / size)):
            expected = n * share
            total += (observed - expected) ** 2 / expected
    return total


def tables_with_the_margins(counts):
    """All tables with the same margins, each with its probability."""
    events, size = sum(x for x, _ in counts), sum(n for _, n in counts)
    for x in product(*(range(n + 1) for _, n in counts)):
        if sum(x) == events:
            ways = 1
            for k, (_, n) in zip(x, counts, strict=True):
                ways *= comb(n, k)
            yield x, ways / comb(size, events)


def exact_q_p(counts):
    """Probability, given the margins, of a Q at least as large."""
    seen = slow_q(counts)
    sizes = [n for _, n in counts]
    return sum(
        share
        for x, share in tables_with_the_margins(counts)
        if slow_q(list(zip(x, sizes, strict=True))) >= seen * (1 - 1e-9)
    )


def exact_q_moments(counts):
    sizes = [n for _, n in counts]
    all_q = [
        (slow_q(list(zip(x, sizes, strict=True))), share)
        for x, share in tables_with_the_margins(counts)
    ]
    mean = sum(q * share for q, share in all_q)
    return mean, sum((q - mean) ** 2 * share for q, share in all_q)


def slow_shrunken_rates(counts):
    """The formula of constrained empirical Bayes, a group at a time."""
    size, events, groups = sum(n for _, n in counts), sum(x for x, _ in counts), len(counts)
    pooled = events / size
    if pooled in (0, 1):
        return [pooled] * groups
    v = pooled * (1 - pooled)
    q = sum(n * (x / n - pooled) ** 2 / v for x, n in counts)
    rho = (q - (groups - 1)) / (size - sum(n * n for _, n in counts) / size - (groups - 1))
    rho = min(max(rho, 0.0), 1.0)
    shrunken = []
    for x, n in counts:
        b = rho / (rho + (1 - rho) / n)
        shrunken.append(pooled + sqrt(b) * (x / n - pooled))
    return shrunken


def slow_gap_limits(values, low, high):
    """Largest lower and largest upper MOVER limit over ordered pairs."""
    lows, highs = [], []
    for i, j in _ordered_pairs(len(values)):
        difference = values[i] - values[j]
        lows.append(difference - hypot(values[i] - low[i], high[j] - values[j]))
        highs.append(difference + hypot(high[i] - values[i], values[j] - low[j]))
    return max(lows), max(highs)


def slow_bounding_gap(low, high):
    """What a gap can be while each group is within its limits."""
    pairs = list(_ordered_pairs(len(low)))
    return max(low[i] - high[j] for i, j in pairs), max(high[i] - low[j] for i, j in pairs)


def slow_bounding_ratio(low, high):
    pairs = list(_ordered_pairs(len(low)))
    return min(low[i] / high[j] for i, j in pairs), min(high[i] / low[j] for i, j in pairs)


def _ordered_pairs(count):
    return ((i, j) for i in range(count) for j in range(count) if i != j)


def slow_benjamini_hochberg(p_values):
    """The smallest level at which each is rejected by the step-up rule, tried one by one."""
    count = len(p_values)
    ordered = sorted(p_values)
    levels = sorted(min(1.0, p * count / (k + 1)) for k, p in enumerate(ordered))
    adjusted = []
    for p in p_values:
        for level in [*levels, 1.0]:
            passing = [
                q for k, q in enumerate(ordered) if q <= (k + 1) / count * level * (1 + 1e-12)
            ]
            if passing and p <= max(passing):
                adjusted.append(level)
                break
        else:
            adjusted.append(1.0)
    return adjusted


def slow_jackknife_error(left_out):
    buckets = len(left_out)
    centre = sum(left_out) / buckets
    return sqrt((buckets - 1) / buckets * sum((value - centre) ** 2 for value in left_out))
