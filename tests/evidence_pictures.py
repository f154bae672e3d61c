"""Made-up pictures of explanations: images, series and words of each group and of one gap."""

from __future__ import annotations

import math

from audit.explainers.picture_results import ImagePicture, SeriesPicture, TextPicture, WordPart

WORDS = (
    "surgeon", "nurse", "she", "he", "teaches", "</script><img src=x onerror=window.owned=1>",
    "he\u202esrever", "“quotes'\"&amp;", "long" + "g" * 90, "👩🏽‍🔬", "漢字",
    "{{ 7 * 7 }}", "and", "clinic",
)  # fmt: skip


def _sides(source, explained, gap):
    for number, entry in enumerate(explained):
        shared = {"group": entry.group, "rows": entry.rows, "level": "group"}
        yield number, {**shared, "explanation": entry.id, "id": f"{source}-{number}"}
    shared = {"a": gap.a, "b": gap.b, "rows": gap.rows, "level": "gap"}
    yield -1, {**shared, "explanation": gap.id, "id": f"{source}-gap"}


def _map(height, width, number):
    """A blob that raises the score and one that lowers it, elsewhere in each group."""

    def cell(y, x):
        up = math.exp(-((y - 0.3 * height) ** 2 + (x - (0.2 + 0.07 * number) * width) ** 2) / 20)
        down = math.exp(-((y - 0.7 * height) ** 2 + (x - 0.7 * width) ** 2) / 30)
        return round(1000 * (up - 0.6 * down))

    return tuple(tuple(cell(y, x) for x in range(width)) for y in range(height))


def image_pictures(source, explained, gap, size=(48, 48)):
    height, width = size if source != "camera" else (16, 24)
    channels = ("red", "green", "blue") if source != "camera" else ("grey",)

    def pixel(y, x, number):
        inside = math.hypot(y - height / 2, x - width / 2) < height / 3
        tone = 225 - 18 * number - (70 if inside else 0) + round(9 * math.sin(y * x))
        return tuple(max(0, min(255, tone - 22 * c)) for c in range(len(channels)))

    for number, shared in _sides(source, explained, gap):
        image = tuple(
            tuple(pixel(y, x, number) for x in range(width)) for y in range(height)
        ) if number >= 0 else ()  # fmt: skip
        yield ImagePicture(
            input=source, height=height, width=width, block=1, channels=channels, image=image,
            largest=0.0021 + 0.0003 * number, attribution=_map(height, width, number),
            total=0.071 - 0.02 * number, **shared,
        )  # fmt: skip


def series_pictures(source, explained, gap):
    channels = ("range", "</script><b>speed</b>", "an echo " + "o" * 80)
    for number, shared in _sides(source, explained, gap):
        means = tuple(
            tuple(
                None if step == 7 and channel == 1 else 40 * channel + math.sin(step / 5 + number)
                for step in range(32)
            )
            for channel in range(3)
        )
        yield SeriesPicture(
            input=source, channels=channels, steps=63, block=2,
            means=means if number >= 0 else (), missing=(0.0, 0.041, 0.0) if number >= 0 else (),
            largest=0.011 + 0.001 * number, attribution=_map(3, 32, number), total=0.02, **shared,
        )  # fmt: skip


def text_pictures(source, explained, gap):
    for number, shared in _sides(source, explained, gap):
        words = tuple(
            WordPart(
                word=word, rows=400 - 20 * place, share=0.5 / (place + 1),
                share_b=0.4 / (place + 1) if number < 0 else None,
                value=0.02 * (-1) ** place / (place + 1), where_said=0.04 * (-1) ** place,
            )
            for place, word in enumerate(WORDS)
        )  # fmt: skip
        yield TextPicture(
            input=source, largest=0.02, words=words, others=812, others_value=0.0031, total=0.012,
            **shared,
        )  # fmt: skip
