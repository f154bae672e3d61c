"""Learning the encoders of images, texts and series from training rows, a few at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audit.config import Input
from audit.data.dataset import InputSource, Rows
from audit.data.inputs.batches import ImageBatch, SeriesBatch, TextBatch
from audit.data.table import find_folder
from audit.errors import DataError
from audit.models.image_encoder import CHANNELS, ImageEncoder, require_finite
from audit.models.moments import Moments
from audit.models.named_input import Batch, given
from audit.models.piece_tokenizer import read_tokenizer
from audit.models.series_encoder import SeriesEncoder, require_no_infinity, require_shape
from audit.models.text_encoder import TextEncoder
from audit.models.word_tokenizer import LONGEST, SPECIAL, WordTokenizer, words

NUMBERS = 1 << 20
TEXTS = 1024


def fit_images(name: str, source: InputSource, rows: Rows) -> ImageEncoder:
    """Learn the mean and scale of each channel over all pixels of the training rows.

    Raises
    ------
    DataError
        If images differ in size, mode or kind of numbers, or a pixel is not finite.
    """
    first = given({name: source.take(rows[:1])}, name, ImageBatch)
    _, height, width, channels = first.pixels.shape
    if channels not in CHANNELS or first.pixels.dtype.name not in {"uint8", "float32"}:
        raise DataError(
            f"input {name!r}: expected images of 1 or 3 channels of uint8 or float32 numbers, came "
            f"{channels} of {first.pixels.dtype}"
        )
    moments = Moments.none(channels)
    for batch in _batches(name, source, rows, ImageBatch, _chunk(first.pixels)):
        _require_alike(name, batch, first)
        require_finite(name, batch)
        moments = moments.with_values(batch.pixels)
    return ImageEncoder(
        name=name,
        channels=CHANNELS[channels],
        height=height,
        width=width,
        mean=tuple(moments.mean.tolist()),
        scale=tuple(moments.scale.tolist()),
        pixels="uint8" if first.pixels.dtype == np.uint8 else "float32",
    )


def _require_alike(name: str, batch: ImageBatch, first: ImageBatch) -> None:
    expected, came = first.pixels[0], batch.pixels[0]
    if (came.shape, came.dtype) != (expected.shape, expected.dtype):
        raise DataError(
            f"input {name!r}, row {int(batch.rows[0]) + 1}: expected images of shape "
            f"{expected.shape} ({expected.dtype}) as in the first row, came {came.shape} "
            f"({came.dtype})",
            "bring all images to one size and mode",
        )


def fit_series(name: str, source: InputSource, rows: Rows) -> SeriesEncoder:
    """Learn the mean and scale of each channel, and which channels have gaps.

    Raises
    ------
    DataError
        If series differ in channels or length, a value is infinite, or a channel has no value.
    """
    first = given({name: source.take(rows[:1])}, name, SeriesBatch)
    _, steps, channels = first.values.shape
    moments, values = Moments.none(channels), 0
    for batch in _batches(name, source, rows, SeriesBatch, _chunk(first.values)):
        require_shape(name, batch, first.channels, steps)
        require_no_infinity(name, batch)
        moments, values = moments.with_values(batch.values), values + len(batch) * steps
    for channel, count in zip(first.channels, moments.count, strict=True):
        if not count:
            raise DataError(
                f"input {name!r}: channel {channel!r} has no value in any training row",
                f"leave it out of data.inputs.{name}.channels",
            )
    return SeriesEncoder(
        name=name,
        channels=first.channels,
        steps=steps,
        mean=tuple(moments.mean.tolist()),
        scale=tuple(moments.scale.tolist()),
        gaps=tuple((moments.count < values).tolist()),
    )


def fit_text(
    name: str, source: InputSource, rows: Rows, settings: Input, base: Path
) -> TextEncoder:
    """Learn the vocabulary, or read the tokenizer that the settings name.

    Words come by falling frequency, then in the order of their letters; of more than 100 letters
    they are not learnt.

    Raises
    ------
    DataError
        If the training rows hold no word, or the folder of the tokenizer is not there.
    ModelError
        If the tokenizer cannot be read.
    """
    if settings.tokenizer != "words":
        folder = find_folder(Path(settings.tokenizer), base)
        pieces = read_tokenizer(folder, settings.tokenizer)
        return TextEncoder(name=name, tokenizer=pieces, length=settings.length)
    counts: Counter[str] = Counter()
    for batch in _batches(name, source, rows, TextBatch, TEXTS):
        for text in batch.texts:
            counts.update(word for word in words(text) if len(word) <= LONGEST)
    if not counts:
        raise DataError(f"input {name!r}: expected words in the training rows, came none")
    ranked = sorted(counts, key=lambda word: (-counts[word], word))
    own = WordTokenizer(vocabulary=(*SPECIAL, *ranked[: settings.vocabulary]))
    return TextEncoder(name=name, tokenizer=own, length=settings.length)


def _batches(
    name: str, source: InputSource, rows: Rows, kind: type[Batch], size: int
) -> Iterator[Batch]:
    for start in range(0, len(rows), size):
        yield given({name: source.take(rows[start : start + size])}, name, kind)


def _chunk(values: NDArray[Any]) -> int:
    """Return how many rows hold about a million numbers."""
    return max(1, NUMBERS // max(1, int(np.prod(values.shape[1:]))))
