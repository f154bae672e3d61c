"""ONNX operators with weights as torch layers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from audit.models.onnx_graph import Array
from audit.models.onnx_modules import Applied
from audit.models.onnx_step import Step

CONVOLUTIONS: Mapping[int, Any] = {1: nn.Conv1d, 2: nn.Conv2d, 3: nn.Conv3d}
MAXIMA: Mapping[int, Any] = {1: nn.MaxPool1d, 2: nn.MaxPool2d, 3: nn.MaxPool3d}
AVERAGES: Mapping[int, Any] = {1: nn.AvgPool1d, 2: nn.AvgPool2d, 3: nn.AvgPool3d}
NORMS: Mapping[int, Any] = {
    2: nn.BatchNorm1d,
    3: nn.BatchNorm1d,
    4: nn.BatchNorm2d,
    5: nn.BatchNorm3d,
}


def _tensor(value: Array) -> Tensor:
    return torch.from_numpy(np.array(value))


def _with(module: nn.Module, **values: Array | None) -> nn.Module:
    """Put weights into a module that was made without drawing any."""
    for name, value in values.items():
        if value is not None:
            old = getattr(module, name)
            tensor = _tensor(value)
            new = nn.Parameter(tensor) if isinstance(old, nn.Parameter) else tensor
            setattr(module, name, new)
    return module


def gemm(step: Step) -> nn.Module:
    """Return the Linear layer of a product with a constant matrix, and the bias added to it."""
    step.require(step.node.inputs[0] not in step.graph.constants, "of a constant")
    step.require(not step.stated("transA", 0), "of the transposed rows")
    weight, bias = step.weight(1), step.constant(2)
    step.require(weight.ndim == 2, "with other than a matrix")  # noqa: PLR2004 - rows and columns
    weight = weight if step.stated("transB", 0) else weight.T
    weight = weight * weight.dtype.type(step.stated("alpha", 1.0))
    if bias is not None:
        step.require(bias.size in {1, len(weight)}, "with a bias for each row")
        bias = np.broadcast_to(np.ravel(bias), (len(weight),))
        bias = bias * bias.dtype.type(step.stated("beta", 1.0))
    outputs, inputs = weight.shape
    module = nn.Linear(inputs, outputs, bias=bias is not None, device="meta")
    return _with(module, weight=np.ascontiguousarray(weight), bias=bias)


def convolution(step: Step) -> nn.Module:
    """Return the convolution, with a padding of its own where it is not the same on both sides."""
    weight, bias = step.weight(1), step.constant(2)
    dims = weight.ndim - 2
    step.require(dims in CONVOLUTIONS, f"in {dims} dimensions")
    before, padding = _padding(step, dims)
    groups = step.stated("group", 1)
    module = CONVOLUTIONS[dims](
        weight.shape[1] * groups,
        weight.shape[0],
        weight.shape[2:],
        stride=tuple(step.stated("strides", [1] * dims)),
        padding=padding,
        dilation=tuple(step.stated("dilations", [1] * dims)),
        groups=groups,
        bias=bias is not None,
        device="meta",
    )
    return _after(before, _with(module, weight=weight, bias=bias))


def _padding(step: Step, dims: int, filler: float = 0.0) -> tuple[nn.Module | None, Any]:
    kind = step.stated("auto_pad", "NOTSET")
    step.require(kind in {"NOTSET", "VALID"}, f"with auto_pad {kind}")
    pads = step.stated("pads", [0] * 2 * dims) if kind == "NOTSET" else [0] * 2 * dims
    first, last = tuple(pads[:dims]), tuple(pads[dims:])
    step.require(all(pad >= 0 for pad in pads), "with negative padding")
    if first == last:
        return None, first
    order = [pad for pair in zip(reversed(first), reversed(last), strict=True) for pad in pair]
    return Applied(nn.functional.pad, "pad", tuple(order), "constant", filler), (0,) * dims


def _after(before: nn.Module | None, module: nn.Module) -> nn.Module:
    return module if before is None else nn.Sequential(before, module)


def max_pool(step: Step) -> nn.Module:
    """Return the pooling by the largest value."""
    kernel = tuple(step.stated("kernel_shape"))
    step.require(len(kernel) in MAXIMA, "in such dimensions")
    before, padding = _padding(step, len(kernel), -np.inf)
    module: nn.Module = MAXIMA[len(kernel)](
        kernel,
        stride=tuple(step.stated("strides", [1] * len(kernel))),
        padding=padding,
        dilation=tuple(step.stated("dilations", [1] * len(kernel))),
        ceil_mode=bool(step.stated("ceil_mode", 0)),
    )
    return _after(before, module)


def average_pool(step: Step) -> nn.Module:
    """Return the pooling by the mean."""
    kernel = tuple(step.stated("kernel_shape"))
    step.require(len(kernel) in AVERAGES, "in such dimensions")
    before, padding = _padding(step, len(kernel))
    counted = bool(step.stated("count_include_pad", 0))
    step.require(before is None or counted, "with uneven padding that is not counted")
    step.require(all(size == 1 for size in step.stated("dilations", [1])), "with gaps")
    module: nn.Module = AVERAGES[len(kernel)](
        kernel,
        stride=tuple(step.stated("strides", [1] * len(kernel))),
        padding=padding,
        ceil_mode=bool(step.stated("ceil_mode", 0)),
        count_include_pad=counted,
    )
    return _after(before, module)


def batch_normalisation(step: Step) -> nn.Module:
    """Return the normalisation by the statistics that the file keeps."""
    step.require(not step.stated("training_mode", 0), "in training mode")
    rank = step.rank()
    step.require(rank in NORMS, "of a tensor of unknown rank")
    weight, bias, mean, variance = (step.weight(place) for place in (1, 2, 3, 4))
    module = NORMS[rank or 2](len(weight), eps=step.stated("epsilon", 1e-5))
    return _with(module, weight=weight, bias=bias, running_mean=mean, running_var=variance)


def layer_normalisation(step: Step) -> nn.Module:
    """Return the normalisation over the last dimensions of each row."""
    weight, bias = step.weight(1), step.constant(2)
    axis, rank = step.stated("axis", -1), step.rank()
    last = -axis if axis < 0 else (rank or 0) - axis
    step.require(last == weight.ndim, "with weights of other dimensions")
    module = nn.LayerNorm(
        weight.shape, eps=step.stated("epsilon", 1e-5), bias=bias is not None, device="meta"
    )
    return _with(module, weight=weight, bias=bias)


def _global(function: Callable[..., Any], words: str) -> Callable[[Step], nn.Module]:
    def build(step: Step) -> nn.Module:
        rank = step.rank()
        step.require(rank is not None and rank > 2, "of a tensor of unknown rank")  # noqa: PLR2004 - rows, channels and more
        return Applied(function, words, tuple(range(2, rank or 3)), True)

    return build


LAYERS: Mapping[str, Callable[[Step], nn.Module]] = {
    "Gemm": gemm,
    "Conv": convolution,
    "MaxPool": max_pool,
    "AveragePool": average_pool,
    "GlobalAveragePool": _global(torch.mean, "global mean"),
    "GlobalMaxPool": _global(torch.amax, "global max"),
    "BatchNormalization": batch_normalisation,
    "LayerNormalization": layer_normalisation,
}
