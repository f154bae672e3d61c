"""The operators of an exported graph: those that are layers again, and those taken as they are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

Arguments = Mapping[str, Any]

ACTIVATIONS: Mapping[str, Callable[[Arguments], nn.Module]] = {
    "relu.default": lambda _: nn.ReLU(),
    "sigmoid.default": lambda _: nn.Sigmoid(),
    "tanh.default": lambda _: nn.Tanh(),
    "gelu.default": lambda given: nn.GELU(given.get("approximate", "none")),
    "silu.default": lambda _: nn.SiLU(),
    "elu.default": lambda given: nn.ELU(given.get("alpha", 1.0)),
    "selu.default": lambda _: nn.SELU(),
    "leaky_relu.default": lambda given: nn.LeakyReLU(given.get("negative_slope", 0.01)),
    "softplus.default": lambda given: nn.Softplus(
        given.get("beta", 1.0), given.get("threshold", 20.0)
    ),
    "hardtanh.default": lambda given: nn.Hardtanh(
        given.get("min_val", -1.0), given.get("max_val", 1.0)
    ),
    "softmax.int": lambda given: nn.Softmax(given["dim"]),
    "_softmax.default": lambda given: nn.Softmax(given["dim"]),
    "log_softmax.int": lambda given: nn.LogSoftmax(given["dim"]),
    "_log_softmax.default": lambda given: nn.LogSoftmax(given["dim"]),
    "dropout.default": lambda given: nn.Dropout(given["p"]),
    "flatten.using_ints": lambda given: nn.Flatten(
        given.get("start_dim", 0), given.get("end_dim", -1)
    ),
}
# Names of the input, the weight and the bias (or none) among the arguments.
LINEAR: Mapping[str, tuple[str, str, str]] = {
    "linear.default": ("input", "weight", "bias"),
    "addmm.default": ("mat1", "mat2", "self"),
    "mm.default": ("self", "mat2", ""),
    "matmul.default": ("self", "other", ""),
}
NORMALISING = frozenset({"batch_norm.default", "_native_batch_norm_legit_no_training.default"})
PASSED_ON = frozenset({"clone", "contiguous", "alias", "lift_fresh_copy"})
TRAINING = {"dropout.default": "train", "batch_norm.default": "training"}

# Everything here computes tensors from tensors: no files, no randomness, no new memory beyond it.
PLAIN = frozenset(
    """
    abs add addmm amax amin any all argmax avg_pool1d avg_pool2d adaptive_avg_pool1d
    adaptive_avg_pool2d baddbmm batch_norm bmm bitwise_and bitwise_not bitwise_or cat ceil celu
    chunk clamp clamp_min clamp_max clone concat constant_pad_nd contiguous conv1d conv2d
    convolution cos div dropout elu embedding eq erf exp expand flatten floor ge gelu glu
    group_norm gt hardsigmoid hardswish hardtanh layer_norm le leaky_relu linear log log1p log2
    log_sigmoid log_softmax logical_and logical_not logical_or logsumexp lt masked_fill matmul
    max maximum max_pool1d max_pool2d mean min minimum mish mm mul native_layer_norm
    native_group_norm ne neg _native_batch_norm_legit_no_training pad permute pow prelu prod
    reciprocal relu relu6 reshape round rsqrt rsub scaled_dot_product_attention select selu
    sigmoid sign silu sin slice softmax _softmax _log_softmax softplus split split_with_sizes
    sqrt square squeeze stack std sub sum t tanh to _to_copy transpose unbind unflatten
    unsqueeze var view _unsafe_view where alias detach lift_fresh_copy
    """.split()  # noqa: SIM905 - a list of quoted names is far longer to read
)
SIZES = frozenset({"sym_size.int"})
ARITHMETIC = frozenset({"add", "sub", "mul", "floordiv", "getitem"})
CHECKS = ("_assert_tensor_metadata", "_assert_scalar", "sym_constrain_range", "_assert_async")


def operator_of(target: str) -> Any:  # noqa: ANN401 - a function of torch or of Python
    """Return the function that a target in a graph names, or None where it is not a known one."""
    import operator

    module, _, short = target.rpartition(".")
    if module == "_operator" and short in ARITHMETIC:
        return getattr(operator, short)
    name, _, overload = target.removeprefix("torch.ops.aten.").partition(".")
    known = name in PLAIN or f"{name}.{overload}" in SIZES
    if not target.startswith("torch.ops.aten.") or not known or overload.endswith("out"):
        return None
    packet = getattr(torch.ops.aten, name, None)
    found = packet is not None and overload in packet.overloads()
    return getattr(packet, overload) if found else None


def linear(weight: Tensor, bias: Tensor | None) -> nn.Linear:
    """Return a Linear layer that holds these tensors."""
    layer = nn.Linear(weight.shape[1], weight.shape[0], bias=bias is not None, device="meta")
    layer.weight = nn.Parameter(weight, requires_grad=weight.is_floating_point())
    if bias is not None:
        layer.bias = nn.Parameter(bias)
    return layer


def batch_norm(tensors: Mapping[str, Tensor | None], eps: float) -> nn.BatchNorm1d:
    """Return a BatchNorm1d layer that holds weight, bias, running_mean and running_var."""
    mean = tensors["running_mean"]
    if mean is None:
        raise ValueError("no running statistics")
    layer = nn.BatchNorm1d(len(mean), eps=eps, affine=tensors["weight"] is not None)
    for name, tensor in tensors.items():
        if tensor is not None and name.startswith("running"):
            layer.register_buffer(name, tensor)
        elif tensor is not None:
            setattr(layer, name, nn.Parameter(tensor))
    return layer.to(mean.dtype)
