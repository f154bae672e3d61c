"""Every rate, row by row, in the plainest words."""


def slow_rate(name, rows):  # noqa: C901 - one branch a rate, to be checked by eye
    """Return (numerator, denominator) as sums of weights over rows."""
    numerator = denominator = 0.0
    for row in rows:
        label, prediction, weight = row["label"], row["prediction"], row["weight"]
        if name == "selection_rate":
            counted, hit = True, prediction == 1
        elif name == "true_positive_rate":
            counted, hit = label == 1, prediction == 1
        elif name == "false_positive_rate":
            counted, hit = label == 0, prediction == 1
        elif name == "true_negative_rate":
            counted, hit = label == 0, prediction == 0
        elif name == "false_negative_rate":
            counted, hit = label == 1, prediction == 0
        elif name == "precision":
            counted, hit = prediction == 1, label == 1
        elif name == "negative_predictive_value":
            counted, hit = prediction == 0, label == 0
        elif name == "false_discovery_rate":
            counted, hit = prediction == 1, label == 0
        elif name == "false_omission_rate":
            counted, hit = prediction == 0, label == 1
        elif name == "accuracy":
            counted, hit = True, label == prediction
        elif name == "base_rate":
            counted, hit = True, label == 1
        else:
            raise AssertionError(name)
        if counted:
            denominator += weight
            if hit:
                numerator += weight
    return numerator, denominator


def slow_effective_size(weights):
    total = squares = 0.0
    for weight in weights:
        total += weight
        squares += weight * weight
    return total * total / squares


def slow_cells(rows, attributes):
    """Count rows by group, label and prediction in a dictionary."""
    cells = {}
    for row in rows:
        key = (*(row[name] for name in attributes), row["label"], row["prediction"])
        count, weight, square = cells.get(key, (0, 0.0, 0.0))
        cells[key] = (count + 1, weight + row["weight"], square + row["weight"] ** 2)
    return cells
