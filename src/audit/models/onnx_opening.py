"""An ONNX file that was read: its graph, what goes into it, and what it answers with."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from audit.config import ModelConfig
from audit.errors import ModelError
from audit.models.encoders import FunctionEncoder
from audit.models.onnx_answer import Answer, answer_of
from audit.models.onnx_arrays import folded
from audit.models.onnx_bounds import require_bounded
from audit.models.onnx_graph import Graph, graph_of
from audit.models.onnx_inputs import Inputs
from audit.models.onnx_reading import read_onnx
from audit.models.onnx_sample import width_of
from audit.models.onnx_step import NoTwinError
from audit.user_code import CodeRecord, find_function

if TYPE_CHECKING:
    import onnx

GAPS = frozenset({"Imputer", "TreeEnsembleClassifier", "TreeEnsembleRegressor", "TreeEnsemble"})


@dataclass(frozen=True, kw_only=True)
class OnnxFile:
    """A file that was read, and what it answers with.

    Attributes
    ----------
    name : str
    sha256 : str
        Of its bytes.
    model : onnx.ModelProto
    graph : Graph
        As the file has it, what leads to the answer only.
    answer : Answer
    inputs : Inputs
    width : int or None
        Features that a row has, where the file says so.
    code : tuple of CodeRecord
    """

    name: str
    sha256: str
    model: onnx.ModelProto
    graph: Graph
    answer: Answer
    inputs: Inputs
    width: int | None
    code: tuple[CodeRecord, ...]


def opened(config: ModelConfig, base: Path) -> OnnxFile:
    """Read the file that ``model.path`` names and find out what it takes and answers with.

    Raises
    ------
    ModelError
        If it cannot be read safely, or does not say what it answers with.
    """
    path = base / (config.path or "")
    proto, data = read_onnx(path)
    whole = graph_of(proto)
    answer = answer_of(whole, config, path.name)
    graph = whole.leading_to(answer.tensor)
    encode = find_function(config.encode, base, ModelError) if config.encode else None
    function = FunctionEncoder(function=encode, name=encode.record.name) if encode else None
    if not graph.inputs:
        raise ModelError(f"{path.name}: its answer does not depend on an input", "export it again")
    odd = next((port for port in graph.inputs if not port.dtype), None)
    if odd is not None:
        raise ModelError(
            f"{path.name}: input {odd.name!r} is a list or a map, expected a tensor",
            "export the model with tensors as inputs",
        )
    width = width_of(graph)
    require_bounded(proto, _settled(graph), width, path.name)
    return OnnxFile(
        name=path.name,
        sha256=hashlib.sha256(data).hexdigest(),
        model=proto,
        graph=graph,
        answer=answer,
        inputs=Inputs(
            ports=graph.inputs,
            gaps=any(node.op in GAPS for node in graph.nodes),
            function=function,
        ),
        width=None if encode is not None else width,
        code=(encode.record,) if encode is not None else (),
    )


def _settled(graph: Graph) -> Graph:
    try:
        return folded(graph)
    except NoTwinError:
        return graph
