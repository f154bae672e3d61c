"""What a bundle says about the columns it was trained on."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

TWO = 2


@dataclass(frozen=True, kw_only=True)
class Known:
    """What is known and need not be guessed.

    Attributes
    ----------
    inputs : tuple of str
        Columns that the network takes.
    target, split : mapping
        The settings it was trained with; empty where it does not state them.
    task : str
        What it decides; empty where that is not known.
    """

    inputs: tuple[str, ...] = ()
    target: Mapping[str, Any] = field(default_factory=dict)
    split: Mapping[str, Any] = field(default_factory=dict)
    task: str = ""


def is_bundle(model: str) -> bool:
    """Say whether `model` is a folder that ``audit train`` wrote."""
    return (Path(model) / "model.json").is_file()


def read_known(model: str) -> Known:
    """Return what a bundle states; nothing for any other model.

    Raises
    ------
    ModelError
        If the bundle cannot be read.
    """
    if not is_bundle(model):
        return Known()
    from audit.models.description import read_description

    described = read_description(Path(model))
    training = described.training
    return Known(
        inputs=getattr(described.preprocessing, "names", ()),
        target=_given(training.target) if training else {},
        split=_given(training.split) if training else {},
        task=task_of(described.output, described.classes),
    )


def task_of(output: str | None, classes: Collection[object] | None) -> str:
    """Tell what a model decides from what it answers with; empty where that does not tell."""
    if output == "value":
        return "regression"
    return "multiclass" if classes is not None and len(classes) > TWO else ""


def _given(settings: Mapping[str, Any] | None) -> dict[str, Any]:
    return {key: value for key, value in (settings or {}).items() if value is not None}
