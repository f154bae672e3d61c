"""An ONNX file: a torch network where its operators have twins, else known by its answers only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from audit.config import ModelConfig
from audit.errors import ModelError
from audit.models.answering import AnswerModel
from audit.models.model import TorchModel, pick_device
from audit.models.onnx_agreement import answers_on, largest_difference
from audit.models.onnx_inputs import Inputs
from audit.models.onnx_opening import OnnxFile, opened
from audit.models.onnx_session import EXTRA, NoRuntimeError, Session, session_of
from audit.models.onnx_step import NoTwinError
from audit.models.onnx_twin import twin_of
from audit.models.records import Output

AGREEMENT = 1e-5


def load_onnx(
    config: ModelConfig, base: Path, *, device: torch.device | None = None
) -> TorchModel | AnswerModel:
    """Load the ONNX file that ``model.path`` names.

    It becomes a torch network, held against onnxruntime on random rows. Where an operator has no
    torch twin, or answers differ by more than 1e-5 of the largest, it is asked through onnxruntime.

    Raises
    ------
    ModelError
        If the file cannot be read safely, does not say what it answers with (and the configuration
        neither), or can be neither converted nor run.
    """
    file = opened(config, base)
    try:
        model = twin_of(file)
    except NoTwinError as error:
        return _black_box(file, str(error))
    session, notes = _session(file)
    if session is not None:
        worst = largest_difference(file, model, session)
        if worst is not None and not worst <= AGREEMENT:
            return _black_box(
                file,
                f"its torch twin answers differently from onnxruntime, by {worst:.2g} of the "
                "largest answer",
            )
        notes = (_compared(worst, session),)
    else:
        answers_on(file, model)  # what onnxruntime cannot say, such as sizes that do not fit
    place = device or pick_device()
    return replace(
        model, network=model.network.to(place), device=place, notes=(*model.notes, *notes)
    )


def _session(file: OnnxFile) -> tuple[Session | None, tuple[str, ...]]:
    try:
        return _runtime(file), ()
    except NoRuntimeError:
        return None, (f"not compared with onnxruntime, which is not installed ({EXTRA})",)
    except ModelError as error:
        return None, (f"not compared with onnxruntime: {error.problem}",)


def _runtime(file: OnnxFile) -> Session:
    return session_of(file.model, file.answer.tensor, file.graph.inputs, file.name)


def _compared(worst: float | None, session: Session) -> str:
    if worst is None:
        return "not compared with onnxruntime: the file leaves open how many inputs it takes"
    return (
        f"converted from ONNX; on random rows its answers are those of onnxruntime "
        f"{session.version} within {worst:.1g} of the largest"
    )


def _black_box(file: OnnxFile, reason: str) -> AnswerModel:
    try:
        session = _runtime(file)
    except NoRuntimeError as error:
        raise ModelError(
            f"{file.name} cannot become a torch network ({reason}), and onnxruntime, which would "
            "run it, is not installed",
            EXTRA,
        ) from error
    nodes = len(file.graph.nodes)
    return AnswerModel(
        ask=Asked(inputs=file.inputs, session=session, output=file.answer.output),
        output=file.answer.output,
        format="onnx",
        architecture=f"graph of {nodes} operators ending in {file.answer.ending}",
        sha256=file.sha256,
        reason=reason,
        features=file.inputs.features,
        width=file.width,
        classes=file.answer.classes,
        outputs=file.answer.columns,
        notes=(f"asked through onnxruntime {session.version}",),
    )


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Asks onnxruntime about a batch of a data set."""

    inputs: Inputs
    session: Session
    output: Output

    def __call__(self, inputs: Mapping[str, Any]) -> NDArray[np.float64]:
        """Return the raw answers, shape (n,) or (n, classes).

        Raises
        ------
        ModelError
            If the features do not fit, onnxruntime fails, or the answer has another shape.
        """
        values = self.inputs.values(inputs)
        found = self.session.ask({name: value.array for name, value in values.items()})
        rows, several = len(found), self.output in {"logits", "probabilities"}
        columns = found.size // rows if rows and found.size % rows == 0 else 0
        if several != (columns > 1) or columns < 1:
            raise ModelError(
                f"output: {self.output} expects "
                f"{'a number for each class' if several else '1 number'} for each row, came shape "
                f"{found.shape}",
                "declare what it answers with: output: logit, logits, probability, probabilities "
                "or value",
            )
        return found.reshape(rows) if columns == 1 else found.reshape(rows, columns)
