"""Intervals as published, one number at a time; limits by search where a paper solves for them."""

from math import inf, log, sqrt

from scipy.optimize import brentq, minimize_scalar


def slow_wilson(x, n, z):
    """Roots of (p - x/n)^2 = z^2 p (1 - p) / n, the quadratic that Wilson inverts."""
    a = 1 + z * z / n
    b = -(2 * x / n + z * z / n)
    c = (x / n) ** 2
    root = sqrt(max(b * b - 4 * a * c, 0.0))
    return (-b - root) / (2 * a), (-b + root) / (2 * a)


def slow_newcombe(x1, n1, x2, n2, z):
    p1, p2 = x1 / n1, x2 / n2
    l1, u1 = slow_wilson(x1, n1, z)
    l2, u2 = slow_wilson(x2, n2, z)
    return (
        p1 - p2 - sqrt((p1 - l1) ** 2 + (u2 - p2) ** 2),
        p1 - p2 + sqrt((u1 - p1) ** 2 + (p2 - l2) ** 2),
    )


def slow_mover_r(x1, n1, x2, n2, z):
    """Solve for the ratio R at which the MOVER limit of p1 - R p2 is 0, by search."""
    p1, p2 = x1 / n1, x2 / n2
    l1, u1 = slow_wilson(x1, n1, z)
    l2, u2 = slow_wilson(x2, n2, z)

    def lower(ratio):
        return p1 - ratio * p2 - sqrt((p1 - l1) ** 2 + ratio**2 * (u2 - p2) ** 2)

    def upper(ratio):
        return p1 - ratio * p2 + sqrt((u1 - p1) ** 2 + ratio**2 * (p2 - l2) ** 2)

    low = 0.0 if x1 == 0 else brentq(lower, 0, 1e9, xtol=1e-15, rtol=1e-14)
    high = inf if x2 == 0 else brentq(upper, 0, 1e9, xtol=1e-15, rtol=1e-14)
    return low, high


def textbook_mover_r(x1, n1, x2, n2, z):
    """The form that Donner and Zou print, which cancels where counts are small."""
    p1, p2 = x1 / n1, x2 / n2
    l1, u1 = slow_wilson(x1, n1, z)
    l2, u2 = slow_wilson(x2, n2, z)
    a = p1 * p2
    over, under = u2 * (2 * p2 - u2), l2 * (2 * p2 - l2)
    return (
        (a - sqrt(a * a - l1 * (2 * p1 - l1) * over)) / over,
        (a + sqrt(a * a - u1 * (2 * p1 - u1) * under)) / under,
    )


def slow_tango(b, c, n, z):
    """Invert the score statistic; its nuisance share is found by maximising the likelihood."""

    def likelihood(q, delta):
        # Shares: b with q + delta, c with q, the rest 1 - 2q - delta.
        total = 0.0
        for count, share in ((b, q + delta), (c, q), (n - b - c, 1 - 2 * q - delta)):
            if count:
                total += count * log(max(share, 1e-300))
        return total

    def nuisance(delta):
        lowest, highest = max(0.0, -delta), (1 - delta) / 2
        found = minimize_scalar(
            lambda q: -likelihood(q, delta),
            bounds=(lowest, highest),
            method="bounded",
            options={"xatol": 1e-13},
        ).x
        ends = (lowest, found, highest)
        return max(ends, key=lambda q: likelihood(q, delta))

    def statistic(delta):
        q = nuisance(delta)
        variance = n * (2 * q + delta * (1 - delta))
        gap = b - c - n * delta
        return gap / sqrt(variance) if variance > 1e-12 else (inf if gap > 0 else -inf)

    estimate, edge = (b - c) / n, 1 - 1e-9

    def limit(level, low, high):
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (middle, high) if statistic(middle) > level else (low, middle)
        return (low + high) / 2

    return limit(z, -edge, estimate), limit(-z, estimate, edge)


def slow_mover_difference(d1, limits1, d2, limits2):
    (l1, u1), (l2, u2) = limits1, limits2
    return (
        d1 - d2 - sqrt((d1 - l1) ** 2 + (u2 - d2) ** 2),
        d1 - d2 + sqrt((u1 - d1) ** 2 + (d2 - l2) ** 2),
    )


def slow_largest_gap(counts, z):
    """Limits of the largest gap among groups given as (x, n): all ordered pairs in turn."""
    lows, highs = [], []
    for i, first in enumerate(counts):
        for j, second in enumerate(counts):
            if i != j:
                low, high = slow_newcombe(*first, *second, z)
                lows.append(low)
                highs.append(high)
    return max(0.0, *lows), min(1.0, max(highs))


def slow_holm(p_values):
    """Step down: the k-th smallest is multiplied by how many are left, and never falls."""
    order = sorted(range(len(p_values)), key=lambda place: p_values[place])
    adjusted, highest = [0.0] * len(p_values), 0.0
    for step, place in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - step) * p_values[place]))
        adjusted[place] = highest
    return adjusted
