"""Reading an ONNX file: parsed only after its sizes are known, and nothing in it run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audit.errors import ModelError, nearest
from audit.models.onnx_tensors import load_external, require_honest
from audit.models.onnx_wire import AGAIN, require_parsable

if TYPE_CHECKING:
    import onnx

LARGEST = 2**31 - 1
OLDEST = 7
EXTRA = 'pip install "weight-audit[onnx]"'
SCORES = "audit its scores instead: predictions: {score: column}"
BUILT_IN = frozenset({"", "ai.onnx", "ai.onnx.ml", "com.microsoft"})
NEVER = {
    "Loop": "repeats a part of the graph for as long as it likes",
    "EPContext": "loads a file of its own",
    "PythonOp": "runs Python code",
    "PyOp": "runs Python code",
}


def read_onnx(path: Path) -> tuple[onnx.ModelProto, bytes]:
    """Return the parsed model, weights kept beside it included, and the bytes of the file.

    Raises
    ------
    ModelError
        If onnx is not installed, or the file is missing, damaged, larger than 2 GB, of a version
        that is not read, claims sizes that it does not have, points outside its folder, or needs
        code of its own.
    """
    onnx = _library()
    data = _bytes(path)
    require_parsable(data, onnx.ModelProto.DESCRIPTOR, path.name)
    model = onnx.ModelProto()
    try:
        model.ParseFromString(data)
    except Exception as error:  # protobuf's DecodeError has moved between its versions
        raise ModelError(f"{path.name} is damaged or not an ONNX file: {error}", AGAIN) from error
    if not model.graph.node:
        raise ModelError(f"{path.name} holds no ONNX graph", AGAIN)
    _require_version(model, path.name)
    model = _inlined(model, path.name)
    _require_known(model, path.name)
    require_honest(model, path.name)
    load_external(model, path)
    _require_valid(model, path.name)
    return model, data


def _library() -> Any:  # noqa: ANN401 - the module onnx
    try:
        import onnx
        import onnx.checker
    except ImportError as error:
        raise ModelError(
            f"an ONNX file needs the package onnx, which cannot be imported: {error}", EXTRA
        ) from error
    return onnx


def _bytes(path: Path) -> bytes:
    if not path.is_file():
        if path.is_dir():
            raise ModelError(f"{path.name} is a folder, expected an ONNX file", AGAIN)
        there = [item.name for item in path.parent.glob("*.onnx")]
        raise ModelError(f"model file {path.name} does not exist", nearest(path.name, there))
    try:
        size = path.stat().st_size
        if size > LARGEST:
            raise ModelError(f"{path.name} has {size:,} bytes, more than 2 GB", SCORES)
        return path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path.name} cannot be read: {error.strerror}") from error


def _require_version(model: onnx.ModelProto, name: str) -> None:
    import onnx

    newest = {"": onnx.defs.onnx_opset_version(), "ai.onnx.ml": onnx.defs.onnx_ml_opset_version()}
    for used in model.opset_import:
        domain = "" if used.domain == "ai.onnx" else used.domain
        if used.version > newest.get(domain, LARGEST) or model.ir_version > onnx.IR_VERSION:
            raise ModelError(
                f"{name} is of opset {used.version} {used.domain} (IR {model.ir_version}), newer "
                f"than onnx {onnx.__version__} reads ({newest.get(domain)}, IR {onnx.IR_VERSION})",
                "update onnx, or export with opset_version=17",
            )
        if domain == "" and used.version < OLDEST:
            raise ModelError(
                f"{name} is of opset {used.version}, older than the oldest read ({OLDEST})",
                "export it again, or convert it: onnx.version_converter.convert_version(model, 17)",
            )


def nodes_of(graph: onnx.GraphProto) -> Iterator[onnx.NodeProto]:
    """Iterate over the nodes of a graph and of all graphs inside it."""
    for node in graph.node:
        yield node
        for attribute in node.attribute:
            for inner in (attribute.g, *attribute.graphs):
                yield from nodes_of(inner)


def _require_known(model: onnx.ModelProto, name: str) -> None:
    for node in nodes_of(model.graph):
        if node.domain not in BUILT_IN:
            raise ModelError(
                f"{name}: operator {node.op_type} belongs to {node.domain}, which needs a library "
                "of its own; such libraries are never loaded",
                SCORES,
            )
        if node.op_type in NEVER:
            raise ModelError(f"{name}: operator {node.op_type} {NEVER[node.op_type]}", SCORES)


def _inlined(model: onnx.ModelProto, name: str) -> onnx.ModelProto:
    """Put functions that the file defines where they are called, after counting what comes out."""
    if not model.functions:
        return model
    import onnx.inliner

    _require_few_calls(model, name)
    try:
        return onnx.inliner.inline_local_functions(model)
    except Exception as error:
        raise ModelError(f"{name}: its functions cannot be inlined: {error}", AGAIN) from error


def _require_few_calls(model: onnx.ModelProto, name: str, limit: int = 100_000) -> None:
    bodies = {(body.domain, body.name): body for body in model.functions}
    sizes: dict[tuple[str, str], int] = {}

    def size(nodes: Any, open_calls: tuple[tuple[str, str], ...]) -> int:  # noqa: ANN401 - nodes of protobuf
        total = 0
        for node in nodes:
            key = (node.domain, node.op_type)
            if key in open_calls:
                raise ModelError(f"{name}: function {node.op_type} calls itself", AGAIN)
            if key in bodies and key not in sizes:
                sizes[key] = size(_all(bodies[key].node), (*open_calls, key))
            total += sizes.get(key, 1)
        return total

    if size(_all(model.graph.node), ()) > limit:
        raise ModelError(f"{name}: its functions unfold to more than {limit:,} operators", SCORES)


def _all(nodes: Any) -> Iterator[onnx.NodeProto]:  # noqa: ANN401 - nodes of protobuf
    for node in nodes:
        yield node
        for attribute in node.attribute:
            for inner in (attribute.g, *attribute.graphs):
                yield from _all(inner.node)


def _require_valid(model: onnx.ModelProto, name: str) -> None:
    import onnx.checker

    try:
        onnx.checker.check_model(model)
    except Exception as error:  # ValidationError, or what protobuf says of one too large
        said = str(error).split("==>")[0].strip()
        raise ModelError(f"{name} is not valid ONNX: {said}", AGAIN) from error
