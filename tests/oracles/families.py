"""The metric families beyond rates, row by row, in the plainest words."""

from math import log2, sqrt


def slow_four(labels, predictions, weights):
    four = {(0, 0): 0.0, (0, 1): 0.0, (1, 0): 0.0, (1, 1): 0.0}
    for label, prediction, weight in zip(labels, predictions, weights, strict=True):
        four[int(label), int(prediction)] += weight
    return four[0, 0], four[0, 1], four[1, 0], four[1, 1]


def slow_count_metric(name, labels, predictions, weights):  # noqa: C901, PLR0911 - one branch a metric
    """Return the metric, or None where it divides by 0."""
    tn, fp, fn, tp = slow_four(labels, predictions, weights)
    try:
        if name == "balanced_accuracy":
            return (tp / (tp + fn) + tn / (tn + fp)) / 2
        if name == "f1":
            return 2 / ((tp + fp) / tp + (tp + fn) / tp) if tp else 0 / (fp + fn)
        if name == "jaccard":
            return tp / (tp + fp + fn)
        if name == "matthews_corrcoef":
            return (tp * tn - fp * fn) / sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn))
        if name == "cohen_kappa":
            n = tn + fp + fn + tp
            chance = ((tp + fp) * (tp + fn) + (tn + fn) * (tn + fp)) / n / n
            return ((tp + tn) / n - chance) / (1 - chance)
        if name == "informedness":
            return tp / (tp + fn) - fp / (tn + fp)
        if name == "markedness":
            return tp / (tp + fp) - fn / (tn + fn)
        if name == "average_odds":
            return (tp / (tp + fn) + fp / (tn + fp)) / 2
        if name == "treatment_equality":
            return fn / fp
    except ZeroDivisionError:
        return None
    raise AssertionError(name)


def slow_error_metric(name, targets, predictions, weights):
    """Return the metric, or None where it divides by 0."""
    total = sum(weights)
    if total == 0:
        return None
    rows = list(zip(targets, predictions, weights, strict=True))
    centre = sum(weight * target for target, _, weight in rows) / total
    spread = sum(weight * (target - centre) ** 2 for target, _, weight in rows) / total
    if name == "r2":
        if len(set(targets)) == 1:
            return None
        error = sum(weight * (said - target) ** 2 for target, said, weight in rows) / total
        return 1 - error / spread
    of = {
        "mean_error": lambda target, said: said - target,
        "mean_absolute_error": lambda target, said: abs(said - target),
        "mean_squared_error": lambda target, said: (said - target) ** 2,
        "root_mean_squared_error": lambda target, said: (said - target) ** 2,
        "over_prediction_rate": lambda target, said: 1.0 if said > target else 0.0,
        "under_prediction_rate": lambda target, said: 1.0 if said < target else 0.0,
        "mean_over_prediction": lambda target, said: max(said - target, 0.0),
        "mean_under_prediction": lambda target, said: max(target - said, 0.0),
        "mean_target": lambda target, said: target,
        "mean_prediction": lambda target, said: said,
    }[name]
    mean = sum(weight * of(target, said) for target, said, weight in rows) / total
    return sqrt(mean) if name == "root_mean_squared_error" else mean


def slow_consistency(features, predictions, neighbours, itself):
    """1 - |prediction - mean prediction of the nearest rows|, for each row."""
    found = []
    for i, one in enumerate(features):
        distances = []
        for j, other in enumerate(features):
            if j != i or itself:
                apart = sqrt(sum((a - b) ** 2 for a, b in zip(one, other, strict=True)))
                distances.append((apart, j))
        nearest = sorted(distances)[:neighbours]
        mean = sum(predictions[j] for _, j in nearest) / neighbours
        found.append(1 - abs(predictions[i] - mean))
    return found


def slow_places(scores):
    """For each row, the ranks from 1 that it may have: those of its tied block."""
    places = []
    for mine in scores:
        above = sum(1 for other in scores if other > mine)
        equal = sum(1 for other in scores if other == mine)
        places.append(range(above + 1, above + equal + 1))
    return places


def slow_exposure(scores):
    return [sum(1 / log2(1 + rank) for rank in ranks) / len(ranks) for ranks in slow_places(scores)]


def slow_in_top(scores, k):
    return [sum(1 for rank in ranks if rank <= k) / len(ranks) for ranks in slow_places(scores)]


def slow_distance_correlation(x, y):
    """Doubly centred distances, as Székely, Rizzo and Bakirov define it."""
    n = len(x)

    def centred(values):
        far = [[abs(one - other) for other in values] for one in values]
        row = [sum(line) / n for line in far]
        whole = sum(row) / n
        return [[far[i][j] - row[i] - row[j] + whole for j in range(n)] for i in range(n)]

    a, b = centred(x), centred(y)

    def product(one, other):
        return sum(one[i][j] * other[i][j] for i in range(n) for j in range(n)) / n**2

    scale = sqrt(product(a, a) * product(b, b))
    return sqrt(max(product(a, b), 0) / scale) if scale > 0 else None


def slow_mantel_haenszel(strata):
    """Common difference and ratio of strata given as (x1, n1, x2, n2)."""
    first = second = weight = 0.0
    for x1, n1, x2, n2 in strata:
        n = n1 + n2
        first += x1 * n2 / n
        second += x2 * n1 / n
        weight += n1 * n2 / n
    return (first - second) / weight, first / second if second else None


def slow_conditional_disparity(rows, group):
    """Mean over strata of the group's share of the rejected less its share of the selected.

    `rows` are (group, stratum, prediction).
    """
    total = summed = 0.0
    for stratum in sorted({row[1] for row in rows}):
        mine = [row for row in rows if row[1] == stratum]
        rejected = [row for row in mine if row[2] == 0]
        selected = [row for row in mine if row[2] == 1]
        if rejected and selected:
            share = sum(row[0] == group for row in rejected) / len(rejected)
            share -= sum(row[0] == group for row in selected) / len(selected)
            total += len(mine)
            summed += len(mine) * share
    return summed / total if total else None
