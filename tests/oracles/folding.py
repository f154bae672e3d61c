"""Folding of attributions with one loop for each dimension, and block means of pictures."""


def patches_of(values):
    """`values` has shape (channels, height, width); sums by (patch row, patch column)."""
    channels, height, width = values.shape
    down, across = min(8, height), min(8, width)
    sums = {(i, j): 0.0 for i in range(down) for j in range(across)}
    for c in range(channels):
        for y in range(height):
            for x in range(width):
                i = max(k for k in range(down) if k * height // down <= y)
                j = max(k for k in range(across) if k * width // across <= x)
                sums[i, j] += float(values[c, y, x])
    return sums


def channels_of(values, names):
    """`values` has shape (channels and gaps, steps); sums by channel."""
    sums = {}
    for name, row in zip(names, values, strict=True):
        owner = name
        if name.endswith(" missing") and name[: -len(" missing")] in names:
            owner = name[: -len(" missing")]
        for value in row:
            sums[owner] = sums.get(owner, 0.0) + float(value)
    return sums


def words_of(numbers, values, vocabulary, padding=0):
    """`numbers` and `values` have shape (length,); sums by word, padding left out."""
    sums = {}
    for number, value in zip(numbers, values, strict=True):
        if number != padding:
            word = vocabulary[number]
            sums[word] = sums.get(word, 0.0) + float(value)
    return sums


def cells_of(values, block, mean):
    """`values` has shape (height, width); sums, or means, of blocks."""
    height, width = len(values), len(values[0])
    rows = []
    for top in range(0, height, block):
        row = []
        for left in range(0, width, block):
            found = [
                float(values[y][x])
                for y in range(top, min(top + block, height))
                for x in range(left, min(left + block, width))
            ]
            row.append(sum(found) / len(found) if mean else sum(found))
        rows.append(row)
    return rows
