"""Score intervals by brute force: likelihood maximised by search, the statistic by stepping."""

from math import inf, log, sqrt

from scipy.optimize import minimize_scalar


def loglikelihood(x, n, p):
    total = 0.0
    for count, share in ((x, p), (n - x, 1 - p)):
        if count:
            total += count * log(max(share, 1e-300))
    return total


def _most_likely(objective, lowest, highest):
    found = minimize_scalar(
        lambda q: -objective(q),
        bounds=(lowest, highest),
        method="bounded",
        options={"xatol": 1e-12},
    ).x
    return max((lowest, found, highest), key=objective)


def difference_statistic(x1, n1, x2, n2, delta):
    p2 = _most_likely(
        lambda q: loglikelihood(x1, n1, q + delta) + loglikelihood(x2, n2, q),
        max(0.0, -delta),
        min(1.0, 1 - delta),
    )
    p1 = p2 + delta
    variance = (p1 * (1 - p1) / n1 + p2 * (1 - p2) / n2) * (n1 + n2) / (n1 + n2 - 1)
    return _over_root(x1 / n1 - x2 / n2 - delta, variance)


def ratio_statistic(x1, n1, x2, n2, ratio):
    p2 = _most_likely(
        lambda q: loglikelihood(x1, n1, ratio * q) + loglikelihood(x2, n2, q),
        0.0,
        min(1.0, 1 / ratio),
    )
    p1 = ratio * p2
    variance = (p1 * (1 - p1) / n1 + ratio**2 * p2 * (1 - p2) / n2) * (n1 + n2) / (n1 + n2 - 1)
    return _over_root(x1 / n1 - ratio * x2 / n2, variance)


def _over_root(distance, variance):
    if variance > 1e-14:
        return distance / sqrt(variance)
    return inf if distance > 0 else -inf


def slow_miettinen_nurminen(x1, n1, x2, n2, z):
    estimate, edge = x1 / n1 - x2 / n2, 1 - 1e-9

    def statistic(delta):
        return difference_statistic(x1, n1, x2, n2, delta)

    return _where(statistic, z, -edge, estimate), _where(statistic, -z, estimate, edge)


def slow_miettinen_nurminen_ratio(x1, n1, x2, n2, z):
    """Only for x1 > 0 and x2 > 0, where both limits are inside."""
    estimate = (x1 / n1) / (x2 / n2)

    def statistic(ratio):
        return ratio_statistic(x1, n1, x2, n2, ratio)

    return _where(statistic, z, 1e-9, estimate), _where(statistic, -z, estimate, 1e4 * estimate)


def _where(statistic, level, low, high):
    for _ in range(70):
        middle = (low + high) / 2
        low, high = (middle, high) if statistic(middle) > level else (low, middle)
    return (low + high) / 2
