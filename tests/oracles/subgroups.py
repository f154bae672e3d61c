"""Every conjunction of categories, by nested loops over columns, categories and rows."""

from itertools import combinations, product
from math import comb, log

UNKNOWN = "unknown"


def slow_subgroups(rows, sensitive, features=(), *, depth, minimum_group, same_features=False):
    """Tell every conjunction that occurs: rows, and the rate's counts of it and of its rest.

    `rows` are dictionaries of column to category, with "outcome" (0 outside the denominator, 1 in
    it, 2 in the numerator) and "weight". Returns (candidates, too_small): a dictionary of
    frozenset of (column, category) to (n, positive, total, rest positive, rest total), and how many
    occur in fewer than `minimum_group` rows.
    """
    found, too_small = {}, 0
    for size in range(1, depth + 1):
        for columns in combinations([*sensitive, *features], size):
            if not set(columns) & set(sensitive):
                continue
            choices = [sorted({row[name] for row in rows} - {UNKNOWN}) for name in columns]
            for chosen in product(*choices):
                group = dict(zip(columns, chosen, strict=True))
                members = [row for row in rows if is_member(row, group)]
                if not members:
                    continue
                if len(members) < minimum_group:
                    too_small += 1
                    continue
                fixed = [name for name in columns if name in features and same_features]
                rest = [row for row in rows if is_rest(row, group, fixed)]
                found[frozenset(group.items())] = (len(members), *rate(members), *rate(rest))
    return found, too_small


def is_member(row, group):
    return all(row[name] == category for name, category in group.items())


def is_rest(row, group, fixed):
    """Not a member whatever the unknown categories are, and alike in the fixed columns."""
    for name in fixed:
        if row[name] != group[name]:
            return False
    for name, category in group.items():
        if name not in fixed and row[name] not in (category, UNKNOWN):
            return True
    return False


def rate(rows):
    positive = total = 0.0
    for row in rows:
        if row["outcome"] >= 1:
            total += row["weight"]
        if row["outcome"] == 2:
            positive += row["weight"]
    return positive, total


def slow_likelihood(p1, p2, table):
    x1, n1, x2, n2 = table
    total = 0.0
    for p, x, n in ((p1, x1, n1), (p2, x2, n2)):
        if x:
            total += x * log(p)
        if n - x:
            total += (n - x) * log(1 - p)
    return total


def slow_score(x1, n1, x2, n2):
    both = (x1 + x2) / (n1 + n2)
    table = (x1, n1, x2, n2)
    apart = slow_likelihood(x1 / n1, x2 / n2, table)
    return max(0.0, 2 * (apart - slow_likelihood(both, both, table))) ** 0.5


def slow_profile(table, z, steps=400):
    """Lowest and highest difference over a grid of both rates that are likely enough."""
    x1, n1, x2, n2 = table
    best = slow_likelihood(x1 / n1, x2 / n2, table)
    inside = []
    for i in range(1, steps):
        for j in range(1, steps):
            p1, p2 = i / steps, j / steps
            if 2 * (best - slow_likelihood(p1, p2, table)) <= z * z:
                inside.append(p1 - p2)
    return min(inside), max(inside)


def slow_fisher(x1, n1, x2, n2):
    """Add up the chances of all tables with these margins that are no likelier than this one."""
    positive = x1 + x2
    chances = {
        k: comb(n1, k) * comb(n2, positive - k)
        for k in range(max(0, positive - n2), min(n1, positive) + 1)
    }
    unlikely = sum(chance for chance in chances.values() if chance <= chances[x1])
    return unlikely / comb(n1 + n2, positive)


def slow_clustered_size(persons):
    """`persons` are lists of outcomes, 0 or 1; size at which independent rows vary as much."""
    rows = sum(len(person) for person in persons)
    p = sum(sum(person) for person in persons) / rows
    spread = 0.0
    for person in persons:
        spread += (sum(person) - p * len(person)) ** 2
    variance = spread / rows**2 * len(persons) / (len(persons) - 1)
    dependent = rows**2 / sum(len(person) ** 2 for person in persons)
    if p in (0, 1) or variance == 0:
        return dependent
    return min(max(p * (1 - p) / variance, dependent), rows)


def slow_coverage(rows, attributes):
    """Count rows of every group in a dictionary of tuples of categories."""
    found = {}
    for row in rows:
        key = tuple(row[name] for name in attributes)
        found[key] = found.get(key, 0) + 1
    return found
