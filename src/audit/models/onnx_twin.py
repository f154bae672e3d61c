"""The torch twin of an ONNX file."""

from __future__ import annotations

from collections.abc import Mapping

import torch

from audit.models.model import TorchModel
from audit.models.onnx_answer import Answer, positive_of
from audit.models.onnx_graph import Graph
from audit.models.onnx_inputs import Value
from audit.models.onnx_network import Entry, network_of
from audit.models.onnx_opening import OnnxFile
from audit.models.onnx_preparing import OnnxEncoder, Preparation, preparation_of
from audit.models.onnx_rewriting import rewritten
from audit.models.onnx_sample import FEW, drawn
from audit.models.onnx_shapes import resolved
from audit.models.onnx_step import NoTwinError
from audit.models.records import Output

HALVES = frozenset({"float16", "bfloat16"})
PREPARED = (
    "what the file does to columns before its first layer (scaling, coding of categories) is done "
    "before the network"
)


def twin_of(file: OnnxFile) -> TorchModel:
    """Return the torch twin of a file, on the CPU and not yet compared.

    Raises
    ------
    NoTwinError
        If an operator has none.
    """
    _require_full_precision(file.graph)
    graph = rewritten(file.graph, file.answer.tensor)
    tensor, output, notes = _simplest(graph, file.answer)
    graph = resolved(graph.leading_to(tensor)).leading_to(tensor)
    preparation, shapes = _prepared(file, graph)
    names = preparation.tensors
    if not names:
        raise NoTwinError(f"{file.answer.ending} has no layer before it")
    arguments = {name: f"x{place}" if len(names) > 1 else "x" for place, name in enumerate(names)}
    entries = [
        Entry(tensor=name, argument=arguments[name], shape=shapes.get(name)) for name in names
    ]
    done = {node.outputs[0] for node in preparation.graph.nodes}
    rest = graph.with_nodes((n for n in graph.nodes if n.outputs[0] not in done), {})
    return TorchModel(
        network=network_of(rest, entries, tensor),
        encoder=OnnxEncoder(
            inputs=file.inputs,
            preparation=preparation,
            arguments=arguments,
            flat=frozenset(shapes),
        ),
        output=output,
        kind="onnx",
        device=torch.device("cpu"),
        code=file.code,
        notes=notes if not preparation.changes else (*notes, PREPARED),
        features=file.inputs.features,
        width=file.width,
        classes=file.answer.classes,
        outputs=file.answer.columns if output in {"logits", "probabilities"} else None,
    )


def _prepared(file: OnnxFile, graph: Graph) -> tuple[Preparation, dict[str, tuple[int, ...]]]:
    """Split off what is done to columns, and tell the shapes that are no row of numbers."""
    sample = drawn(graph, FEW)
    if sample is None:
        names = tuple(port.name for port in graph.inputs)
        return Preparation(graph=graph.with_nodes((), {}), tensors=names), {}
    preparation = preparation_of(graph, sample)
    shapes = _shapes(preparation.values(sample))
    if file.inputs.function is not None:
        return preparation, {}
    return preparation, {name: shape for name, shape in shapes.items() if len(shape) != 1}


def _require_full_precision(graph: Graph) -> None:
    for name, value in graph.constants.items():
        if value.dtype.name in HALVES:
            raise NoTwinError(f"weights in {value.dtype.name} ({name}) are not converted")


def _simplest(graph: Graph, answer: Answer) -> tuple[str, Output, tuple[str, ...]]:
    """Take p itself where the answer is the columns 1 - p and p."""
    positive = positive_of(graph, answer.tensor)
    if positive is None or answer.output != "probabilities":
        return answer.tensor, answer.output, ()
    return positive, "probability", ("the file answers with 1 - p and p, the network here with p",)


def _shapes(values: Mapping[str, Value]) -> dict[str, tuple[int, ...]]:
    if any(value.array.dtype == object for value in values.values()):
        raise NoTwinError("texts go into a layer that is no coding of categories")
    return {name: value.array.shape[1:] for name, value in values.items()}
