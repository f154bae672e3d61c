"""Following a network from its input to its answer, to see whether it is a chain of Linear layers.

What the network does is recorded by ``torch.fx``, so that modules, functions and methods are all
seen and the order is that of the computation, not that in which modules were registered.
"""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor, fx, nn

from audit.models.inference import evaluating
from audit.models.model import Encoded, TorchModel
from audit.models.outputs import OutputForm
from audit.weights.chain import Chain, Layer, NotAChainError, Operation

PASSING = (nn.Identity, nn.Dropout, nn.AlphaDropout, nn.Flatten)
CLOSE = 1e-4
TABLE = 2
FEW = 256


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step of a network.

    Attributes
    ----------
    node : fx.Node
        What was recorded.
    name : str
        Of the module in its network, or of a function.
    module : nn.Module or None
        None where a function or a method is called.
    """

    node: fx.Node
    name: str
    module: nn.Module | None


@dataclass
class Draft:
    """A chain in the making.

    Attributes
    ----------
    sample : Tensor
        A few encoded rows.
    layers : list of Layer
    pending : tuple of name, scale and shift, or None
        A batch normalisation that waits for the Linear layer after it.
    """

    sample: Tensor
    layers: list[Layer] = field(default_factory=list)
    pending: tuple[str, Tensor, Tensor] | None = None


def trace(model: TorchModel, encoded: Encoded) -> Chain:
    """Return the network as a chain of Linear layers, batch normalisation folded in.

    Parameters
    ----------
    model : TorchModel
        Left as it is: parameters are copied to double precision.
    encoded : Encoded
        Some rows, on which the chain is held against the network.

    Raises
    ------
    NotAChainError
        If the network takes several tensors, branches, holds parameters outside Linear and
        BatchNorm1d layers, or computes something else than its layers in a row. Names the layer.
    """
    sample = _only_table(encoded).double()
    device = torch.device("cpu") if sample.device.type == "mps" else sample.device
    with evaluating(model.network):
        draft = Draft(sample=sample.to(device))
        (columns,) = encoded.columns.values()
        layers = drafted(draft, [_step(node, model.network) for node in _nodes(model.network)])
        chain = Chain(layers=layers, form=model.form, columns=columns)
        require_same(model, encoded, chain, draft.sample)
    return chain


def drafted(draft: Draft, steps: Iterable[Step]) -> tuple[Layer, ...]:
    """Take steps into a draft, one after the other, and return its layers.

    Raises
    ------
    NotAChainError
        If they are no chain of Linear layers.
    """
    for step in steps:
        _take(draft, step)
    if draft.pending:
        raise NotAChainError(_unfolded(draft.pending[0]))
    if not draft.layers:
        raise NotAChainError("the network has no Linear layer")
    return tuple(draft.layers)


def _step(node: fx.Node, network: nn.Module) -> Step:
    if node.op != "call_module":
        return Step(node=node, name=node.name, module=None)
    name = str(node.target)
    return Step(node=node, name=name, module=network.get_submodule(name))


def _only_table(encoded: Encoded) -> Tensor:
    if len(encoded.tensors) != 1:
        names = ", ".join(encoded.tensors)
        raise NotAChainError(f"the network takes {len(encoded.tensors)} tensors: {names}")
    ((name, tensor),) = encoded.tensors.items()
    if tensor.ndim != TABLE or not tensor.is_floating_point():
        raise NotAChainError(
            f"tensor {name!r} is no table of numbers (shape {tuple(tensor.shape)}, {tensor.dtype})"
        )
    return tensor


def _nodes(network: nn.Module) -> list[fx.Node]:
    """Return the steps of the network, each of which takes what the step before it gave."""
    if isinstance(network, torch.jit.ScriptModule):
        raise NotAChainError("the network is a TorchScript program, whose steps cannot be followed")
    try:
        graph = fx.Tracer().trace(network)
    except Exception as error:
        raise NotAChainError(
            f"the forward of {type(network).__name__} cannot be followed: {error}"
        ) from error
    nodes = [node for node in graph.nodes if node.op != "placeholder" or node.users]
    inputs = [node for node in nodes if node.op == "placeholder"]
    if len(inputs) != 1:
        raise NotAChainError(f"the network takes {len(inputs)} inputs")
    previous = inputs[0]
    steps = []
    for node in nodes[1:]:
        if node.all_input_nodes != [previous]:
            raise NotAChainError(f"{_words(node)} does not take the output of one layer alone")
        steps.append(node)
        previous = node
    return steps[:-1]


def _words(node: fx.Node) -> str:
    if node.op == "output":
        return "the answer"
    if node.op == "call_module":
        return f"layer {node.target}"
    if node.op == "get_attr":
        return f"parameter {node.target}"
    return f"step {node.name}"


def _take(draft: Draft, step: Step) -> None:
    """Add one step of the network to the draft."""
    name, module, device = step.name, step.module, draft.sample.device
    if module is None:
        _add_operation(draft, name, _recorded(step.node))
    elif isinstance(module, nn.Linear):
        _add_linear(draft, name, module, device)
    elif isinstance(module, nn.BatchNorm1d):
        _add_normalisation(draft, name, module, device)
    elif any(True for _ in module.parameters()):
        raise NotAChainError(
            f"layer {name} is a {type(module).__name__}: it has parameters and is not Linear"
        )
    elif not isinstance(module, PASSING):
        _add_operation(draft, name, _copied(module, device))


def _copied(module: nn.Module, device: torch.device) -> Operation:
    copy = deepcopy(module).double().to(device).eval()
    if hasattr(copy, "inplace"):
        copy.inplace = False  # type: ignore[assignment]  # a flag of torch's activations
    return Operation(words=str(module), apply=copy)


def _recorded(node: fx.Node) -> Operation:
    """Return a function or method call; a copy goes in, since it may work in place."""

    def apply(value: Tensor) -> Tensor:
        given = value.clone()
        args, kwargs = fx.node.map_arg((node.args, node.kwargs), lambda _: given)
        if node.op == "call_method":
            found = getattr(args[0], str(node.target))(*args[1:], **kwargs)
        else:
            found = node.target(*args, **kwargs)  # type: ignore[operator]  # call_function
        return found.double()  # type: ignore[no-any-return]  # the network's own code

    arguments = [arg for arg in (*node.args, *node.kwargs.items()) if not isinstance(arg, fx.Node)]
    return Operation(words=f"{node.target} {arguments}", apply=apply)


def _add_operation(draft: Draft, name: str, operation: Operation) -> None:
    if draft.pending:
        raise NotAChainError(_unfolded(draft.pending[0]))
    if draft.layers:
        last = draft.layers[-1]
        draft.layers[-1] = replace(last, after=(*last.after, operation))
    elif not torch.equal(operation.apply(draft.sample), draft.sample):
        raise NotAChainError(f"{name} changes the input before the first Linear layer")


def _add_linear(draft: Draft, name: str, module: nn.Linear, device: torch.device) -> None:
    if any(layer.name == name for layer in draft.layers):
        raise NotAChainError(f"layer {name} is used more than once")
    weight = module.weight.detach().to(device).double().clone()
    bias = weight.new_zeros(len(weight))
    if module.bias is not None:
        bias = module.bias.detach().to(device).double().clone()
    if draft.pending:
        _, scale, shift = draft.pending
        bias, weight = bias + weight @ shift, weight * scale
        draft.pending = None
    draft.layers.append(Layer(name=name, weight=weight, bias=bias, after=()))


def _add_normalisation(
    draft: Draft, name: str, module: nn.BatchNorm1d, device: torch.device
) -> None:
    """Fold into the Linear layer before it, or keep for the one after it."""
    if module.running_mean is None or module.running_var is None:
        raise NotAChainError(f"layer {name} keeps no running statistics: a row depends on others")
    scale = 1 / torch.sqrt(module.running_var.detach().to(device).double() + module.eps)
    if module.weight is not None:
        scale *= module.weight.detach().to(device).double()
    shift = -module.running_mean.detach().to(device).double() * scale
    if module.bias is not None:
        shift += module.bias.detach().to(device).double()
    last = draft.layers[-1] if draft.layers else None
    if last is not None and not last.after and not draft.pending:
        draft.layers[-1] = replace(
            last, weight=last.weight * scale[:, None], bias=last.bias * scale + shift
        )
    elif draft.pending:
        _, first, moved = draft.pending
        draft.pending = (name, first * scale, moved * scale + shift)
    else:
        draft.pending = (name, scale, shift)


def _unfolded(name: str) -> str:
    return f"layer {name} is a BatchNorm1d without a Linear layer beside it"


def require_same(model: TorchModel, encoded: Encoded, chain: Chain, sample: Tensor) -> None:
    """Hold the chain against the network: hooks and the like are not in the record.

    Raises
    ------
    NotAChainError
        If they differ on the first of some rows.
    """
    few = {name: tensor[:FEW] for name, tensor in encoded.tensors.items()}
    with torch.no_grad():
        said = model.score(few)
    require_answers(chain, sample[: len(said)], said)


def require_answers(chain: Chain, x: Tensor, said: Tensor) -> None:
    """Hold the scores of a chain against those of the network, for the same rows.

    Raises
    ------
    NotAChainError
        If they differ, or a layer of the chain is applied along a sequence.
    """
    with torch.no_grad():
        try:
            steps, found = chain.walk(x), chain.scores(x).cpu()
        except RuntimeError as error:
            raise NotAChainError(f"its Linear layers do not fit in a row: {error}") from error
    for layer, (fed, _) in zip(chain.layers, steps, strict=True):
        if fed.ndim != TABLE:
            raise NotAChainError(f"layer {layer.name} is applied along a sequence, not to a row")
    near = said.cpu().double()
    if not torch.allclose(near, found, atol=CLOSE * _scale(near, chain.form), rtol=0):
        worst = float((near - found).abs().max())
        raise NotAChainError(
            f"layers {', '.join(layer.name for layer in chain.layers)} in a row do not compute "
            f"what the network answers (they differ by up to {worst:.2g})"
        )


def _scale(scores: Tensor, form: OutputForm) -> float:
    """Return what a difference of scores is measured by: 1 for probabilities."""
    return 1.0 if form.logit is not None else float(scores.abs().max())
