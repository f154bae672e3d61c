"""The inputs of a network in audit.yaml: tables, images, text and series, by name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from audit.config.section import Section

Kind = Literal["table", "image", "text", "series"]
Name = Annotated[str, Field(min_length=1)]
Side = Annotated[int, Field(ge=1, le=65536)]
NEEDS_ARRAYS: tuple[Kind, ...] = ("image", "series")
GOES_WITH: dict[str, tuple[Kind, ...]] = {
    "column": ("image", "series", "text"),
    "folder": NEEDS_ARRAYS,
    "array": NEEDS_ARRAYS,
    "sheet": ("image",),
    "key": NEEDS_ARRAYS,
    "size": ("image",),
    "mode": ("image",),
    "channels": ("series",),
    "steps": ("series",),
    "tokenizer": ("text",),
    "length": ("text",),
    "vocabulary": ("text",),
}


class Input(Section):
    """One named input of the network."""

    kind: Kind
    """table (the feature columns), image, text, or series (channels over time)."""
    column: str | None = None
    """Text: the column that holds it. Image and series: the column of file names in folder, or of
    positions in array or sheet, counted from 0; without it row i of the table is entry i."""
    folder: Path | None = None
    """Folder of the files that column names, relative to this file or to AUDIT_DATA."""
    array: Path | None = None
    """A .npy or .npz file that holds every row: images (n, height, width[, 3]) or series
    (n, steps, channels)."""
    sheet: Path | None = None
    """Images: one large picture of equal tiles, line by line; size says theirs, and column their
    positions."""
    key: str | None = None
    """Name of the array in an .npz file that holds several."""
    size: tuple[Side, Side] | None = None
    """Height and width of images in pixels, by default those of the first one; an image of another
    size is refused."""
    mode: Literal["grey", "rgb"] | None = None
    """Colours of images; by default those of the first one."""
    channels: Annotated[tuple[Name, ...], Field(min_length=1)] | None = None
    """Names of the channels of a series, in order; of .csv files, the columns to take."""
    steps: Annotated[int, Field(ge=1)] | None = None
    """Steps of a series; one of another length is refused."""
    tokenizer: str = "words"
    """How text is cut: words, or a folder with the tokenizer.json of a Hugging Face model."""
    length: Annotated[int, Field(ge=1, le=4096)] = 64
    """Most tokens of a text; later ones are cut off, and counted in the report."""
    vocabulary: Annotated[int, Field(ge=1, le=1_000_000)] = 10_000
    """Most words that the tokenizer learns from training rows, the most frequent first."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        for key, kinds in GOES_WITH.items():
            stated = getattr(self, key) != type(self).model_fields[key].default
            if stated and self.kind not in kinds:
                raise ValueError(f"{key} goes with kind {' and '.join(kinds)}, not {self.kind}")
        if self.kind == "text" and self.column is None:
            raise ValueError("expected column: the column that holds the text")
        if self.kind in NEEDS_ARRAYS:
            self._require_one_source()
        if self.channels is not None and len(set(self.channels)) < len(self.channels):
            raise ValueError(f"expected each channel once, came {list(self.channels)}")
        return self

    def _require_one_source(self) -> None:
        if sum(path is not None for path in (self.folder, self.array, self.sheet)) != 1:
            more = ", array and sheet" if self.kind == "image" else " and array"
            raise ValueError(f"expected exactly one of folder{more}")
        if self.folder is not None and self.column is None:
            raise ValueError("expected column: the column of file names in folder")
        if self.sheet is not None and self.size is None:
            raise ValueError("expected size: the height and width of the tiles of the sheet")
        if self.key is not None and self.array is None:
            raise ValueError("key goes with array")


def columns_read(inputs: Mapping[str, Input]) -> dict[str, str]:
    """Return the columns of the index table that inputs read, and the input that does."""
    return {item.column: name for name, item in inputs.items() if item.column is not None}
