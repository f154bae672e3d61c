"""The encodings of images and series, and pooling over a grid, one number at a time."""

import math


def missing(value):
    return math.isnan(value)


def standard(values):
    """Mean and scale of the values that are there."""
    known = [float(value) for value in values if not missing(float(value))]
    mean = sum(known) / len(known)
    scale = math.sqrt(sum((value - mean) ** 2 for value in known) / len(known))
    return mean, scale or 1.0


def images(train, rows):
    """`train` and `rows`: [row][y][x][channel]; returns [row][channel][y][x]."""
    channels = range(len(train[0][0][0]))
    known = [
        standard([pixel[c] for image in train for line in image for pixel in line])
        for c in channels
    ]
    return [
        [[[(float(pixel[c]) - known[c][0]) / known[c][1] for pixel in line] for line in image]
         for c in channels]
        for image in rows
    ]  # fmt: skip


def series(train, rows):
    """`train` and `rows`: [row][step][channel]; returns [row][channel and gaps][step]."""
    channels = range(len(train[0][0]))
    values = [[step[c] for row in train for step in row] for c in channels]
    known = [standard(column) for column in values]
    gaps = [c for c in channels if any(missing(value) for value in values[c])]
    encoded = []
    for row in rows:
        table = []
        for c in channels:
            mean, scale = known[c]
            table.append([0.0 if missing(s[c]) else (float(s[c]) - mean) / scale for s in row])
        table += [[1.0 if missing(step[c]) else 0.0 for step in row] for c in gaps]
        encoded.append(table)
    return encoded


def halved(plane):
    """The largest of each two by two places; the last ones may be fewer."""
    return [
        [
            max(value for line in plane[y : y + 2] for value in line[x : x + 2])
            for x in range(0, len(plane[0]), 2)
        ]
        for y in range(0, len(plane), 2)
    ]


def grid(plane):
    """Means over at most four by four windows of equal size; the last ones may be smaller."""
    high, wide = (math.ceil(size / 4) for size in (len(plane), len(plane[0])))
    means = []
    for y in range(0, len(plane), high):
        for x in range(0, len(plane[0]), wide):
            window = [value for line in plane[y : y + high] for value in line[x : x + wide]]
            means.append(sum(window) / len(window))
    return means
