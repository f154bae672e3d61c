"""One operator as its translation sees it: what is constant, what is stated, what flows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from audit.models.onnx_graph import Array, Graph, Node


class NoTwinError(Exception):
    """A graph cannot become a torch network; says why."""

    @classmethod
    def of(cls, op: str, why: str = "has no torch twin") -> NoTwinError:
        """Build the error for an operator."""
        return cls(f"operator {op} {why}")


@dataclass(frozen=True, kw_only=True)
class Step:
    """A node in its graph.

    Attributes
    ----------
    node : Node
    graph : Graph
    """

    node: Node
    graph: Graph

    @property
    def flowing(self) -> tuple[str, ...]:
        """Return the inputs that depend on the rows, in order."""
        return tuple(name for name in self.node.inputs if name and not self._is_constant(name))

    def _is_constant(self, name: str) -> bool:
        return name in self.graph.constants

    def given(self, place: int) -> bool:
        """Tell whether there is an input at a place."""
        return place < len(self.node.inputs) and bool(self.node.inputs[place])

    def constant(self, place: int) -> Array | None:
        """Return a constant input, or None where there is none.

        Raises
        ------
        NoTwinError
            If the input depends on the rows.
        """
        if not self.given(place):
            return None
        name = self.node.inputs[place]
        if not self._is_constant(name):
            raise NoTwinError.of(
                self.node.op, f"takes a computed input {place + 1}, has no torch twin"
            )
        return self.graph.constants[name]

    def weight(self, place: int) -> Array:
        """Return a constant input that must be there.

        Raises
        ------
        NoTwinError
            If it is missing or depends on the rows.
        """
        found = self.constant(place)
        if found is None:
            raise NoTwinError.of(self.node.op, f"lacks its input {place + 1}")
        return found

    def stated(self, name: str, default: Any = None) -> Any:  # noqa: ANN401 - any attribute
        """Return an attribute."""
        return self.node.attributes.get(name, default)

    def numbers(self, name: str, place: int, default: Any = None) -> list[int] | None:  # noqa: ANN401 - a list or None
        """Return whole numbers that older opsets state and newer ones take as a constant input."""
        if name in self.node.attributes:
            return [int(item) for item in self.node.attributes[name]]
        found = self.constant(place)
        return default if found is None else [int(item) for item in np.ravel(found)]

    def number(self, name: str, place: int, default: Any = None) -> Any:  # noqa: ANN401 - a number or None
        """Return a number that older opsets state and newer ones take as a constant input."""
        if name in self.node.attributes:
            return self.node.attributes[name]
        found = self.constant(place)
        return default if found is None or found.size == 0 else np.ravel(found)[0].item()

    def rank(self, place: int = 0) -> int | None:
        """Return the number of dimensions of an input, where it is known."""
        return self.graph.rank(self.node.inputs[place])

    def axis(self, value: int) -> int:
        """Return an axis of the first input counted from the front, where its rank is known."""
        rank = self.rank()
        return value + rank if value < 0 and rank is not None else value

    def require(self, holds: bool, why: str) -> None:
        """Raise unless what the twin rests on holds.

        Raises
        ------
        NoTwinError
            Naming the operator and why.
        """
        if not holds:
            raise NoTwinError.of(self.node.op, f"{why} has no torch twin")
