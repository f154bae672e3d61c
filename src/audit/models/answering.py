"""A model that is known by its answers only: no gradients, no weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audit.errors import AuditError, ModelError
from audit.models.outputs import TWO, OutputForm, form, shape_hint, shape_words
from audit.models.records import ModelRecord, Output

Answers = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class AnswerModel:
    """A model that can be asked and not looked into.

    Attributes
    ----------
    ask : callable
        From named inputs (a pandas frame under ``table``) to raw answers, shape (n,) or (n,
        outputs).
    output : {"logit", "logits", "probability", "probabilities", "value"}
    format : str
        Of its file, for example ``onnx``.
    architecture : str
        In words.
    sha256 : str or None
        Of the file's bytes.
    reason : str
        Why it is no torch network, in words.
    features : tuple of str or None
        Columns of the table that it needs, in order, where the file says so.
    notes : tuple of str
        What a reader must know about it.
    width : int or None
        How many columns of the table it takes, where that is known and no encoder stands between.
    classes : tuple or None
        Class labels in the order of its outputs (of one number: the negative and the positive
        class), where the file or the configuration says so.
    backwards : bool
        Whether its first class is the positive one, so that answers are put in the other order.
    focus : int
        The place of the class whose probability is the score; 1 of two classes.
    outputs : int or None
        How many classes it answers about, where it gives a number for each and that is known.
    """

    ask: Callable[[Mapping[str, Any]], Answers]
    output: Output
    format: str
    architecture: str
    sha256: str | None
    reason: str
    features: tuple[str, ...] | None = None
    notes: tuple[str, ...] = ()
    width: int | None = None
    classes: tuple[Any, ...] | None = None
    backwards: bool = False
    focus: int = 1
    outputs: int | None = None

    @property
    def form(self) -> OutputForm:
        """Return the form of its answers."""
        return form(self.output, self.outputs or len(self.classes or ()) or TWO, self.focus)

    def answers(self, inputs: Mapping[str, Any], rows: int) -> Answers:
        """Return what the model says, shape (rows,) or (rows, outputs).

        Of two classes the positive one comes last.

        Raises
        ------
        ModelError
            If the model fails, or answers with something else than numbers of that shape.
        """
        found = shaped_answers(self._asked(inputs), self.form, rows)
        if not self.backwards:
            return found
        if self.form.columns == 1:
            return 1 - found if self.form.ranged else -found
        return found[:, ::-1]

    def _asked(self, inputs: Mapping[str, Any]) -> object:
        try:
            return self.ask(inputs)
        except AuditError:
            raise
        except Exception as error:
            raise ModelError(
                f"the model ({self.format}) failed on its input: {type(error).__name__}: {error}",
                "check that data.features are the columns it was trained on, in that order",
            ) from error

    def record(
        self,
        *,
        name: str = "baseline",
        threshold: float | None,
        threshold_source: str,
        notes: tuple[str, ...] = (),
    ) -> ModelRecord:
        """Return what the evidence says about this model."""
        return ModelRecord(
            name=name,
            kind="black box",
            sha256=self.sha256,
            architecture=f"{self.architecture} ({self.format}), asked for its answers only",
            output=self.output,
            threshold=threshold,
            threshold_source=threshold_source,
            notes=(*self.notes, *notes),
            opaque=self.reason,
        )


def shaped_answers(values: object, expected: OutputForm, rows: int) -> Answers:
    """Return answers as float64 of shape (rows,) or (rows, 2), as declared.

    Raises
    ------
    ModelError
        If they are no real numbers of the declared shape.
    """
    found = np.asarray(values)
    if found.dtype.kind not in "fiu":
        raise ModelError(f"expected numbers from the model, came {found.dtype} values")
    columns = expected.columns
    if columns == 1 and found.shape in {(rows,), (rows, 1)}:
        return found.reshape(rows).astype(np.float64)
    if columns > 1 and found.shape == (rows, columns):
        return found.astype(np.float64)
    raise ModelError(
        f"output: {expected.output} expects shape {shape_words(columns)} for {rows} rows, came "
        f"{found.shape}",
        shape_hint(expected.output, found.shape),
    )
