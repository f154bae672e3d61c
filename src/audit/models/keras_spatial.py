"""Convolutions and pooling of Keras as torch modules, inside Keras's own layout."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils import skip_init

from audit.models.keras_activations import activation
from audit.models.keras_modules import ChannelsLast, Cropped, Padded, Pooled, SameAverage
from audit.models.keras_step import Modules, Step

Sizes = tuple[int, ...]
CONVOLUTIONS = {1: nn.Conv1d, 2: nn.Conv2d, 3: nn.Conv3d}
MAXIMA = {1: nn.MaxPool1d, 2: nn.MaxPool2d, 3: nn.MaxPool3d}
MEANS = {1: nn.AvgPool1d, 2: nn.AvgPool2d, 3: nn.AvgPool3d}


def _sizes(step: Step, name: str, places: int, usual: Any = 1) -> Sizes:  # noqa: ANN401 - parsed JSON
    value = step.settings.get(name, usual)
    value = usual if value is None else value
    found = tuple(int(item) for item in value) if isinstance(value, list | tuple) else (
        (int(value),) * places
    )  # fmt: skip
    if len(found) != places or min(found) < 1:
        raise step.unsupported(f"states {name} {value}")
    return found


def _layout(step: Step) -> tuple[int, Sizes]:
    """Return how many channels come in, and the sizes of the other dimensions."""
    if step.channels_first:
        return step.shape[0], step.shape[1:]
    return step.shape[-1], step.shape[:-1]


def _laid_out(step: Step, parts: Sequence[nn.Module]) -> nn.Module:
    """Put channels first around modules where Keras has them last."""
    module = parts[0] if len(parts) == 1 else nn.Sequential(*parts)
    return module if step.channels_first else ChannelsLast(module)


def _pads(step: Step, places: Sizes, kernel: Sizes, strides: Sizes) -> list[tuple[int, int]]:
    """Return what goes before and after each dimension, for a kernel as wide as it reaches."""
    how = step.settings.get("padding", "valid")
    if how == "valid":
        return [(0, 0)] * len(kernel)
    if how == "causal" and len(kernel) == 1:
        return [(kernel[0] - 1, 0)]
    if how != "same":
        raise step.unsupported(f"has padding {how!r}")
    total = [
        max((-(-size // stride) - 1) * stride + reach - size, 0)
        for size, reach, stride in zip(places, kernel, strides, strict=True)
    ]
    return [(missing // 2, missing - missing // 2) for missing in total]


def _convolution(
    step: Step, weight: Tensor, bias: Tensor | None, groups: int, *, pointwise: bool = False
) -> list[nn.Module]:
    """Return a convolution with the padding before it; `weight` is as torch has it."""
    kernel = tuple(weight.shape[2:])
    rank = len(kernel)
    strides = (1,) * rank if pointwise else _sizes(step, "strides", rank)
    dilation = (1,) * rank if pointwise else _sizes(step, "dilation_rate", rank)
    _, places = _layout(step)
    module = skip_init(  # type: ignore[no-untyped-call]  # torch's own
        CONVOLUTIONS[rank],
        weight.shape[1] * groups,
        weight.shape[0],
        kernel,
        stride=strides,
        dilation=dilation,
        groups=groups,
        bias=bias is not None,
        dtype=weight.dtype,
    )
    state = {"weight": weight.contiguous()}
    if bias is not None:
        state["bias"] = bias
    module.load_state_dict(state)
    reach = tuple((size - 1) * rate + 1 for size, rate in zip(kernel, dilation, strict=True))
    pads = [(0, 0)] if pointwise else _pads(step, places, reach, strides)
    padded = any(side for pair in pads for side in pair)
    return [Padded(pads), module] if padded else [module]


def convolution(step: Step) -> Modules:
    """Return the twin of Conv1D, Conv2D or Conv3D."""
    channels, places = _layout(step)
    groups, filters = step.whole("groups", 1), step.whole("filters")
    kernel = _sizes(step, "kernel_size", len(places))
    roles = {"kernel": (*kernel, channels // groups, filters)}
    if step.settings.get("use_bias", True):
        roles["bias"] = (filters,)
    found = step.read(roles)
    rank = len(kernel)
    weight = found["kernel"].permute(rank + 1, rank, *range(rank))
    parts = _convolution(step, weight, found.get("bias"), groups)
    return [("", _laid_out(step, parts)), *activation(step)]


def depthwise(step: Step) -> Modules:
    """Return the twin of DepthwiseConv1D or DepthwiseConv2D: a group for each channel."""
    channels, places = _layout(step)
    times = step.whole("depth_multiplier", 1)
    kernel = _sizes(step, "kernel_size", len(places))
    roles = {"depthwise_kernel": (*kernel, channels, times)}
    if step.settings.get("use_bias", True):
        roles["bias"] = (channels * times,)
    found = step.read(roles)
    weight = _by_channel(found["depthwise_kernel"])
    parts = _convolution(step, weight, found.get("bias"), channels)
    return [("", _laid_out(step, parts)), *activation(step)]


def _by_channel(kernel: Tensor) -> Tensor:
    rank = kernel.ndim - 2
    return kernel.permute(rank, rank + 1, *range(rank)).reshape(-1, 1, *kernel.shape[:rank])


def separable(step: Step) -> Modules:
    """Return the twin of SeparableConv1D or SeparableConv2D: depthwise, then across channels."""
    channels, places = _layout(step)
    times, filters = step.whole("depth_multiplier", 1), step.whole("filters")
    kernel = _sizes(step, "kernel_size", len(places))
    ones = (1,) * len(places)
    roles = {
        "depthwise_kernel": (*kernel, channels, times),
        "pointwise_kernel": (*ones, channels * times, filters),
    }
    if step.settings.get("use_bias", True):
        roles["bias"] = (filters,)
    found = step.read(roles)
    across = found["pointwise_kernel"]
    rank = len(places)
    point = across.permute(rank + 1, rank, *range(rank))
    parts = [
        *_convolution(step, _by_channel(found["depthwise_kernel"]), None, channels),
        *_convolution(step, point, found.get("bias"), 1, pointwise=True),
    ]
    return [("", _laid_out(step, parts)), *activation(step)]


def pooling(step: Step) -> Modules:
    """Return the twin of a pooling layer with a window."""
    _, places = _layout(step)
    rank = len(places)
    window = _sizes(step, "pool_size", rank, 2)
    strides = _sizes(step, "strides", rank, window)
    pads = _pads(step, places, window, strides)
    padded = any(side for pair in pads for side in pair)
    if step.spec.kind.startswith("Average"):
        pool: nn.Module = MEANS[rank](window, strides)
        return [("", _laid_out(step, [SameAverage(pool, pads) if padded else pool]))]
    pool = MAXIMA[rank](window, strides)
    parts = [Padded(pads, -torch.inf), pool] if padded else [pool]
    return [("", _laid_out(step, parts))]


def global_pooling(step: Step) -> Modules:
    """Return the twin of a pooling layer over all places."""
    dims = range(2, step.rank) if step.channels_first else range(1, step.rank - 1)
    mean = "Average" in step.spec.kind
    keep = bool(step.settings.get("keepdims", False))
    return [("", Pooled(tuple(dims), mean=mean, keep=keep))]


def _sides(step: Step, name: str, places: int) -> list[tuple[int, int]]:
    value = step.settings.get(name, 1)
    items = [value] * places if isinstance(value, int) else list(value)
    if places == 1 and len(items) == 2:  # noqa: PLR2004 - before and after
        items = [items]
    pairs = [(item, item) if isinstance(item, int) else (item[0], item[1]) for item in items]
    if len(pairs) != places or min(min(pair) for pair in pairs) < 0:
        raise step.unsupported(f"states {name} {value}")
    return pairs


def zero_padding(step: Step) -> Modules:
    """Return the twin of a ZeroPadding layer."""
    _, places = _layout(step)
    return [("", _laid_out(step, [Padded(_sides(step, "padding", len(places)))]))]


def cropping(step: Step) -> Modules:
    """Return the twin of a Cropping layer."""
    _, places = _layout(step)
    return [("", _laid_out(step, [Cropped(_sides(step, "cropping", len(places)))]))]


SPATIAL: Mapping[str, Callable[[Step], Modules]] = {
    **{f"Conv{rank}D": convolution for rank in (1, 2, 3)},
    **{f"DepthwiseConv{rank}D": depthwise for rank in (1, 2)},
    **{f"SeparableConv{rank}D": separable for rank in (1, 2)},
    **{f"{kind}Pooling{rank}D": pooling for kind in ("Max", "Average") for rank in (1, 2, 3)},
    **{
        f"Global{kind}Pooling{rank}D": global_pooling
        for kind in ("Max", "Average")
        for rank in (1, 2, 3)
    },
    **{f"ZeroPadding{rank}D": zero_padding for rank in (1, 2, 3)},
    **{f"Cropping{rank}D": cropping for rank in (1, 2, 3)},
}
