"""Where whole numbers enter a network: its embeddings, whose outputs can be put in their place.

No gradient reaches a token's number, but one reaches its embedding. `find_entries` looks which
`nn.Embedding` modules are called with exactly a given tensor; `Entered` is the network as a
function of what they give, while the numbers themselves are still passed on, for masks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from audit.errors import ModelError
from audit.models.model import Tensors, TorchModel

Seen = Callable[[str, Tensor], Tensor | None]


class NoEntryError(ModelError):
    """Whole numbers do not enter the network through an embedding."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One embedding that is called with one tensor.

    Attributes
    ----------
    tensor : str
    module : str
        Its name in the network.
    copied : bool
        Whether it is called with a copy of the tensor, which is known by its values alone.
    """

    tensor: str
    module: str
    copied: bool = False

    @property
    def key(self) -> str:
        """Return the name of its output among the tensors that `Entered` takes."""
        return f"{self.tensor} through {self.module or 'the network'}"


def find_entries(model: TorchModel, tensors: Tensors, names: tuple[str, ...]) -> tuple[Entry, ...]:
    """Find the embeddings that are called with the tensors of these names, or with parts of them.

    Parameters
    ----------
    model : TorchModel
        In evaluation mode; it is asked once.
    tensors : dict of str to Tensor
        Some rows of everything that it takes.
    names : tuple of str
        Of tensors of whole numbers.
    """
    own = _own(tensors, names)
    calls: list[tuple[str, Tensor]] = []

    def seen(module: str, numbers: Tensor) -> None:
        calls.append((module, numbers))

    with torch.no_grad(), _seeing(_modules(model.network), seen):
        model.answer(own)
    return tuple(entry for name in names for entry in _entries(name, own[name], calls))


def _entries(name: str, own: Tensor, calls: list[tuple[str, Tensor]]) -> list[Entry]:
    same = [module for module, numbers in calls if _places(numbers, own) is not None]
    if same:
        return [Entry(tensor=name, module=module) for module in dict.fromkeys(same)]
    told_apart = bool((own != own.flatten()[0]).any())
    alike = [module for module, numbers in calls if told_apart and _equal(numbers, own)]
    return [Entry(tensor=name, module=module, copied=True) for module in dict.fromkeys(alike)]


def embedded(network: nn.Module, entry: Entry, numbers: Tensor) -> Tensor:
    """Return what an embedding gives for some numbers, with one dimension more.

    Raises
    ------
    NoEntryError
        If it has no row for one of them.
    """
    try:
        with torch.no_grad():
            found: Tensor = network.get_submodule(entry.module)(numbers.long())
    except (IndexError, RuntimeError) as error:
        raise NoEntryError(
            f"tensor {entry.tensor!r}: embedding {entry.module!r} has no row for one of its "
            f"numbers ({int(numbers.min())} to {int(numbers.max())})"
        ) from error
    return found


class Entered(nn.Module):
    """A network that also takes what its embeddings give, under the keys of the entries."""

    def __init__(self, network: nn.Module, entries: tuple[Entry, ...]) -> None:
        super().__init__()
        self.network, self.entries = network, entries

    def forward(self, **tensors: Tensor) -> Any:  # noqa: ANN401 - what the network answers
        """Answer with the given embeddings in place of the network's own.

        Raises
        ------
        NoEntryError
            If an embedding is not called with the tensor that was found to enter through it.
        """
        given = {entry.key: tensors.pop(entry.key) for entry in self.entries}
        own = _own(tensors, tuple(dict.fromkeys(entry.tensor for entry in self.entries)))
        used: set[str] = set()

        def put(module: str, numbers: Tensor) -> Tensor | None:
            for entry in self.entries:
                if entry.module == module:
                    found = _put(entry, numbers, own[entry.tensor], given[entry.key])
                    if found is not None:
                        used.add(entry.key)
                        return found
            return None

        modules = {entry.module: self.network.get_submodule(entry.module) for entry in self.entries}
        with _seeing(modules, put):
            answer = self.network(*own.values()) if len(own) == 1 else self.network(**own)
        self._require_used(used)
        return answer

    def _require_used(self, used: set[str]) -> None:
        for entry in self.entries:
            if entry.key not in used:
                raise NoEntryError(
                    f"embedding {entry.module!r} is called with tensor {entry.tensor!r} for some "
                    "rows and not for others"
                )


def _own(tensors: Mapping[str, Tensor], names: tuple[str, ...]) -> Tensors:
    """Return the tensors, those of whole numbers in memory of their own: whose parts tell them."""
    return {
        name: tensor.clone(memory_format=torch.contiguous_format) if name in names else tensor
        for name, tensor in tensors.items()
    }


def _modules(network: nn.Module) -> dict[str, nn.Module]:
    return {
        name: module
        for name, module in network.named_modules()
        if isinstance(module, nn.Embedding) and not isinstance(module, torch.jit.ScriptModule)
    }


@contextmanager
def _seeing(modules: Mapping[str, nn.Module], seen: Seen) -> Iterator[None]:
    """Show what these modules are called with; what `seen` returns takes their output's place."""

    def hooked(name: str) -> Callable[..., Tensor | None]:
        def hook(_: nn.Module, args: Any, named: Any, __: object) -> Tensor | None:  # noqa: ANN401 - of a call
            numbers = args[0] if args else named.get("input")
            return seen(name, numbers) if isinstance(numbers, Tensor) else None

        return hook

    handles = [
        module.register_forward_hook(hooked(name), with_kwargs=True)
        for name, module in modules.items()
    ]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _put(entry: Entry, numbers: Tensor, own: Tensor, given: Tensor) -> Tensor | None:
    if entry.copied:
        return given if _equal(numbers, own) else None
    places = _places(numbers, own)
    if places is None:
        return None
    whole = numbers.shape == own.shape and numbers.is_contiguous()
    return given if whole else given.flatten(0, own.ndim - 1)[places]


def _places(numbers: Tensor, own: Tensor) -> Tensor | None:
    """Return which places of `own` a view of it shows, from which padding may be cut off."""
    if numbers.untyped_storage().data_ptr() != own.untyped_storage().data_ptr():
        return None
    if numbers.dtype != own.dtype:
        return None
    places = torch.arange(own.numel(), device=own.device)
    return places.as_strided(numbers.shape, numbers.stride(), numbers.storage_offset())


def _equal(numbers: Tensor, own: Tensor) -> bool:
    return numbers.shape == own.shape and bool((numbers == own).all())
