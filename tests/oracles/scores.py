"""Every score metric, row by row, in the plainest words; rows are (label, score, weight)."""

import math
from itertools import pairwise


def slow_auc(rows):
    won = pairs = 0.0
    for label, score, weight in rows:
        for other, below, its in rows:
            if label == 1 and other == 0:
                pairs += weight * its
                won += weight * its * (1.0 if score > below else 0.5 if score == below else 0.0)
    return won / pairs


def slow_delong_variance(rows):
    """Variance of the mean placement of each label, rows unweighted."""
    value = slow_auc(rows)
    total = 0.0
    for own in (1, 0):
        deviations = []
        for label, score, _ in rows:
            if label != own:
                continue
            others = [s for other, s, _ in rows if other != own]
            beaten = sum(1.0 if score > s else 0.5 if score == s else 0.0 for s in others)
            placement = beaten / len(others)
            deviations.append((placement if own == 1 else 1 - placement) - value)
        n = len(deviations)
        total += sum(d * d for d in deviations) / (n - 1) / n
    return total


def slow_rate_above(rows, threshold, label):
    among = [(s, w) for y, s, w in rows if y == label]
    return sum(w for s, w in among if s >= threshold) / sum(w for _, w in among)


def slow_ks(rows):
    best = 0.0
    for _, threshold, _ in rows:
        gap = slow_rate_above(rows, threshold, 1) - slow_rate_above(rows, threshold, 0)
        best = max(best, gap)
    return best


def slow_mean(rows, of):
    return sum(w * of(y, s) for y, s, w in rows) / sum(w for _, _, w in rows)


def slow_brier(rows):
    return slow_mean(rows, lambda y, s: (s - y) ** 2)


def slow_log_loss(rows):
    return slow_mean(rows, lambda y, s: -math.log(s if y == 1 else 1 - s))


def slow_ece(rows, bins=15):
    total = sum(w for _, _, w in rows)
    error = 0.0
    for place in range(bins):
        inside = [r for r in rows if min(int(r[1] * bins), bins - 1) == place]
        error += abs(sum(w * s for _, s, w in inside) - sum(w * y for y, _, w in inside))
    return error / total


def slow_binomial_deviation(n, p):
    """Mean of |X - np| over every possible count X."""
    return sum(abs(x - n * p) * math.comb(n, x) * p**x * (1 - p) ** (n - x) for x in range(n + 1))


def slow_intercept(rows):
    """Log odds added to every score so that as many labels are expected as came, by halving."""
    low, high = -40.0, 40.0
    for _ in range(200):
        middle = (low + high) / 2
        expected = slow_mean(rows, lambda y, s, m=middle: _shifted(s, m))
        low, high = (middle, high) if expected < slow_mean(rows, lambda y, s: y) else (low, middle)
    return middle


def _shifted(score, shift):
    return 1 / (1 + math.exp(-(math.log(score / (1 - score)) + shift)))


def slow_wasserstein(one, two):
    """Area between two distribution functions, step by step."""
    points = sorted({s for _, s, _ in (*one, *two)})
    area = 0.0
    for left, right in pairwise(points):
        area += (right - left) * abs(_share(one, left) - _share(two, left))
    return area


def slow_ks_distance(one, two):
    return max(abs(_share(one, s) - _share(two, s)) for _, s, _ in (*one, *two))


def _share(rows, limit):
    return sum(w for _, s, w in rows if s <= limit) / sum(w for _, _, w in rows)


def slow_abroca(one, two, steps=20_000):
    """Area between two ROC curves by the rule of midpoints."""
    curves = [_corners(rows) for rows in (one, two)]
    area = 0.0
    for step in range(steps):
        at = (step + 0.5) / steps
        area += abs(_height(curves[0], at) - _height(curves[1], at)) / steps
    return area


def _corners(rows):
    cuts = sorted({s for _, s, _ in rows}, reverse=True)
    return [(0.0, 0.0)] + [(slow_rate_above(rows, c, 0), slow_rate_above(rows, c, 1)) for c in cuts]


def _height(corners, at):
    for (x0, y0), (x1, y1) in pairwise(corners):
        if x0 <= at <= x1 and x1 > x0:
            return y0 + (y1 - y0) * (at - x0) / (x1 - x0)
    raise AssertionError(at)
