"""Training: how the network was trained, and its losses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from audit.models.records import TrainingRecord
from audit.report.document import Document, Phrase, escape, joined
from audit.report.figures.canvas import Picture, picture
from audit.report.figures.curves import Followed, draw_curves
from audit.report.tables import Cell, Column, Table, columns, name, number, words
from audit.report.units import Task
from audit.report.wording import curves_alt

KEY = "training"
TITLE = "Training"
SQUARED: Mapping[Task, str] = {
    "binary": "",
    "multiclass": "",
    "regression": ", in squared standard deviations of the training target",
}
KEPT = ". The dotted line marks the epoch whose weights were kept."


@dataclass(frozen=True, kw_only=True)
class View:
    """What the section says."""

    facts: tuple[tuple[str, Phrase], ...]
    figure: Picture | None
    settings: Table
    epochs: Table


def summarise(document: Document) -> View | None:
    """Collect the training record; None where the network came without one."""
    training = document.evidence.training
    if training is None:
        return None
    return View(
        facts=_facts(document, training),
        figure=_figure(document, training) if training.epochs else None,
        settings=_settings(document, training),
        epochs=_epochs(document, training),
    )


def _facts(document: Document, training: TrainingRecord) -> tuple[tuple[str, Phrase], ...]:
    same = training.data_sha256 == document.evidence.data.sha256
    which = ", the audited table" if same else ", another table than the audited one"
    rows = (f"/training/rows/{escape(split)}" for split in training.rows)
    counted = ((document.key(at), " ", document.show(at, "integer")) for at in rows)
    early = "yes: the validation loss no longer fell" if training.stopped_early else "no"
    return (
        ("Kept", ("weights of epoch ", document.show("/training/best_epoch", "integer"))),
        ("Stopped early", (early,)),
        ("Data", (document.show("/training/data_sha256", "sha12"), which)),
        ("Rows", joined(counted)),
        ("Weights before", (document.show("/training/initial_sha256", "sha12"),)),
        ("Weights after", (document.show("/training/final_sha256", "sha12"),)),
    )


def _figure(document: Document, training: TrainingRecord) -> Picture:
    epochs = training.epochs
    return picture(
        partial(
            draw_curves,
            [entry.epoch for entry in epochs],
            [entry.train_loss for entry in epochs],
            [entry.validation_loss for entry in epochs],
            training.best_epoch,
            gap=_gap(document, training),
        ),
        anchor="f-training",
        alt=curves_alt(document),
        caption=(f"Loss by epoch{SQUARED[document.task]}{_and_gap(training)}", KEPT),
        table="t-epochs",
    )


def _gap(document: Document, training: TrainingRecord) -> Followed | None:
    """Return the gap by epoch as it is drawn; None where it was not followed."""
    if not _and_gap(training):
        return None
    values = [entry.validation_gap for entry in training.epochs]
    return Followed(values=values, axis=document.spoken.scores.axis)


def _and_gap(training: TrainingRecord) -> str:
    told = any(entry.validation_gap is not None for entry in training.epochs)
    return ", and the largest gap between groups of the validation rows" if told else ""


def _settings(document: Document, training: TrainingRecord) -> Table:
    rows = tuple(
        (
            name((document.key(f"/training/settings/{escape(key)}"),)),
            words((document.show(f"/training/settings/{escape(key)}", "setting"),)),
        )
        for key in training.settings
    )
    heads = columns("Setting", Column(("Value",), "text"))
    return Table("t-training", ("Settings of the training.",), heads, rows, folded=True)


def _epochs(document: Document, training: TrainingRecord) -> Table:
    scores = document.spoken.scores
    wanted = {"validation_loss": ("Validation loss", "fixed4")}
    if document.task == "regression":
        wanted["validation_rmse"] = ("Validation RMSE", scores.value)
    else:
        wanted["validation_accuracy"] = ("Validation accuracy", "percent1")
    if _and_gap(training):
        wanted["validation_gap"] = ("Validation gap", scores.size)
    rows = tuple(
        (
            name((document.show(f"/training/epochs/{place}/epoch", "integer"),)),
            number((document.show(f"/training/epochs/{place}/train_loss", "fixed4"),)),
            *(
                _optional(document, f"/training/epochs/{place}/{key}", form)
                for key, (_, form) in wanted.items()
            ),
        )
        for place in range(len(training.epochs))
    )
    heads = columns("Epoch", "Training loss", *(title for title, _ in wanted.values()))
    return Table("t-epochs", ("Losses by epoch.",), heads, rows, folded=True)


def _optional(document: Document, place: str, form: str) -> Cell:
    return number(("—",) if document.at(place) is None else (document.show(place, form),))
