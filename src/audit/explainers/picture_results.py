"""Explanations to look at: mean images, words and series of a group with where its score lies."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

PictureLevel = Literal["group", "gap"]
Cells = tuple[tuple[int, ...], ...]
Image = tuple[tuple[tuple[int, ...], ...], ...]
THOUSANDTHS = 1000
"""Cells of attributions are thousandths of the largest one."""


@dataclass(frozen=True, kw_only=True)
class ImagePicture:
    """The mean image of a group, and where in it the score lies.

    Attributes
    ----------
    id : str
    explanation : str
        Id of the explanation that is shown.
    input : str
        The input of the network.
    level : {"group", "gap"}
    group : dict
        For level ``group``.
    a, b : dict
        For level ``gap``: attributions of `a` less those of `b`.
    rows : int
        Images that the means are of.
    height, width : int
        Of the images, in pixels.
    block : int
        A cell is so many pixels high and wide; the last ones may be smaller.
    channels : tuple of str
        ``grey``, or ``red``, ``green``, ``blue``.
    low, high : float
        Values of a pixel that are shown as 0 and as 255.
    image : tuple
        Rows of columns of channels, 0 to 255: the mean of the group's images, averaged over each
        cell. Empty at a gap, and where the pixels are not known.
    largest : float
        The largest absolute attribution of a cell, in units of the score.
    attribution : tuple
        Rows of columns: the mean attribution of the pixels of each cell together, in thousandths
        of `largest`, with its sign.
    total : float
        Sum of the attributions over the whole image, in units of the score.
    """

    id: str
    kind: Literal["image"] = "image"
    explanation: str
    input: str
    level: PictureLevel
    group: dict[str, str] = field(default_factory=dict)
    a: dict[str, str] = field(default_factory=dict)
    b: dict[str, str] = field(default_factory=dict)
    rows: int
    height: int
    width: int
    block: int
    channels: tuple[str, ...]
    low: float = 0.0
    high: float = 255.0
    image: Image = ()
    largest: float
    attribution: Cells
    total: float


@dataclass(frozen=True, kw_only=True)
class SeriesPicture:
    """The mean series of a group, and at which channels and steps the score lies.

    Attributes
    ----------
    id, explanation, input, level, group, a, b, rows, largest, total
        As in `ImagePicture`.
    channels : tuple of str
    steps : int
        Of the series.
    block : int
        A cell is so many steps long; the last one may be shorter.
    means : tuple
        Channels of cells: the mean of the group's measurements, gaps left out; None where there is
        none. Empty at a gap between groups, and where the measurements are not known.
    missing : tuple of float
        For each channel, the share of the group's measurements that are gaps; empty with `means`.
    attribution : tuple
        Channels of cells: the mean attribution of the steps of each cell together (a channel's own
        and that of its gaps), in thousandths of `largest`, with its sign.
    """

    id: str
    kind: Literal["series"] = "series"
    explanation: str
    input: str
    level: PictureLevel
    group: dict[str, str] = field(default_factory=dict)
    a: dict[str, str] = field(default_factory=dict)
    b: dict[str, str] = field(default_factory=dict)
    rows: int
    channels: tuple[str, ...]
    steps: int
    block: int
    means: tuple[tuple[float | None, ...], ...] = ()
    missing: tuple[float, ...] = ()
    largest: float
    attribution: Cells
    total: float


@dataclass(frozen=True, kw_only=True)
class WordPart:
    """One word of a group's texts.

    Attributes
    ----------
    word : str
    rows : int
        Texts that contain it; at a gap of both groups.
    share : float
        Weighted share of the texts that contain it; at a gap of the texts of `a`.
    share_b : float or None
        At a gap: of the texts of `b`.
    value : float
        Its mean contribution over all texts of the group, in units of the score; at a gap that of
        `a` less that of `b`.
    where_said : float
        Its mean contribution over the texts that contain it (at a gap, of both groups).
    """

    word: str
    rows: int
    share: float
    share_b: float | None = None
    value: float
    where_said: float


@dataclass(frozen=True, kw_only=True)
class TextPicture:
    """The words through which most of a group's score goes; no text of anybody is quoted.

    Attributes
    ----------
    id, explanation, input, level, group, a, b, rows, total
        As in `ImagePicture`.
    largest : float
        The largest absolute `value` of a word.
    words : tuple of WordPart
        Largest absolute value first; words of fewer rows than the smallest group are not shown.
    others : int
        How many other words occur.
    others_value : float
        Sum of their contributions.
    """

    id: str
    kind: Literal["text"] = "text"
    explanation: str
    input: str
    level: PictureLevel
    group: dict[str, str] = field(default_factory=dict)
    a: dict[str, str] = field(default_factory=dict)
    b: dict[str, str] = field(default_factory=dict)
    rows: int
    largest: float
    words: tuple[WordPart, ...]
    others: int
    others_value: float
    total: float


PictureRecord = ImagePicture | SeriesPicture | TextPicture
