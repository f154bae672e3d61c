"""Slow twins of the weight ledgers: dense Simpson sums, one row, one unit, one weight at a time."""

import numpy as np
import torch


def simpson(steps):
    """Places and weights of Simpson's rule on [0, 1]; `steps` is even."""
    places = [step / steps for step in range(steps + 1)]
    factors = [1 if step in (0, steps) else 4 if step % 2 else 2 for step in range(steps + 1)]
    return places, [factor / 3 / steps for factor in factors]


def units(score, fed, mean, signed, steps=2000):
    """Per unit: the sum over rows of w_i (u_ih - mean_h) times the mean slope in h on the way.

    `score` maps activations (points, units) to scores (points,).
    """
    places, shares = simpson(steps)
    amounts = [0.0] * len(mean)
    for row, weight in zip(fed, signed, strict=True):
        points = torch.stack([mean + place * (row - mean) for place in places]).requires_grad_(True)
        (slopes,) = torch.autograd.grad(score(points).sum(), points)
        for unit in range(len(mean)):
            mean_slope = sum(s * float(g) for s, g in zip(shares, slopes[:, unit], strict=True))
            amounts[unit] += weight * float(row[unit] - mean[unit]) * mean_slope
    return np.array(amounts)


def weights(after, layer, fed, *, mean, signed, steps=2000):
    """Per weight: the gradient of the whole gap in a leaf P = t W, times W, summed over t.

    `after` maps pre-activations of `layer` to scores.
    """
    total = torch.zeros_like(layer.weight)
    still = (layer.weight @ mean + layer.bias).detach()
    for place, share in zip(*simpson(steps), strict=True):
        leaf = (place * layer.weight).detach().requires_grad_(True)
        gap = torch.as_tensor(signed) @ after((fed - mean) @ leaf.T + still)
        (slope,) = torch.autograd.grad(gap, leaf)
        total += share * slope * layer.weight
    return total.detach().numpy()


def mean_ablated(network, unit_layer, unit, value, x):
    """What the network answers when one unit of a layer's output is held at a value."""

    def hold(_module, _inputs, output):
        held = output.clone()
        held[:, unit] = value
        return held

    handle = unit_layer.register_forward_hook(hold)
    try:
        with torch.no_grad():
            return network(x).squeeze(1)
    finally:
        handle.remove()


def welch_t(a, b):
    """The difference of two means over its standard error."""
    n, m = len(a), len(b)
    mean_a, mean_b = sum(a) / n, sum(b) / m
    var_a = sum((v - mean_a) ** 2 for v in a) / (n - 1)
    var_b = sum((v - mean_b) ** 2 for v in b) / (m - 1)
    return abs(mean_a - mean_b) / (var_a / n + var_b / m) ** 0.5


def max_t(values, first, regrouped):
    """Adjusted p-values: how often the largest t of a regrouping reaches that of a quantity."""

    def statistics(groups):
        return [
            welch_t(
                [v for v, g in zip(column, groups, strict=True) if g],
                [v for v, g in zip(column, groups, strict=True) if not g],
            )
            for column in values.T.tolist()
        ]

    observed = statistics(first)
    largest = [max(statistics(groups)) for groups in regrouped]
    return [(1 + sum(top >= one for top in largest)) / (1 + len(largest)) for one in observed]


@torch.no_grad()
def _mean(score, hidden, pooled, shift):
    return float(pooled @ score(hidden, shift))


def bias_path(score, hidden, signed, pooled, steps=400):
    """Per hidden bias: b times the slope of the gap, the output bias moving to keep the mean.

    `score` maps (hidden biases, output shift) to the scores of all rows.
    """
    target = _mean(score, hidden, pooled, torch.zeros(()))
    total = torch.zeros_like(hidden)
    for place, share in zip(*simpson(steps), strict=True):
        scaled = (place * hidden).detach().requires_grad_(True)
        shift = torch.tensor(_solve(lambda c: _mean(score, place * hidden, pooled, c) - target))  # noqa: B023 - called at once
        shift.requires_grad_(True)
        scores = score(scaled, shift)
        gap = torch.autograd.grad(signed @ scores, (scaled, shift), retain_graph=True)
        mean = torch.autograd.grad(pooled @ scores, (scaled, shift))
        total += share * hidden * (gap[0] - gap[1] * mean[0] / mean[1])
    return total.detach().numpy()


def _solve(rising):
    low, high = -50.0, 50.0
    for _ in range(80):
        middle = (low + high) / 2
        if rising(torch.tensor(middle, dtype=torch.float64)) < 0:
            low = middle
        else:
            high = middle
    return middle
