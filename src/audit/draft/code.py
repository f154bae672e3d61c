"""What the Python files beside a network define; they are read, never run."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

BUILDERS = ("build", "make", "create", "network", "model", "build_model", "make_model")
ENCODERS = ("encode", "encoder", "preprocess")
NETWORKS = ("net", "network", "model", "classifier", "mlp")
MODULE = "Module"


@dataclass(frozen=True, kw_only=True)
class Place:
    """A name in a file, and the texts that stand in its definition and in the constants there."""

    file: Path
    name: str
    texts: frozenset[str]


def find_factory(folder: Path, stem: str) -> Place | None:
    """Return what seems to build the network whose weights are called `stem`.

    A function called like a builder, or a subclass of ``nn.Module``, either without arguments; the
    file called like the weights comes first, then functions before classes.
    """
    near, far = _files(folder, stem)
    return (
        _function(near, BUILDERS, 0)
        or _network(near, stem)
        or _function(far, BUILDERS, 0)
        or _network(far, stem)
    )


def find_encoder(folder: Path, stem: str) -> Place | None:
    """Return what seems to encode a frame; the file called `stem` comes first."""
    near, far = _files(folder, stem)
    return _function(near, ENCODERS, 1) or _function(far, ENCODERS, 1)


def _files(folder: Path, stem: str) -> tuple[list[Path], list[Path]]:
    paths = sorted(folder.glob("*.py"))
    return [p for p in paths if p.stem == stem], [p for p in paths if p.stem != stem]


def _function(files: Iterable[Path], names: Iterable[str], arguments: int) -> Place | None:
    found = {
        (node.name, path): node
        for path in files
        for node in _nodes(path)
        if isinstance(node, ast.FunctionDef) and _needed(node) == arguments
    }
    for wanted in names:
        for (name, path), node in found.items():
            if name == wanted:
                return Place(file=path, name=name, texts=_texts(path, node))
    return None


def _network(files: Iterable[Path], stem: str) -> Place | None:
    found = [(path, node) for path in files for node in _modules(path)]
    named = [item for item in found if item[1].name.lower() in (*NETWORKS, stem.lower())]
    if not found:
        return None
    path, node = (named or found)[-1]  # a file defines the whole network after its parts
    return Place(file=path, name=node.name, texts=frozenset())


def _modules(path: Path) -> Iterator[ast.ClassDef]:
    for node in _nodes(path):
        if not isinstance(node, ast.ClassDef):
            continue
        bases = {ast.unparse(base).rpartition(".")[2] for base in node.bases}
        made = [
            item
            for item in node.body
            if isinstance(item, ast.FunctionDef) and item.name == "__init__"
        ]
        if MODULE in bases and all(_needed(item) == 1 for item in made):
            yield node


def _nodes(path: Path) -> list[ast.stmt]:
    try:
        return ast.parse(path.read_bytes()).body
    except (OSError, SyntaxError, ValueError, RecursionError):
        return []


def _needed(node: ast.FunctionDef) -> int:
    named = node.args
    required = len(named.posonlyargs) + len(named.args) - len(named.defaults)
    return required + sum(default is None for default in named.kw_defaults)


def _texts(path: Path, function: ast.FunctionDef) -> frozenset[str]:
    constants = [node for node in _nodes(path) if isinstance(node, ast.Assign | ast.AnnAssign)]
    return frozenset(
        item.value
        for node in (function, *constants)
        for item in ast.walk(node)
        if isinstance(item, ast.Constant) and isinstance(item.value, str)
    )
