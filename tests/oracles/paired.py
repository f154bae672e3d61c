"""Paired changes, flips and the fairness penalty, row by row."""

from math import sqrt

from oracles.intervals import slow_mover_difference, slow_tango


def slow_flips(before, after, members):
    """Count rows of a group that gain and that lose a positive outcome."""
    gained = lost = 0
    for i in members:
        if before[i] == 0 and after[i] == 1:
            gained += 1
        if before[i] == 1 and after[i] == 0:
            lost += 1
    return gained, lost


def slow_outcomes(metric, label, decision, members):
    """The 0s and 1s whose share is the rate, for the rows it is over."""
    outcomes = {}
    for i in members:
        if metric == "accuracy":
            outcomes[i] = int(decision[i] == label[i])
        elif metric == "selection_rate" or (metric, label[i]) in (
            ("true_positive_rate", 1),
            ("false_positive_rate", 0),
        ):
            outcomes[i] = int(decision[i])
    return outcomes


def slow_change(metric, label, before, after, *, members, z, weights=None):
    """Rate before, after, and Tango's limits of the change; weights enter by Kish's size."""
    first = slow_outcomes(metric, label, before, members)
    second = slow_outcomes(metric, label, after, members)
    total = squares = up = down = rate_before = rate_after = 0.0
    for i in first:
        weight = 1.0 if weights is None else weights[i]
        total += weight
        squares += weight**2
        rate_before += weight * first[i]
        rate_after += weight * second[i]
        up += weight * (first[i] < second[i])
        down += weight * (first[i] > second[i])
    scale = total / squares
    limits = slow_tango(up * scale, down * scale, total * scale, z)
    return rate_before / total, rate_after / total, limits


def slow_gap_change(metric, label, before, after, *, a, b, z):
    """Change of the gap between two groups, and its limits."""
    a0, a1, a_limits = slow_change(metric, label, before, after, members=a, z=z)
    b0, b1, b_limits = slow_change(metric, label, before, after, members=b, z=z)
    return (a1 - b1) - (a0 - b0), slow_mover_difference(a1 - a0, a_limits, b1 - b0, b_limits)


def slow_penalty(scores, groups, counted, weights):
    """Squared distances of each group's mean score from the mean of all, over counted rows."""
    pooled_sum = pooled_size = 0.0
    sums, sizes = {}, {}
    for score, group, in_it, weight in zip(scores, groups, counted, weights, strict=True):
        if in_it:
            sums[group] = sums.get(group, 0.0) + weight * score
            sizes[group] = sizes.get(group, 0.0) + weight
            pooled_sum += weight * score
            pooled_size += weight
    pooled = pooled_sum / pooled_size
    return sum((sums[group] / sizes[group] - pooled) ** 2 for group in sums)


def slow_unpaired(v1, limits1, v2, limits2):
    """v2 less v1 of two independent estimates."""
    (l1, u1), (l2, u2) = limits1, limits2
    change = v2 - v1
    return (
        change - sqrt((v2 - l2) ** 2 + (u1 - v1) ** 2),
        change + sqrt((u2 - v2) ** 2 + (v1 - l1) ** 2),
    )
