"""Shapley values by their definition: every order of the columns, every reference row."""

from __future__ import annotations

from itertools import permutations


def shapley(score, row, references):
    """Mean over references and orders of how much each column moves the score."""
    width = len(row)
    values = [0.0] * width
    count = 0
    for reference in references:
        for order in permutations(range(width)):
            count += 1
            mixed = list(reference)
            before = score(mixed)
            for column in order:
                mixed[column] = row[column]
                after = score(mixed)
                values[column] += after - before
                before = after
    return [value / count for value in values]
