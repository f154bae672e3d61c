"""Cell tables row by row, in dictionaries; bins by comparing with every edge."""

import hashlib
import math


def slow_probability_bins(score):
    """Return (bin of the logit, bin of equal width) of a probability, or (-1, -1)."""
    if not (math.isfinite(score) and 0 <= score <= 1):
        return -1, -1
    if score <= 1e-8:
        logit = -18.5
    elif score >= 1 - 1e-8:
        logit = 18.5
    else:
        logit = math.log(score) - math.log1p(-score)
    return slow_bin(logit, -18, 18, 4096), min(int(score * 5040), 5039)


def slow_bin(value, low, high, bins):
    """Count the inner edges at or below `value`."""
    passed = 0
    for place in range(1, bins):
        if low + (high - low) * place / bins <= value:
            passed += 1
    return passed


def slow_histogram(rows):
    """Sum rows of group, label, score and weight by group, label and bins of the score."""
    entries = {}
    for row in rows:
        score, weight = row["score"], row["weight"]
        bins = slow_probability_bins(score)
        value = score if bins != (-1, -1) else 0.0
        entry = entries.setdefault((row["group"], row["label"], *bins), [0, 0, 0, 0, 0, [], []])
        entry[0] += 1
        entry[1] += weight
        entry[2] += weight**2
        entry[3] += weight * value
        entry[4] += weight * value**2
        entry[5] = min([*([entry[5]] if entry[5] != [] else []), score])
        entry[6] = max([*([entry[6]] if entry[6] != [] else []), score])
    return entries


def slow_errors(rows):
    """Sum errors by group; the second moment of targets is about their group's mean."""
    found = {}
    for group in {row["group"] for row in rows}:
        mine = [row for row in rows if row["group"] == group]
        sums = dict.fromkeys(
            ("n", "over", "under", "w", "w2", "e", "e2", "e4", "size", "w_over", "w_under"), 0.0
        )
        for row in mine:
            error, weight = row["prediction"] - row["target"], row["weight"]
            sums["n"] += 1
            sums["w"] += weight
            sums["w2"] += weight**2
            sums["e"] += weight * error
            sums["e2"] += weight * error**2
            sums["e4"] += weight * error**4
            sums["size"] += weight * abs(error)
            if error > 0:
                sums["over"] += 1
                sums["w_over"] += weight
            if error < 0:
                sums["under"] += 1
                sums["w_under"] += weight
        mean = math.fsum(row["weight"] * row["target"] for row in mine) / sums["w"]
        sums["mean"] = mean
        sums["spread"] = math.fsum(row["weight"] * (row["target"] - mean) ** 2 for row in mine)
        found[group] = sums
    return found


def slow_bucket(text, buckets):
    """Return the first eight hexadecimal digits of the MD5, modulo `buckets`."""
    number = 0
    for digit in hashlib.md5(text.encode()).hexdigest()[:8]:
        number = number * 16 + "0123456789abcdef".index(digit)
    return number % buckets
