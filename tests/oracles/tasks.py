"""Figures of several classes and of numbers, row by row, in the plainest words."""

from math import sqrt

from oracles.rates import slow_rate


def slow_class_rate(name, labels, predictions, of, weights=None):
    """One class against the rest: the rate, or None where it divides by 0."""
    rows = []
    for i in range(len(labels)):
        row = {"label": int(labels[i] == of), "prediction": int(predictions[i] == of)}
        rows.append({**row, "weight": 1.0 if weights is None else weights[i]})
    numerator, denominator = slow_rate(name, rows)
    return numerator / denominator if denominator else None


def slow_hall(values, t):
    """Hall's limits about a mean at Student's quantile t, each end turned round by bisection."""
    n = len(values)
    mean = sum(values) / n
    spread = sqrt(sum((value - mean) ** 2 for value in values) / n)
    skew = sum(((value - mean) / spread) ** 3 for value in values) / n
    lean = skew / sqrt(n)

    def cubic(x):
        return x + lean * x**2 / 3 + lean**2 * x**3 / 27 + lean / 6

    def turned(wanted):
        low, high = -1e6, 1e6
        for _ in range(200):
            middle = (low + high) / 2
            low, high = (middle, high) if cubic(middle) < wanted else (low, middle)
        return low

    error = spread / sqrt(n - 1)
    return mean - error * (turned(t) - turned(0)), mean - error * (turned(-t) - turned(0))


def slow_paired_mean(name, target, before, after, weights):
    """The figure before and after, and the squared error and size of what rows add to a change."""
    total = sum(weights)
    size = total**2 / sum(weight**2 for weight in weights)

    def number(said, truth):
        error = said - truth
        return {
            "mean_prediction": said,
            "mean_error": error,
            "mean_absolute_error": abs(error),
            "root_mean_squared_error": error**2,
        }[name]

    def value(predictions):
        found = 0.0
        for i in range(len(target)):
            found += weights[i] * number(predictions[i], target[i])
        mean = found / total
        return sqrt(mean) if name.startswith("root") else mean

    first, second = value(before), value(after)
    added = []
    for i in range(len(target)):
        one, two = number(before[i], target[i]), number(after[i], target[i])
        if name.startswith("root"):
            one, two = one / (2 * first), two / (2 * second)
        added.append(two - one)
    mean = sum(weights[i] * added[i] for i in range(len(added))) / total
    spread = sum(weights[i] * (added[i] - mean) ** 2 for i in range(len(added))) / total
    return first, second, spread / (size - 1), size


def slow_stratified_mean(strata):
    """Common difference of (values of a, values of b) over strata, its error and its freedom."""
    whole = sum(len(a) * len(b) / (len(a) + len(b)) for a, b in strata)
    difference = variance = below = 0.0
    for a, b in strata:
        share = len(a) * len(b) / (len(a) + len(b)) / whole
        means = [sum(values) / len(values) for values in (a, b)]
        difference += share * (means[0] - means[1])
        for values, mean in zip((a, b), means, strict=True):
            n = len(values)
            piece = share**2 * sum((v - mean) ** 2 for v in values) / (n - 1) / n
            variance += piece
            below += piece**2 / (n - 1)
    return difference, sqrt(variance), variance**2 / below
