"""Evidence to one HTML file: summarise each section, print it, seal it."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from audit.evidence import Evidence
from audit.report.document import Document, Phrase, Values
from audit.report.section import ReportSection
from audit.report.sections import SECTIONS

TEMPLATES = Path(__file__).with_name("templates")
LIMIT = 1_990_000
"""Bytes of a page."""
ROWS = (10_000, 400, 160, 100, 64, 40, 24)
"""Rows of a table that are printed at most: the first number with which the page fits."""
FOCUSED = (
    "calibration",
    "conditional",
    "uncertain",
    "drivers",
    "pictures",
    "weights",
    "mitigation",
)
"""Sections that, of several classes, are about the one in focus."""
CARRIED = 160
"""Rows below which the page keeps them rather than the evidence."""
ESCAPES = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


@dataclass(frozen=True, kw_only=True)
class Part:
    """One section, summarised."""

    key: str
    title: str
    view: object
    focus: Phrase = ()
    """The class that it is about, where there are several."""


def render(evidence: Evidence, sections: tuple[ReportSection, ...] = SECTIONS) -> bytes:
    """Render evidence as one self-contained HTML file.

    Parameters
    ----------
    evidence : Evidence
    sections : tuple of ReportSection, optional
        What the page consists of, in order; by default every section of this version.

    Returns
    -------
    bytes
        UTF-8. A function of the evidence alone: no clock, no environment; equal evidence gives
        equal bytes, also after a round trip through its JSON. Under 2 MB: with very many groups
        tables are cut and say how many rows the evidence holds.
    """
    document = Document.of(evidence)
    parts = _parts(document, sections)
    carried = embedded(document.content)
    fits, made = None, b""
    for rows in ROWS:
        if rows < CARRIED and fits is not None:
            return fits
        made = _page(document, parts, "", rows)
        if rows >= CARRIED and len(made) + len(carried.encode("utf-8")) < LIMIT:
            return _page(document, parts, carried, rows)
        fits = made if fits is None and len(made) <= LIMIT else fits
    return made if fits is None else fits


def _page(document: Document, parts: tuple[Part, ...], carried: str, rows: int) -> bytes:
    named = [f"{part.key}.css" for part in parts if (TEMPLATES / f"{part.key}.css").exists()]
    style = "".join(_asset(name) for name in named)
    return page("page.html", document, carried=carried, own_style=style, parts=parts, limit=rows)


def page(
    template: str,
    document: Values,
    *,
    carried: str | None = None,
    own_style: str = "",
    **parts: Any,  # noqa: ANN401 - whatever the template prints
) -> bytes:
    """Print a template as a page whose policy allows our style and our script only.

    `carried` is the JSON that the page holds, escaped; by default that of `document`. `own_style`
    is what sections bring besides the style of every page.
    """
    style, script = _asset("report.css") + own_style, _asset("report.js")
    text = (
        _environment()
        .get_template(template)
        .render(
            document=document,
            style=Markup(style),  # noqa: S704 - our own file
            script=Markup(script),  # noqa: S704 - our own file
            evidence_json=Markup(  # noqa: S704 - escaped by `embedded`
                embedded(document.content) if carried is None else carried
            ),
            policy=policy(style, script),
            **{"limit": ROWS[0], **parts},
        )
    )
    return text.encode("utf-8")


def embedded(content: bytes) -> str:
    """Return JSON that can stand inside a script element: ``<``, ``>`` and ``&`` escaped."""
    text = content.decode("utf-8")
    for char, escape in ESCAPES.items():
        text = text.replace(char, escape)
    return text


def policy(style: str, script: str) -> str:
    """Return the content security policy that allows this style and this script only."""
    return (
        "default-src 'none'; img-src data:; "
        f"style-src '{_source(style)}'; script-src '{_source(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _source(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"sha256-{base64.b64encode(digest).decode('ascii')}"


def _parts(document: Document, sections: tuple[ReportSection, ...]) -> tuple[Part, ...]:
    views = ((section, section.summarise(document)) for section in sections)
    return tuple(
        Part(
            key=section.KEY,
            title=section.TITLE,
            view=view,
            focus=document.focus if section.KEY in FOCUSED else (),
        )
        for section, view in views
        if view is not None
    )


@cache
def _asset(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
