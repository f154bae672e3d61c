"""Provenance: configuration, hashes, environment, and the code that was run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from audit.report.document import Document, Phrase, escape
from audit.report.tables import Column, Table, columns, name, number, words

KEY = "provenance"
TITLE = "Provenance"


@dataclass(frozen=True, kw_only=True)
class View:
    """What the section says."""

    hashes: Table
    layers: Table | None
    config: Table
    environment: Table


def summarise(document: Document) -> View:
    """Collect where everything came from."""
    return View(
        hashes=_hashes(document),
        layers=_layers(document),
        config=_config(document),
        environment=_environment(document),
    )


def _hashes(document: Document) -> Table:
    model = document.evidence.model
    subjects: list[tuple[Phrase, str]] = [
        (("Configuration",), "/config/sha256"),
        (("Data, logical content",), "/data/sha256"),
    ]
    if model.sha256 is not None:
        subjects.append((("Weights of the model",), "/model/sha256"))
    for row in range(len(model.code)):
        place = f"/model/code/{row}"
        label = ("Code that was run: ", document.text(f"{place}/name"))
        subjects.append((label, f"{place}/sha256"))
    rows = tuple((name(label), words((document.text(place),))) for label, place in subjects)
    heads = columns("Subject", Column(("SHA-256",), "text"))
    return Table("t-hashes", ("Fingerprints.",), heads, rows, sortable=False)


def _layers(document: Document) -> Table | None:
    rows = tuple(
        (
            name((document.text(f"/model/layers/{place}/name"),)),
            words((document.text(f"/model/layers/{place}/kind"),)),
            words((document.show(f"/model/layers/{place}/shape", "setting"),)),
            number((document.show(f"/model/layers/{place}/parameters", "integer"),)),
        )
        for place in range(len(document.evidence.model.layers))
    )
    heads = columns("Layer", Column(("Kind",), "text"), Column(("Shape",), "text"), "Parameters")
    return Table("t-layers", ("Layers that hold parameters.",), heads, rows) if rows else None


def _config(document: Document) -> Table:
    rows = tuple(
        (name((document.path(place),)), words((document.show(place, "setting"),)))
        for place in _leaves(document.values["config"]["values"], "/config/values")
    )
    heads = columns("Key", Column(("Value",), "text"))
    caption = ("The configuration, fixed before the run, defaults included.",)
    return Table("t-config", caption, heads, rows, sortable=False, folded=True)


def _leaves(value: Any, place: str) -> Iterator[str]:  # noqa: ANN401 - any JSON value
    if isinstance(value, dict) and value:
        for key in value:
            yield from _leaves(value[key], f"{place}/{escape(key)}")
    elif isinstance(value, list) and any(isinstance(item, dict | list) for item in value):
        for number_, item in enumerate(value):
            yield from _leaves(item, f"{place}/{number_}")
    else:
        yield place


def _environment(document: Document) -> Table:
    fixed = (
        ("Schema", "/schema_version"),
        ("Tool", "/tool/version"),
        ("Python", "/environment/python"),
        ("Machine", "/environment/machine"),
        ("Device", "/environment/device"),
    )
    libraries = [
        f"/environment/libraries/{escape(key)}" for key in document.evidence.environment.libraries
    ]
    threads = document.show("/environment/threads", "integer")
    rows = (
        *((name((label,)), words((document.text(place),))) for label, place in fixed),
        (name(("Threads",)), words((threads,))),
        *((name((document.key(place),)), words((document.text(place),))) for place in libraries),
    )
    heads = columns("Part", Column(("Version",), "text"))
    caption = ("Versions that the figures depend on.",)
    return Table("t-environment", caption, heads, rows, sortable=False, folded=True)
