"""A graph whose steps are layers in a row, as the plain stack that it is."""

from __future__ import annotations

from collections import OrderedDict

from torch import fx, nn


def as_stack(found: fx.GraphModule) -> nn.Sequential | None:
    """Return the layers as a plain stack, if each takes what the one before it gave."""
    first, *steps, last = found.graph.nodes
    previous = first
    for node in steps:
        if node.op != "call_module" or node.args != (previous,):
            return None
        previous = node
    if first.op != "placeholder" or last.args != (previous,) or not steps:
        return None
    names = [str(node.target) for node in steps]
    if len(set(names)) < len(names):
        return None
    return nn.Sequential(
        OrderedDict(
            (short, found.get_submodule(name))
            for short, name in zip(_short(names), names, strict=True)
        )
    )


def _short(names: list[str]) -> list[str]:
    """Take off the path that dotted names share; a stack's own names hold no dots."""
    dotted = [name for name in names if "." in name]
    paths = {name.rpartition(".")[0] for name in dotted}
    shared = f"{paths.pop()}." if len(paths) == 1 else ""
    short = [name.removeprefix(shared) for name in names]
    short = [name.replace(".", "_") for name in short]
    return short if len(set(short)) == len(short) else [name.replace(".", "_") for name in names]
