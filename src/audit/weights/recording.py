"""What the modules of a network take and give while it answers about a few rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from audit.models.inference import evaluating, seeded
from audit.models.model import Encoded, TorchModel
from audit.weights.chain import NotAChainError

TABLE = 2


@dataclass(frozen=True, kw_only=True)
class Call:
    """One call of a module.

    Attributes
    ----------
    given : dict of int or str to any
        What it took, by place or by keyword.
    gave : Tensor or None
        One row of numbers or less for each row; None where it gave something else.
    begun, done : int
        When, counted in such events.
    """

    given: dict[int | str, Any]
    gave: Tensor | None
    begun: int
    done: int


@dataclass(frozen=True, kw_only=True)
class Record:
    """A network that has answered about a few rows.

    Attributes
    ----------
    network : nn.Module
    encoded : Encoded
        The rows.
    scores : Tensor, shape (rows,)
        What the audit makes of its answer.
    names : dict of nn.Module to str
        Of every module, as the network calls them; the network itself by its type.
    calls : dict of nn.Module to list of Call
    """

    network: nn.Module
    encoded: Encoded
    scores: Tensor
    names: dict[nn.Module, str]
    calls: dict[nn.Module, list[Call]] = field(repr=False)

    def fed(self, module: nn.Module) -> Tensor:
        """Return what a module took from all rows, one after the other, as a table.

        Raises
        ------
        NotAChainError
            If that is not one row of numbers for each row, seen once.
        """
        found = [call.given.get(0) for call in self.calls.get(module, [])]
        tables = [item for item in found if isinstance(item, Tensor)]
        return as_table(tables if len(tables) == len(found) else [], self.names[module], self.rows)

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return len(self.scores)

    def gave(self, module: nn.Module) -> Tensor | None:
        """Return what a module gave for all rows, flat; None where that is no tensor."""
        calls = self.calls.get(module, [])
        parts = [call.gave.flatten() for call in calls if call.gave is not None]
        return torch.cat(parts) if parts and len(parts) == len(calls) else None

    def parts_like(self, module: nn.Module) -> Iterator[nn.Module]:
        """Yield the parts of a module that gave what it gave itself, outer ones first."""
        whole = self.gave(module)
        for part in module.modules():
            if part is not module and whole is not None:
                given = self.gave(part)
                if given is not None and torch.equal(given, whole):
                    yield part

    def done_before(self, module: nn.Module) -> nn.Module | None:
        """Return the last module with parameters that was done when another one began."""
        begun = self.calls[module][0].begun
        done = [
            (call.done, number, other)
            for number, (other, calls) in enumerate(self.calls.items())
            for call in calls
            if call.done < begun and any(True for _ in other.parameters())
        ]
        return max(done)[2] if done else None


def as_table(parts: list[Tensor], name: str, rows: int) -> Tensor:
    """Put together what a layer took, call after call, in the order of the rows.

    Raises
    ------
    NotAChainError
        If that is not one row of numbers for each of `rows` rows.
    """
    fit = [part for part in parts if part.ndim == TABLE and part.is_floating_point()]
    if not parts or len(fit) < len(parts) or sum(map(len, fit)) != rows:
        raise NotAChainError(
            f"layer {name} does not take one row of numbers for each row: "
            f"{', '.join(str(tuple(part.shape)) for part in parts) or 'nothing'} for {rows} rows"
        )
    return torch.cat(fit)


def record_of(model: TorchModel, encoded: Encoded) -> Record:
    """Ask a network about a few rows, and see what its modules take and give."""
    names = {module: name for name, module in model.network.named_modules()}
    names[model.network] = type(model.network).__name__
    with evaluating(model.network), seeded(0, model.device), torch.no_grad():
        with _watched(model.network) as calls:
            answer = model.answer(encoded.tensors)
        scores = model.form.score(answer)
    return Record(network=model.network, encoded=encoded, scores=scores, names=names, calls=calls)


@contextmanager
def _watched(network: nn.Module) -> Iterator[dict[nn.Module, list[Call]]]:
    calls: dict[nn.Module, list[Call]] = {}
    open_: list[tuple[int, dict[int | str, Any]]] = []
    events = 0

    def begin(_: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        nonlocal events
        events += 1
        given: dict[int | str, Any] = {n: _kept(value) for n, value in enumerate(args)}
        given.update({key: _kept(value) for key, value in kwargs.items()})
        open_.append((events, given))

    def end(module: nn.Module, _: Any, gave: Any) -> None:  # noqa: ANN401 - whatever it takes and gives
        nonlocal events
        events += 1
        begun, given = open_.pop()
        call = Call(given=given, gave=_table(gave), begun=begun, done=events)
        calls.setdefault(module, []).append(call)

    hooks = []
    for module in network.modules():
        if not isinstance(module, torch.jit.ScriptModule):
            hooks.append(module.register_forward_pre_hook(begin, with_kwargs=True))
            hooks.append(module.register_forward_hook(end))
    try:
        yield calls
    finally:
        for hook in hooks:
            hook.remove()


def _kept(value: Any) -> Any:  # noqa: ANN401 - whatever a module takes
    """Copy what a later step may work on in place."""
    small = isinstance(value, Tensor) and value.ndim <= TABLE
    return value.clone() if small else value


def _table(value: Any) -> Tensor | None:  # noqa: ANN401 - whatever a module gives
    """Keep what may be an answer, and nothing larger."""
    small = isinstance(value, Tensor) and value.ndim <= TABLE
    return value.clone() if small else None
