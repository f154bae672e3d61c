"""The tabular encoding, row by row and column by column in plain Python."""

import math


def missing(value):
    return value is None or (isinstance(value, float) and math.isnan(value))


def text(value):
    if isinstance(value, float) and value == int(value):
        return str(int(value))
    return str(value)


def number_column(train, values):
    known = [value for value in train if not missing(value)]
    mean = sum(known) / len(known)
    scale = math.sqrt(sum((value - mean) ** 2 for value in known) / len(known))
    indicator = len(known) < len(train)
    encoded = []
    for value in values:
        row = [0.0 if missing(value) else (value - mean) / (scale or 1.0)]
        if indicator:
            row.append(1.0 if missing(value) else 0.0)
        encoded.append(row)
    return encoded


def category_column(train, values):
    names = sorted({text(value) for value in train if not missing(value)})
    with_missing = any(missing(value) for value in train)
    encoded = []
    for value in values:
        row = [1.0 if not missing(value) and text(value) == name else 0.0 for name in names]
        if with_missing:
            row.append(1.0 if missing(value) else 0.0)
        encoded.append(row)
    return encoded


def encode(train, rows, kinds):
    """`train` and `rows` map column to list of values, `kinds` column to number or category."""
    count = len(next(iter(rows.values())))
    table = [[] for _ in range(count)]
    for name, kind in kinds.items():
        columns = number_column if kind == "number" else category_column
        for row, part in zip(table, columns(train[name], rows[name]), strict=True):
            row.extend(part)
    return table
