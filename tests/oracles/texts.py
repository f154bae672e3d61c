"""Texts and padding, one character and one place at a time in plain Python."""

import math
import unicodedata

APOSTROPHES = "'\u2019"


def words(text):
    """Scan a text from left to right: runs of letters and marks, and everything else alone."""
    text = "".join("\ufffd" if "\ud800" <= char <= "\udfff" else char for char in text)
    text = unicodedata.normalize("NFC", text.lower())
    found, place = [], 0
    while place < len(text):
        if text[place].isspace():
            place += 1
            continue
        end = word_end(text, place) if letter(text[place]) else place + 1
        found.append(text[place:end].replace("\u2019", "'"))
        place = end
    return found


def letter(char):
    return char.isalnum() or char == "_"


def word_end(text, place):
    while place < len(text):
        char = text[place]
        follows = place + 1 < len(text) and letter(text[place + 1])
        inside = letter(char) or unicodedata.category(char).startswith("M")
        if not inside and not (char in APOSTROPHES and follows):
            break
        place += 1
    return place


def vocabulary(texts, most):
    """Words by falling count, equal ones in the order of their letters."""
    counts = {}
    for text in texts:
        for word in words(text):
            counts[word] = counts.get(word, 0) + 1
    return ["[pad]", "[unk]", *sorted(sorted(counts), key=lambda word: -counts[word])[:most]]


def numbered(text, known, length):
    found = [known.index(word) if word in known[2:] else 1 for word in words(text)][:length]
    return found + [0] * (length - len(found))


def masked_mean(row, there):
    """The mean over marked places of a row of vectors."""
    kept = [vector for vector, mark in zip(row, there, strict=True) if mark]
    return [sum(vector[k] for vector in kept) / len(kept) for k in range(len(row[0]))]


def positions(length, width):
    table = []
    for place in range(length):
        row = []
        for k in range(width):
            angle = place / 10000 ** ((k - k % 2) / width)
            row.append(math.sin(angle) if k % 2 == 0 else math.cos(angle))
        table.append(row)
    return table


def attended(queries, keys, values, there):
    """One head: each place takes a mean of the values of marked places, by softmax of products."""
    found = []
    for query in queries:
        scores = [
            math.exp(sum(q * k for q, k in zip(query, key, strict=True)) / math.sqrt(len(query)))
            if mark
            else 0.0
            for key, mark in zip(keys, there, strict=True)
        ]
        shares = [score / sum(scores) for score in scores]
        found.append([
            sum(share * value[k] for share, value in zip(shares, values, strict=True))
            for k in range(len(values[0]))
        ])  # fmt: skip
    return found


def largest_windows(row, weight, bias, there):
    """The largest answer of each filter over windows that begin at a marked place.

    `weight` is (filters, numbers of a word, words of a window); beyond the end there is nothing.
    """
    found = []
    for filter_, shift in zip(weight, bias, strict=True):
        best = -math.inf
        for start, mark in enumerate(there):
            total = shift
            for number, over_window in enumerate(filter_):
                for step, factor in enumerate(over_window):
                    if start + step < len(row):
                        total += factor * row[start + step][number]
            if mark:
                best = max(best, total)
        found.append(best)
    return found
