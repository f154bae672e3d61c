"""Asking an ONNX graph through onnxruntime: for the comparison, and as a black box."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from audit.errors import ModelError
from audit.models.onnx_graph import Array, Port

if TYPE_CHECKING:
    import onnx

EXTRA = 'pip install "weight-audit[onnx]"'
SMALL = 10_000_000
QUIET = 4
SCORES = "audit its scores instead: predictions: {score: column}"


class NoRuntimeError(Exception):
    """onnxruntime is not installed."""


@dataclass(frozen=True, kw_only=True)
class Session:
    """A graph in onnxruntime.

    Attributes
    ----------
    runtime : any
        The InferenceSession.
    name : str
        Of the file.
    version : str
        Of onnxruntime.
    ports : tuple of Port
        What it takes.
    """

    runtime: Any
    name: str
    version: str
    ports: tuple[Port, ...]

    def ask(self, feeds: Mapping[str, Array]) -> NDArray[np.float64]:
        """Return the answers to rows, shape (n, ...), in batches of the size that the file fixes.

        Raises
        ------
        ModelError
            If onnxruntime fails, or answers with something else than numbers for each row.
        """
        rows = len(next(iter(feeds.values())))
        size = self._fixed() or rows
        parts = []
        for start in range(0, rows, max(size, 1)):
            part = {name: value[start : start + size] for name, value in feeds.items()}
            parts.append(self._run(part, size)[: rows - start])
        return np.concatenate(parts)

    def _fixed(self) -> int | None:
        sizes = {port.shape[0] for port in self.ports if port.shape} - {None}
        if len(sizes) > 1:
            raise ModelError(
                f"{self.name} takes {sorted(map(str, sizes))} rows at a time in different inputs",
                "export it with a batch dimension of any size",
            )
        return next(iter(sizes), None)

    def _run(self, feeds: dict[str, Array], size: int) -> NDArray[np.float64]:
        """Ask about one batch; a short one is filled up with its last row."""
        filled = {name: _filled(value, size) for name, value in feeds.items()}
        try:
            answer = self.runtime.run(None, filled)[0]
        except Exception as error:  # onnxruntime has a family of errors of its own
            said = str(error).split(" : ", 3)[-1]
            raise ModelError(
                f"onnxruntime fails on {self.name}: {said}",
                "check data.features and the types of the columns",
            ) from error
        found = np.asarray(answer)
        if found.dtype.kind not in "fiub" or found.ndim == 0 or len(found) != size:
            raise ModelError(
                f"{self.name}: expected numbers for {size} rows, came shape {found.shape} of "
                f"{found.dtype}",
                SCORES,
            )
        return found.astype(np.float64)


def _filled(value: Array, size: int) -> Array:
    lacking = size - len(value)
    return np.concatenate([value, np.repeat(value[-1:], lacking, axis=0)]) if lacking else value


def session_of(model: onnx.ModelProto, tensor: str, ports: tuple[Port, ...], name: str) -> Session:
    """Return a session that makes one tensor of a graph, on the CPU and with no other library.

    Raises
    ------
    NoRuntimeError
        If onnxruntime is not installed.
    ModelError
        If it cannot read the graph.
    """
    try:
        import onnxruntime
    except ImportError as error:
        raise NoRuntimeError(str(error)) from error
    data = _with_output(model, tensor).SerializeToString()
    options = onnxruntime.SessionOptions()
    options.log_severity_level = QUIET
    if len(data) < SMALL:
        options.intra_op_num_threads = options.inter_op_num_threads = 1
    try:
        runtime = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime has a family of errors of its own
        said = str(error).split(" : ", 3)[-1]
        raise ModelError(
            f"onnxruntime {onnxruntime.__version__} cannot run {name}: {said}",
            f"update onnxruntime, export with opset_version=17, or {SCORES}",
        ) from error
    used = {item.name for item in runtime.get_inputs()}
    return Session(
        runtime=runtime,
        name=name,
        version=onnxruntime.__version__,
        ports=tuple(port for port in ports if port.name in used),
    )


def _with_output(model: onnx.ModelProto, tensor: str) -> onnx.ModelProto:
    import onnx

    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    del copy.graph.output[:]
    copy.graph.output.append(onnx.helper.make_empty_tensor_value_info(tensor))
    return copy
