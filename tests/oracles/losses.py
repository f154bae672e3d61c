"""Losses of training, row by row."""

from math import exp, log


def slow_binary(logits, labels, weights):
    """Weighted mean of the cross-entropy of logits."""
    total = 0.0
    for logit, label, weight in zip(logits, labels, weights, strict=True):
        chance = 1 / (1 + exp(-logit))
        total -= weight * (log(chance) if label else log(1 - chance))
    return total / len(labels)


def slow_classes(answers, codes, weights):
    """Weighted mean of the cross-entropy over classes."""
    total = 0.0
    for row, code, weight in zip(answers, codes, weights, strict=True):
        total -= weight * (row[code] - log(sum(exp(value) for value in row)))
    return total / len(codes)


def slow_squares(answers, targets, weights, mean, scale):
    """Weighted mean of the squared errors of answers in standard deviations."""
    total = 0.0
    for answer, target, weight in zip(answers, targets, weights, strict=True):
        total += weight * (answer - (target - mean) / scale) ** 2
    return total / len(targets)


def slow_gap(decided, groups, categories, minimum, weights):
    """The highest less the lowest weighted mean of groups of `minimum` rows or more."""
    means = []
    for category in categories:
        own = [place for place, group in enumerate(groups) if group == category]
        if len(own) >= minimum:
            size = sum(weights[place] for place in own)
            means.append(sum(weights[place] * decided[place] for place in own) / size)
    return max(means) - min(means) if len(means) > 1 else None
