"""Pictures of explanations: what a group's images, series and texts are like, and what counts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audit.canonical import stable_id
from audit.data.dataset import Rows
from audit.data.inputs.batches import ImageBatch
from audit.explainers.draws import Draw
from audit.explainers.entrance import Entrance
from audit.explainers.folding import by_tensor
from audit.explainers.picture_results import (
    THOUSANDTHS,
    Cells,
    Image,
    ImagePicture,
    PictureRecord,
    SeriesPicture,
)
from audit.explainers.picture_sums import (
    Sums,
    image_grid,
    measurements_of,
    pixels_of,
    series_grid,
)
from audit.explainers.plan import Plan
from audit.explainers.regions import fold_channels
from audit.explainers.results import Explanation
from audit.metrics.results import Group
from audit.models.model import Encoded, Layout, Tensors

DIGITS = 4
WHITE = 255
GREY, COLOURS = ("grey",), ("red", "green", "blue")
Floats = NDArray[np.float64]
Key = tuple[tuple[str, str], ...]


def key(group: Group) -> Key:
    """Return a group as something that can be looked up."""
    return tuple(sorted(group.items()))


def drawn_groups(plan: Plan) -> dict[Key, Draw]:
    """Return the groups that are large enough to be shown, each once."""
    pairs = [drawn for pair in plan.pairs if not plan.too_small(*pair) for drawn in pair]
    singles = [drawn for drawn in plan.singles if not plan.too_small(drawn)]
    return {key(drawn.group): drawn for drawn in (*singles, *pairs)}


@dataclass(kw_only=True)
class Album:
    """Takes attributions batch by batch and keeps sums for each group; see `Viewer`."""

    entrance: Entrance
    plan: Plan
    sums: dict[str, Sums] = field(default_factory=dict)
    channels: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.groups = drawn_groups(self.plan)
        self.places = {group: place for place, group in enumerate(self.groups)}

    def add(self, rows: Rows, inputs: dict[str, Any], encoded: Encoded, values: Tensors) -> None:
        """Take the attributions of a batch."""
        shown = {n: layout for n, layout in encoded.layouts.items() if layout.kind != "words"}
        if not shown or not self.groups:
            return
        share = self._share(rows)
        tables = by_tensor(self.entrance, {n: v for n, v in values.items() if n in shown})
        for name, layout in shown.items():
            batch = inputs.get(layout.source)
            add = self._add_image if layout.kind == "image" else self._add_series
            add(name, layout, share, tables[name], batch)

    def _share(self, rows: Rows) -> Floats:
        weights = self.plan.weights
        return np.stack(
            [
                np.where(np.isin(rows, drawn.rows), weights[rows], 0.0) / weights[drawn.rows].sum()
                for drawn in self.groups.values()
            ]
        )

    def _add_image(
        self, name: str, layout: Layout, share: Floats, table: Floats, batch: object
    ) -> None:
        height, width = table.shape[2:]
        pixels = pixels_of(batch, height, width)
        channels = GREY if pixels is not None and pixels.shape[1] == 1 else COLOURS
        if name not in self.sums:
            grid = image_grid(height, width, len(channels), len(self.groups))
            self.sums[name] = Sums(grid, len(self.groups))
            self.channels[name] = channels if pixels is not None else layout.names
        self.sums[name].add(share, table.sum(axis=1), pixels)
        if isinstance(batch, ImageBatch) and batch.pixels.dtype == np.uint8:
            self.sums[name].high = float(WHITE)

    def _add_series(
        self, name: str, layout: Layout, share: Floats, table: Floats, batch: object
    ) -> None:
        channels, folded = fold_channels(table, layout)
        if name not in self.sums:
            grid = series_grid(len(channels), table.shape[2], len(self.groups))
            self.sums[name] = Sums(grid, len(self.groups))
            self.channels[name] = channels
        self.sums[name].add(share, folded, measurements_of(batch, channels, table.shape[2]))

    def pictures(self, explanations: Sequence[Explanation]) -> Iterator[PictureRecord]:
        """Yield the pictures of each group and gap that has values."""
        for explanation in explanations:
            sides = sides_of(explanation)
            if not sides or any(side not in self.places for side in sides):
                continue
            for name, sums in self.sums.items():
                maps = [sums.attribution[self.places[side]] for side in sides]
                attribution = maps[0] - maps[1] if len(maps) > 1 else maps[0]
                group = self.places[sides[0]] if len(sides) == 1 else None
                yield self._picture(name, sums, explanation, attribution, group)

    def _picture(
        self,
        name: str,
        sums: Sums,
        explanation: Explanation,
        attribution: Floats,
        group: int | None,
    ) -> PictureRecord:
        layout = self.entrance.layouts[name]
        largest = float(np.abs(attribution).max())
        shared = shared_fields(explanation, name, layout.source) | {
            "block": sums.grid.block,
            "channels": self.channels[name],
            "largest": rounded(largest),
            "attribution": _thousandths(attribution, largest),
            "total": rounded(float(attribution.sum())),
        }
        mean = None if group is None else sums.mean(group)
        if layout.kind == "series":
            steps = sums.grid.width
            if mean is None or group is None:
                return SeriesPicture(**shared, steps=steps)
            missing = tuple(rounded(float(value)) for value in sums.missing(group))
            return SeriesPicture(**shared, steps=steps, means=_means(mean), missing=missing)
        low, high = _ends(sums)
        shared |= {"height": sums.grid.height, "width": sums.grid.width, "low": low, "high": high}
        return ImagePicture(**shared, image=() if mean is None else _image(mean, low, high))


def sides_of(explanation: Explanation) -> tuple[Key, ...]:
    """Return the group that an explanation is about, or both of a gap; nothing if it has none."""
    if not explanation.values or explanation.level == "global":
        return ()
    if explanation.level == "group":
        return (key(explanation.group),)
    return key(explanation.a), key(explanation.b)


def shared_fields(explanation: Explanation, tensor: str, source: str) -> dict[str, Any]:
    """Return what every picture of an explanation says."""
    return {
        "id": stable_id("picture", explanation=explanation.id, tensor=tensor),
        "explanation": explanation.id,
        "input": source,
        "level": explanation.level,
        "group": explanation.group,
        "a": explanation.a,
        "b": explanation.b,
        "rows": explanation.rows,
    }


def rounded(value: float) -> float:
    """Return a number to four significant digits."""
    return float(f"{value:.{DIGITS}g}") + 0.0


def _thousandths(values: Floats, largest: float) -> Cells:
    whole = np.rint(values / (largest or 1.0) * THOUSANDTHS).astype(np.int64)
    return tuple(tuple(row) for row in whole.tolist())


def _means(values: Floats) -> tuple[tuple[float | None, ...], ...]:
    return tuple(
        tuple(None if np.isnan(value) else rounded(value) for value in row)
        for row in values.tolist()
    )


def _image(mean: Floats, low: float, high: float) -> Image:
    """Return rows of columns of channels of whole numbers."""
    whole = np.rint((mean - low) / (high - low) * WHITE).clip(0, WHITE).astype(np.int64)
    return tuple(tuple(map(tuple, row)) for row in whole.transpose(1, 2, 0).tolist())


def _ends(sums: Sums) -> tuple[float, float]:
    """Return which pixels are black and white: 0 and 255, or 0 and 1, or the extremes."""
    if not np.isfinite(sums.low):
        return 0.0, float(WHITE)
    if sums.low >= 0 and sums.high <= WHITE:
        return 0.0, 1.0 if sums.high <= 1 else float(WHITE)
    return rounded(sums.low), max(rounded(sums.high), rounded(sums.low) + 1e-6)
