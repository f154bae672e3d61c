"""Names and arguments in the graph of a torch.export archive, decoded from its JSON."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from audit.errors import ModelError
from audit.models.export_archive import DTYPES

INSTEAD = (
    "run with --trust, so that torch itself reads it (which can run code in it), or name a factory"
)
NAME = re.compile(r"[A-Za-z0-9_]+(\.[A-Za-z0-9_]+)*", re.ASCII)


@dataclass(frozen=True)
class Stored:
    """A tensor of the file; `turned` where the graph transposed it."""

    name: str
    turned: bool = False


def plain_name(name: str) -> str:
    """Return a name, refused where it is more than one: it becomes source text of a forward.

    Raises
    ------
    ModelError
        If it holds anything but letters, digits, underscores and dots between them.
    """
    if not NAME.fullmatch(name):
        raise ModelError(
            f"expected a plain name in the graph, came {name[:80]!r}",
            "export the network again; this file was made to do harm, or is damaged",
        )
    return name


def _symbol(values: Mapping[str, Any], item: Mapping[str, Any]) -> Any:  # noqa: ANN401 - step or number
    return values[item["as_name"]] if "as_name" in item else next(iter(item.values()))


DECODED: Mapping[str, Callable[[Mapping[str, Any], Any], Any]] = {
    "as_none": lambda _, value: None,
    "as_tensor": lambda values, item: values[item["name"]],
    "as_tensors": lambda values, items: [values[item["name"]] for item in items],
    "as_optional_tensors": lambda values, items: [
        values[item["as_tensor"]["name"]] if "as_tensor" in item else None for item in items
    ],
    "as_int": lambda _, value: int(value),
    "as_ints": lambda _, value: [int(item) for item in value],
    "as_float": lambda _, value: float(value),
    "as_floats": lambda _, value: [float(item) for item in value],
    "as_bool": lambda _, value: bool(value),
    "as_bools": lambda _, value: [bool(item) for item in value],
    "as_string": lambda _, value: str(value),
    "as_sym_int": _symbol,
    "as_sym_ints": lambda values, items: [_symbol(values, item) for item in items],
    "as_scalar_type": lambda _, value: DTYPES[value],
    "as_memory_format": lambda _, value: None,
    "as_layout": lambda _, value: None,
    "as_device": lambda _, value: None,
}


def value_of(argument: Mapping[str, Any], values: Mapping[str, Any], where: str) -> Any:  # noqa: ANN401 - any argument
    """Return an argument of a step: a number, a text, or what a name stands for.

    Raises
    ------
    ModelError
        If it is of a kind that is not known.
    """
    ((kind, value),) = argument.items()
    if kind not in DECODED:
        raise ModelError(f"{where}: an argument of kind {kind!r} is not known here", INSTEAD)
    return DECODED[kind](values, value)


def output_names(node: Mapping[str, Any]) -> list[str]:
    """Return the names of what a node gives."""
    names = []
    for item in node["outputs"]:
        ((kind, value),) = item.items()
        if kind == "as_tensors":
            names += [part["name"] for part in value]
        else:
            names.append(value.get("name") or value["as_name"])
    return names
