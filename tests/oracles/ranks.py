"""AUC and DeLong's variance as printed: every positive against every negative."""

from math import exp, log, sqrt


def slow_auc(positives, negatives):
    """Share of pairs in which the positive scores higher; a tie is half."""
    wins = 0.0
    for one in positives:
        for other in negatives:
            wins += 1.0 if one > other else 0.5 if one == other else 0.0
    return wins / (len(positives) * len(negatives))


def slow_delong(positives, negatives):
    """Value and variance from the placements of each positive and each negative."""
    value = slow_auc(positives, negatives)
    of_positives = [slow_auc([one], negatives) for one in positives]
    of_negatives = [slow_auc(positives, [other]) for other in negatives]
    s10 = sum((v - value) ** 2 for v in of_positives) / (len(positives) - 1)
    s01 = sum((v - value) ** 2 for v in of_negatives) / (len(negatives) - 1)
    return value, s10 / len(positives) + s01 / len(negatives)


def slow_auc_limits(positives, negatives, z):
    value, variance = slow_delong(positives, negatives)
    centre = log(value / (1 - value))
    reach = z * sqrt(variance) / (value * (1 - value))
    return tuple(1 / (1 + exp(-(centre + side * reach))) for side in (-1, 1))
