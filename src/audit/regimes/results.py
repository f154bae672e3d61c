"""What a regulatory crosswalk says: filled from the evidence, for a human, or not applicable."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class RegimeEntry:
    """One figure of the evidence that fills a quantity.

    Attributes
    ----------
    ref : str
        Identifier of the metric or disparity that holds the figure.
    note : str
        What the regime says about it, for example ``below 4/5``; empty if nothing.
    """

    ref: str
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class RegimeItem:
    """One quantity or statement that a regime asks for.

    Attributes
    ----------
    key, text : str
        What is asked for, in the regime's terms.
    status : {"filled", "for a human", "not provided", "not applicable", "undefined"}
    entries : tuple of RegimeEntry
    statement : str or None
        What a human said.
    reason : str
        Why it is not filled.
    """

    key: str
    text: str
    status: Literal["filled", "not provided", "not applicable", "undefined"]
    entries: tuple[RegimeEntry, ...] = ()
    statement: str | None = None
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class RegimeRecord:
    """One regime, filled.

    Attributes
    ----------
    id, title, citation, version, as_of : str
    verification : {"verified", "unverified"}
        Whether its text was checked against the primary source.
    source, applies : str
    caution : tuple of str
        What must be read beside the figures.
    items : tuple of RegimeItem
    """

    id: str
    title: str
    citation: str
    version: str
    as_of: str
    verification: Literal["verified", "unverified"]
    source: str
    applies: str
    caution: tuple[str, ...]
    items: tuple[RegimeItem, ...]
