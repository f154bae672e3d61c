"""Which torch module computes which ONNX operator, as one table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from audit.models import onnx_modules as made
from audit.models.onnx_graph import Array
from audit.models.onnx_layers import LAYERS
from audit.models.onnx_modules import Applied, WithConstant
from audit.models.onnx_step import NoTwinError, Step
from audit.models.onnx_tensors import dtype_of

Builder = Callable[[Step], nn.Module]
FLAT_SOFTMAX, MATRIX = 13, 2


def module_for(step: Step) -> nn.Module:
    """Return the torch module that computes an operator.

    It takes the inputs that depend on the rows, in their order.

    Raises
    ------
    NoTwinError
        If there is none; names the operator and why.
    """
    if step.node.op not in OPERATORS:
        raise NoTwinError.of(step.node.op)
    if len([name for name in step.node.outputs if name]) > 1:
        used = [name for name in step.node.outputs[1:] if step.graph.users(name)]
        step.require(not used, "with several outputs")
    try:
        return OPERATORS[step.node.op](step)
    except (ValueError, TypeError, IndexError, KeyError, RuntimeError) as error:
        raise NoTwinError.of(step.node.op, f"cannot be built in torch: {error}") from error


def tensor_of(value: Array) -> Tensor:
    """Return a constant as a tensor of its own.

    Raises
    ------
    TypeError
        If torch has no such numbers.
    """
    return torch.from_numpy(np.array(value))


def _plain(function: Callable[..., Any], words: str) -> Builder:
    return lambda step: Applied(function, words)


def _binary(function: Callable[[Any, Any], Any], words: str) -> Builder:
    """Build arithmetic; one number stays a plain one, so that fx sees no second tensor."""

    def build(step: Step) -> nn.Module:
        if len(step.flowing) == MATRIX:
            return Applied(function, words)
        first = step.node.inputs[0] in step.graph.constants
        value = step.weight(0 if first else 1)
        if value.size == 1 and value.ndim <= 1 and value.dtype.kind == "f":
            number = value.item()
            if first:
                return Applied(lambda x: function(number, x), f"{number} {words}")
            return Applied(function, words, number)
        return WithConstant(function, words, tensor_of(value), first)

    return build


def _divided(left: Any, right: Any) -> Any:  # noqa: ANN401 - tensors and numbers
    whole = isinstance(left, Tensor) and not left.is_floating_point()
    return torch.div(left, right, rounding_mode="trunc") if whole else left / right


def _soft(module: type[nn.Softmax] | type[nn.LogSoftmax]) -> Builder:
    def build(step: Step) -> nn.Module:
        old = step.graph.opset < FLAT_SOFTMAX
        axis = step.stated("axis", 1 if old else -1)
        if old:  # older opsets take everything from the axis on as one
            rank = step.rank()
            step.require(axis == -1 or rank == step.axis(axis) + 1, "over several axes")
            return module(dim=-1)
        return module(dim=axis)

    return build


def _clip(step: Step) -> nn.Module:
    low, high = step.number("min", 1), step.number("max", 2)
    return Applied(made.clipped, "clip", low, high)


def _reshape(step: Step) -> nn.Module:
    shape = step.numbers("shape", 1)
    step.require(shape is not None, "without a shape")
    shape = [int(size) for size in shape or ()]
    step.require(not (0 in shape and step.stated("allowzero", 0)), "to nothing")
    port = step.graph.inputs[0] if len(step.graph.inputs) == 1 else None
    if port is not None and port.shape and shape and shape[0] == port.shape[0]:
        shape[0] = 0  # the file fixes how many rows it takes at a time
    if _rows_stay(step, shape):
        return nn.Flatten(1)
    return Applied(made.reshaped, "reshape", tuple(shape))


def _rows_stay(step: Step, shape: list[int]) -> bool:
    """Tell whether a reshape makes one row of numbers of each row."""
    if len(shape) != MATRIX:
        return False
    if shape[0] == 0 and shape[1] == -1:
        return True
    known = step.graph.known.get(step.node.inputs[0])
    sizes = known.shape[1:] if known is not None and known.shape else ()
    if not sizes or any(size is None for size in sizes):
        return False
    width = int(np.prod([size or 1 for size in sizes]))
    return shape[1] == width and shape[0] in {0, -1}


def _flatten(step: Step) -> nn.Module:
    axis = step.stated("axis", 1)
    return nn.Flatten(1) if axis == 1 else Applied(made.flattened, "flatten", axis)


def _squeeze(step: Step) -> nn.Module:
    axes = step.numbers("axes", 1)
    return Applied(made.squeezed, "squeeze", tuple(axes) if axes else None)


def _unsqueeze(step: Step) -> nn.Module:
    return Applied(made.unsqueezed, "unsqueeze", tuple(step.numbers("axes", 1) or ()))


def _transpose(step: Step) -> nn.Module:
    order = step.stated("perm")
    return Applied(made.transposed, "transpose", tuple(order) if order else None)


def _concat(step: Step) -> nn.Module:
    step.require(len(step.flowing) == len(step.node.inputs), "with constants")
    return Applied(made.joined, "concat", step.stated("axis"))


def _slice(step: Step) -> nn.Module:
    starts, ends = step.numbers("starts", 1) or [], step.numbers("ends", 2) or []
    axes = step.numbers("axes", 3) or list(range(len(starts)))
    steps = step.numbers("steps", 4) or [1] * len(starts)
    step.require(all(size > 0 for size in steps), "backwards")
    return Applied(made.sliced, "slice", tuple(zip(axes, starts, ends, steps, strict=True)))


def _gather(step: Step) -> nn.Module:
    axis, data = step.stated("axis", 0), step.graph.constants.get(step.node.inputs[0])
    if data is not None:
        step.require(axis == 0 and data.ndim == MATRIX, "from such a constant")
        module = nn.Embedding(len(data), data.shape[1], device="meta")
        module.weight = nn.Parameter(tensor_of(data))
        return module
    places = step.weight(1)
    if places.ndim == 0:
        return Applied(torch.select, "select", axis, int(places))
    step.require(places.ndim == 1, "at a matrix of places")
    return WithConstant(
        lambda x, where: x.index_select(axis, torch.where(where < 0, where + x.shape[axis], where)),
        f"gather axis={axis}",
        tensor_of(places.astype(np.int64)),
        first=False,
    )


def _cast(step: Step) -> nn.Module:
    kind = dtype_of(step.stated("to", 0))
    if kind is None or kind.kind not in "fiub":
        raise NoTwinError.of("Cast", "to other than numbers has no torch twin")
    known = step.graph.known.get(step.node.inputs[0])
    if known is not None and known.dtype == kind.name:
        return nn.Identity()
    return Applied(Tensor.to, "cast", tensor_of(np.zeros(1, dtype=kind)).dtype)


def _dropout(step: Step) -> nn.Module:
    step.require(not step.number("training_mode", 2, False), "in training mode")
    ratio = step.number("ratio", 1, 0.5)
    return nn.Dropout(float(ratio))


def _gelu(step: Step) -> nn.Module:
    return nn.GELU(approximate=step.stated("approximate", "none"))


def _prelu(step: Step) -> nn.Module:
    slope = tensor_of(np.ravel(step.weight(1)))
    step.require(len(slope) == 1, "with a slope for each unit")
    module = nn.PReLU(dtype=slope.dtype)
    module.weight.data = slope
    return module


def _reduced(function: Callable[..., Any], words: str) -> Builder:
    def build(step: Step) -> nn.Module:
        axes, keep = step.numbers("axes", 1), bool(step.stated("keepdims", 1))
        step.require(bool(axes) and 0 not in (axes or ()), "over the rows")
        return Applied(function, words, tuple(axes or ()), keep)

    return build


def _matmul(step: Step) -> nn.Module:
    if len(step.flowing) == MATRIX:
        return Applied(torch.matmul, "matmul")
    if step.node.inputs[0] in step.graph.constants or step.weight(1).ndim != MATRIX:
        return _binary(torch.matmul, "matmul")(step)
    return LAYERS["Gemm"](step)


def _normalizer(step: Step) -> nn.Module:
    return Applied(made.normalized, "normalise", step.stated("norm", "MAX"))


OPERATORS: Mapping[str, Builder] = {
    **LAYERS,
    "MatMul": _matmul,
    "Relu": lambda step: nn.ReLU(),
    "Sigmoid": lambda step: nn.Sigmoid(),
    "Tanh": lambda step: nn.Tanh(),
    "Gelu": _gelu,
    "Swish": lambda step: nn.SiLU(),
    "LeakyRelu": lambda step: nn.LeakyReLU(step.stated("alpha", 0.01)),
    "Elu": lambda step: nn.ELU(step.stated("alpha", 1.0)),
    "Celu": lambda step: nn.CELU(step.stated("alpha", 1.0)),
    "Selu": lambda step: nn.SELU(),
    "PRelu": _prelu,
    "Softplus": lambda step: nn.Softplus(threshold=1000),
    "Softsign": lambda step: nn.Softsign(),
    "HardSwish": lambda step: nn.Hardswish(),
    "HardSigmoid": lambda step: Applied(
        made.hard_sigmoid, "hard sigmoid", step.stated("alpha", 0.2), step.stated("beta", 0.5)
    ),
    "Mish": lambda step: nn.Mish(),
    "ThresholdedRelu": lambda step: nn.Threshold(step.stated("alpha", 1.0), 0.0),
    "Softmax": _soft(nn.Softmax),
    "LogSoftmax": _soft(nn.LogSoftmax),
    "Clip": _clip,
    "Dropout": _dropout,
    "Identity": lambda step: nn.Identity(),
    "Cast": _cast,
    "Flatten": _flatten,
    "Reshape": _reshape,
    "Squeeze": _squeeze,
    "Unsqueeze": _unsqueeze,
    "Transpose": _transpose,
    "Concat": _concat,
    "Slice": _slice,
    "Gather": _gather,
    "Normalizer": _normalizer,
    "Add": _binary(lambda a, b: a + b, "+"),
    "Sub": _binary(lambda a, b: a - b, "-"),
    "Mul": _binary(lambda a, b: a * b, "*"),
    "Div": _binary(_divided, "/"),
    "Pow": _binary(lambda a, b: a**b, "**"),
    "ReduceMean": _reduced(torch.mean, "mean"),
    "ReduceSum": _reduced(torch.sum, "sum"),
    "ReduceMax": _reduced(torch.amax, "max"),
    "ReduceMin": _reduced(torch.amin, "min"),
    "Erf": _plain(torch.erf, "erf"),
    "Exp": _plain(torch.exp, "exp"),
    "Log": _plain(torch.log, "log"),
    "Sqrt": _plain(torch.sqrt, "sqrt"),
    "Abs": _plain(torch.abs, "abs"),
    "Neg": _plain(torch.neg, "neg"),
    "Reciprocal": _plain(torch.reciprocal, "reciprocal"),
}
