"""What a section of the report is."""

from __future__ import annotations

from typing import Protocol

from audit.report.document import Document


class ReportSection(Protocol):
    """A module of `audit.report.sections`, with ``templates/<KEY>.html`` beside it.

    Attributes
    ----------
    KEY : str
        Anchor in the page and name of the template.
    TITLE : str
        Heading, and entry in the contents.
    """

    KEY: str
    TITLE: str

    def summarise(self, document: Document) -> object | None:
        """Return what the template prints (its ``view``), or None to leave the section out."""
        ...
