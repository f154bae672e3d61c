"""Saying a graph in fewer operators: whole activations, linear layers, linear models of sklearn."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from audit.models.onnx_answer import positive_of
from audit.models.onnx_arrays import folded
from audit.models.onnx_graph import Array, Graph, Node
from audit.models.onnx_step import Step

CLASSES = 2
NEARLY = 1e-5


@dataclass
class Draft:
    """Nodes that take the place of one, and the constants they need."""

    node: Node
    nodes: list[Node] = field(default_factory=list)
    constants: dict[str, Array] = field(default_factory=dict)

    def add(self, op: str, *inputs: str, out: str = "", **attributes: object) -> str:
        """Add a node; returns the name of what it makes, by default one of its own."""
        made = out or f"{self.node.outputs[0]}/{op}{len(self.nodes)}"
        name = self.node.name or self.node.op.lower()
        self.nodes.append(
            Node(op=op, name=name, inputs=inputs, outputs=(made,), attributes=attributes)
        )
        return made

    def keep(self, word: str, value: Array) -> str:
        """Add a constant; returns its name."""
        name = f"{self.node.outputs[0]}/{word}"
        self.constants[name] = value
        return name


def rewritten(graph: Graph, tensor: str) -> Graph:
    """Return a graph that makes `tensor` with the operators that have torch twins.

    Raises
    ------
    NoTwinError
        If a linear model has a link function that torch has not.
    """
    graph = folded(graph.leading_to(tensor))
    graph = _each(graph, EXPANDED).leading_to(tensor)
    graph = folded(graph)
    for fuse in (_fused_products, _fused_gelu, _fused_swish):
        graph = fuse(graph).leading_to(tensor)
    return graph


def _each(graph: Graph, table: Mapping[str, Callable[[Step, Draft], None]]) -> Graph:
    nodes: list[Node] = []
    constants: dict[str, Array] = {}
    for node in graph.nodes:
        draft = Draft(node=node)
        if node.op in table:
            table[node.op](Step(node=node, graph=graph), draft)
        nodes += draft.nodes or [node]
        constants |= draft.constants
    return graph.with_nodes(nodes, constants)


def _scaler(step: Step, draft: Draft) -> None:
    offset, scale = (
        draft.keep(word, np.asarray(step.stated(word, [default]), dtype=np.float32))
        for word, default in (("offset", 0.0), ("scale", 1.0))
    )
    numbers = draft.add("Cast", step.node.inputs[0], to=1)
    moved = draft.add("Sub", numbers, offset)
    draft.add("Mul", moved, scale, out=step.node.outputs[0])


def _linear_regressor(step: Step, draft: Draft) -> None:
    step.require(step.stated("post_transform", "NONE") == "NONE", "with a link function")
    step.require(step.stated("targets", 1) == 1, "of several targets")
    _product(step, draft, rows=1, out=step.node.outputs[0])


def _linear_classifier(step: Step, draft: Draft) -> None:
    """Two mirrored rows are one row and a sigmoid: 1 - p and p."""
    link, scores = step.stated("post_transform", "NONE"), step.node.outputs[1]
    intercepts = np.asarray(step.stated("intercepts", [0.0, 0.0]), dtype=np.float32)
    count = len(intercepts)
    step.require(count >= CLASSES, "of one class")
    weights = np.asarray(step.stated("coefficients"), dtype=np.float32)
    weights = weights.reshape(count, -1)
    mirrored = count == CLASSES and (
        np.array_equal(weights[0], -weights[1]) and intercepts[0] == -intercepts[1]
    )
    if link == "LOGISTIC" and mirrored:
        score = _product(step, draft, rows=1)
        _two_columns(draft, draft.add("Sigmoid", score), scores)
        return
    step.require(link in LINKS, f"with the link function {link}")
    step.require(count == CLASSES or link != "LOGISTIC", "with a sigmoid for each class")
    product = _product(step, draft, rows=count, out=scores if link == "NONE" else "")
    if link != "NONE":
        draft.add(LINKS[link], product, out=scores, axis=-1)


LINKS = {"NONE": "", "LOGISTIC": "Sigmoid", "SOFTMAX": "Softmax"}


def _two_columns(draft: Draft, positive: str, out: str) -> None:
    negative = draft.add("Sub", draft.keep("one", np.ones(1, dtype=np.float32)), positive)
    draft.add("Concat", negative, positive, out=out, axis=1)


def _product(step: Step, draft: Draft, *, rows: int, out: str = "") -> str:
    """Add the linear layer; the last `rows` rows of the coefficients are taken."""
    intercepts = np.asarray(step.stated("intercepts", [0.0] * rows), dtype=np.float32)
    weights = np.asarray(step.stated("coefficients"), dtype=np.float32)
    weights = weights.reshape(max(len(intercepts), 1), -1)[-rows:]
    numbers = draft.add("Cast", step.node.inputs[0], to=1)
    return draft.add(
        "Gemm",
        numbers,
        draft.keep("coefficients", weights),
        draft.keep("intercepts", intercepts[-rows:]),
        out=out,
        transB=1,
    )


def _feature_extractor(step: Step, draft: Draft) -> None:
    places = np.ravel(step.weight(1)).astype(np.int64)
    draft.add(
        "Gather",
        step.node.inputs[0],
        draft.keep("places", places),
        out=step.node.outputs[0],
        axis=-1,
    )


def _normalizer(step: Step, draft: Draft) -> None:
    """Columns 1 - p and p sum to 1 already."""
    if positive_of(step.graph, step.node.inputs[0]) is not None and step.stated("norm") == "L1":
        draft.add("Identity", step.node.inputs[0], out=step.node.outputs[0])


EXPANDED: Mapping[str, Callable[[Step, Draft], None]] = {
    "Scaler": _scaler,
    "LinearRegressor": _linear_regressor,
    "LinearClassifier": _linear_classifier,
    "ArrayFeatureExtractor": _feature_extractor,
    "Normalizer": _normalizer,
}


def _fused_products(graph: Graph) -> Graph:
    """Make one linear layer of a product with constants and the sum after it."""
    nodes = {node.outputs[0]: node for node in graph.nodes}
    for node in graph.nodes:
        if node.op != "Add":
            continue
        for place in (0, 1):
            product = nodes.get(node.inputs[place])
            bias = graph.constants.get(node.inputs[1 - place])
            if product is not None and bias is not None and _is_layer(graph, product, bias):
                nodes[node.outputs[0]] = replace(
                    product,
                    op="Gemm",
                    inputs=(*product.inputs, node.inputs[1 - place]),
                    outputs=node.outputs,
                )
    return graph.with_nodes((nodes[node.outputs[0]] for node in graph.nodes), {})


def _is_layer(graph: Graph, product: Node, bias: Array) -> bool:
    if product.op != "MatMul" or len(graph.users(product.outputs[0])) != 1:
        return False
    weight = graph.constants.get(product.inputs[1])
    if weight is None or weight.ndim != 2 or product.inputs[0] in graph.constants:  # noqa: PLR2004 - a matrix
        return False
    return bias.size == bias.shape[-1] == weight.shape[1] if bias.ndim else False


def _close(graph: Graph, name: str, value: float) -> bool:
    found = graph.constants.get(name)
    return (
        found is not None
        and found.size == 1
        and math.isclose(float(np.ravel(found)[0]), value, rel_tol=NEARLY)
    )


def _factors(graph: Graph, node: Node, value: float | None = None) -> list[tuple[str, str]]:
    """Return the inputs of a commutative node in both orders, the second a constant if asked."""
    pairs = [(node.inputs[0], node.inputs[1]), (node.inputs[1], node.inputs[0])]
    return [pair for pair in pairs if value is None or _close(graph, pair[1], value)]


def _fused_gelu(graph: Graph) -> Graph:
    """Make one activation of x / 2 (1 + erf(x / √2)), in whichever order it is multiplied."""
    found = {}
    for node in graph.nodes:
        if node.op == "Mul":
            source = _gelu_source(graph, node)
            if source is not None:
                found[node.outputs[0]] = replace(
                    node, op="Gelu", inputs=(source,), attributes={"approximate": "none"}
                )
    return graph.with_nodes((found.get(node.outputs[0], node) for node in graph.nodes), {})


def _gelu_source(graph: Graph, node: Node) -> str | None:
    """Return x where a product is the GELU of x."""
    flat = _multiplied(graph, node)
    for place, name in enumerate(flat):
        source = _erf_source(graph, name)
        rest = [other for number, other in enumerate(flat) if number != place]
        halves = [other for other in rest if _close(graph, other, 0.5)]
        halved = [other for other in rest if source is not None and _is_half(graph, other, source)]
        if source is not None and sorted([*halves, source]) == sorted(rest) and len(halves) == 1:
            return source
        if source is not None and halved and len(rest) == 1:
            return source
    return None


def _multiplied(graph: Graph, node: Node) -> list[str]:
    """Return the factors of a product of products."""
    names: list[str] = []
    for name in node.inputs:
        inner = graph.made_by(name)
        if inner is not None and inner.op == "Mul" and len(graph.users(name)) == 1:
            names += inner.inputs
        else:
            names.append(name)
    return names


def _is_half(graph: Graph, name: str, source: str) -> bool:
    node = graph.made_by(name)
    return node is not None and (
        (node.op == "Mul" and (source, True) in [(a, True) for a, _ in _factors(graph, node, 0.5)])
        or (node.op == "Div" and node.inputs[0] == source and _close(graph, node.inputs[1], 2.0))
    )


def _erf_source(graph: Graph, name: str) -> str | None:
    """Return x where a tensor is 1 + erf(x / √2)."""
    plus = graph.made_by(name)
    if plus is None or plus.op != "Add":
        return None
    for inner, _ in _factors(graph, plus, 1.0):
        erf = graph.made_by(inner)
        scaled = graph.made_by(erf.inputs[0]) if erf is not None and erf.op == "Erf" else None
        if scaled is None:
            continue
        if scaled.op == "Div" and _close(graph, scaled.inputs[1], math.sqrt(2)):
            return scaled.inputs[0]
        if scaled.op == "Mul" and _factors(graph, scaled, math.sqrt(0.5)):
            return _factors(graph, scaled, math.sqrt(0.5))[0][0]
    return None


def _fused_swish(graph: Graph) -> Graph:
    """Make one activation of x sigmoid(x)."""
    found = {}
    for node in graph.nodes:
        if node.op != "Mul":
            continue
        for source, gate in _factors(graph, node):
            inner = graph.made_by(gate)
            if inner is not None and inner.op == "Sigmoid" and inner.inputs[0] == source:
                found[node.outputs[0]] = replace(node, op="Swish", inputs=(source,), attributes={})
    return graph.with_nodes((found.get(node.outputs[0], node) for node in graph.nodes), {})
