"""Holding the torch twin of an ONNX file against onnxruntime."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray

from audit.models.inference import evaluating
from audit.models.model import TorchModel
from audit.models.onnx_inputs import Value
from audit.models.onnx_opening import OnnxFile
from audit.models.onnx_preparing import OnnxEncoder
from audit.models.onnx_sample import ROWS, drawn
from audit.models.onnx_session import Session


def answers_on(file: OnnxFile, model: TorchModel) -> NDArray[np.float64] | None:
    """Return what the torch twin says about random rows; None where none can be drawn.

    Raises
    ------
    ModelError
        If the network fails on them.
    """
    given = _drawn(file, model)
    return None if given is None else _answered(model, given)


def _drawn(file: OnnxFile, model: TorchModel) -> dict[str, Value] | None:
    return drawn(file.graph, ROWS, _encoder(model).preparation)


def _encoder(model: TorchModel) -> OnnxEncoder:
    if not isinstance(model.encoder, OnnxEncoder):
        raise TypeError("only a network that was converted from ONNX can be compared")
    return model.encoder


def _answered(model: TorchModel, given: Mapping[str, Value]) -> NDArray[np.float64]:
    with torch.no_grad(), evaluating(model.network):
        answer = model.answer(_encoder(model).prepared(given).tensors)
    return answer.double().numpy()


def largest_difference(
    file: OnnxFile, model: TorchModel, session: Session, values: Mapping[str, Value] | None = None
) -> float | None:
    """Return by how much two readings of a graph differ, as a share of the largest answer.

    A probability p is also 1 - p: the larger of both counts, since runtimes compute a sigmoid far
    from 0 to no more digits than that.

    Parameters
    ----------
    file : OnnxFile
    model : TorchModel
        The torch twin.
    session : Session
        The graph in onnxruntime.
    values : mapping of str to Value, optional
        What goes into the graph; by default random rows.

    Returns
    -------
    float or None
        In [0, ∞], infinite where one of them is not finite and the other is; None where the file
        does not say how many numbers a row has, so that no row can be drawn.
    """
    given = values if values is not None else _drawn(file, model)
    if given is None:
        return None
    here = _answered(model, given)
    there = session.ask({name: value.array for name, value in given.items()})
    if model.output != file.answer.output:
        there = there[:, 1]
    there = there.reshape(here.shape)
    if not np.isfinite(there).all() or not np.isfinite(here).all():
        return 0.0 if np.array_equal(here, there, equal_nan=True) else float("inf")
    largest = float(np.abs(there).max())
    if model.form.ranged:
        largest = max(largest, 1 - float(there.min()))
    return float(np.abs(here - there).max()) / (largest or 1.0)
