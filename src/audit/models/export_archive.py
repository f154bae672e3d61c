"""A torch.export archive as plain values: its graph as JSON, its tensors as raw bytes, no pickle.

``torch.export.load`` unpickles sample inputs and constants and evaluates expressions, so that a
stranger's archive could run code in it. Weights, constants and the graph are all that is needed,
and since torch 2.9 these are raw bytes and JSON.
"""

from __future__ import annotations

import math
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from audit.errors import ModelError
from audit.models.archive import member_bytes, member_json, opened

AGAIN = "write it again with torch.export.save of torch 2.9 or newer"
MAJOR = 8
DTYPES: Mapping[int, torch.dtype] = {
    1: torch.uint8,
    2: torch.int8,
    3: torch.int16,
    4: torch.int32,
    5: torch.int64,
    6: torch.float16,
    7: torch.float32,
    8: torch.float64,
    12: torch.bool,
    13: torch.bfloat16,
}
DAMAGED = (KeyError, TypeError, IndexError, AttributeError, ValueError, StopIteration)


@dataclass(frozen=True, kw_only=True)
class ExportFile:
    """What an archive says.

    Attributes
    ----------
    name : str
        Of the file, for messages.
    graph : dict
        Inputs, nodes, outputs and shapes, as in its JSON.
    stored : dict of str to str
        From names in the graph to names of tensors.
    tensors : dict of str to Tensor
    inputs : tuple of str
        Names in the graph of what the user passes.
    output : str
        Name in the graph of the answer.
    """

    name: str
    graph: dict[str, Any]
    stored: dict[str, str]
    tensors: dict[str, Tensor]
    inputs: tuple[str, ...]
    output: str

    def sizes(self, name: str) -> tuple[int | None, ...]:
        """Return the shape of a value, None where a dimension was exported as dynamic."""
        sizes = self.graph["tensor_values"][name]["sizes"]
        return tuple(size.get("as_int") for size in sizes)


def read_export(path: Path) -> ExportFile:
    """Read a torch.export archive; nothing in it is run.

    Raises
    ------
    ModelError
        If it is damaged, written by a torch older than 2.9, or holds pickled parts that the
        network needs.
    """
    with opened(path) as archive:
        root = _root(archive, path)
        try:
            return _parts(archive, root, path)
        except DAMAGED as error:
            raise ModelError(
                f"{path.name} is damaged: {type(error).__name__}: {error}", AGAIN
            ) from error


def _root(archive: zipfile.ZipFile, path: Path) -> str:
    names = archive.namelist()
    found = [name for name in names if name.endswith("/models/model.json")]
    if len(found) == 1:
        return found[0].removesuffix("models/model.json")
    if "serialized_exported_program.json" in names:
        raise ModelError(f"{path.name} was written by a torch older than 2.9", AGAIN)
    raise ModelError(
        f"{path.name} is no torch.export archive: it holds no models/model.json", AGAIN
    )


def _parts(archive: zipfile.ZipFile, root: str, path: Path) -> ExportFile:
    said = member_json(archive, f"{root}models/model.json")
    if said["schema_version"]["major"] != MAJOR:
        raise ModelError(
            f"{path.name}: expected schema version {MAJOR}, came {said['schema_version']['major']}",
            AGAIN,
        )
    graph, signature = said["graph_module"]["graph"], said["graph_module"]["signature"]
    stored, inputs = _inputs(signature, path)
    return ExportFile(
        name=path.name,
        graph=graph,
        stored=stored,
        tensors={
            **_tensors(archive, f"{root}data/weights/", "weights", path),
            **_tensors(archive, f"{root}data/constants/", "constants", path),
        },
        inputs=inputs,
        output=_output(signature, path),
    )


def _inputs(signature: dict[str, Any], path: Path) -> tuple[dict[str, str], tuple[str, ...]]:
    stored, inputs = {}, []
    for spec in signature["input_specs"]:
        ((kind, item),) = spec.items()
        if kind in ("parameter", "buffer", "tensor_constant"):
            stored[item["arg"]["name"]] = item[f"{kind}_name"]
        elif kind == "user_input" and "as_tensor" in item["arg"]:
            inputs.append(item["arg"]["as_tensor"]["name"])
        else:
            raise ModelError(
                f"{path.name}: expected tensors as inputs, came {kind.replace('_', ' ')}",
                "export a network that takes tensors alone",
            )
    return stored, tuple(inputs)


def _output(signature: dict[str, Any], path: Path) -> str:
    kinds = [next(iter(spec)) for spec in signature["output_specs"]]
    if any("mutation" in kind for kind in kinds):
        raise ModelError(
            f"{path.name}: the network changes itself when it is asked (it was exported in "
            "training mode)",
            "call network.eval() and export it again",
        )
    if kinds != ["user_output"]:
        raise ModelError(
            f"{path.name}: expected one tensor as the answer, came {len(kinds)} outputs",
            "export a network whose forward returns one tensor",
        )
    return str(signature["output_specs"][0]["user_output"]["arg"]["as_tensor"]["name"])


def _tensors(archive: zipfile.ZipFile, folder: str, kind: str, path: Path) -> dict[str, Tensor]:
    if f"{folder}model.pt" in archive.namelist():
        raise ModelError(f"{path.name} holds pickled {kind} (written by an older torch)", AGAIN)
    listed = member_json(archive, f"{folder}model_{kind}_config.json")["config"]
    return {
        name: _tensor(archive, f"{folder}{item['path_name']}", name, item, path)
        for name, item in listed.items()
    }


def _tensor(
    archive: zipfile.ZipFile, member: str, name: str, item: dict[str, Any], path: Path
) -> Tensor:
    if item["use_pickle"] or item["tensor_meta"] is None:
        raise ModelError(
            f"{path.name}: {name!r} is pickled, which could run code",
            "export plain tensors, or run with --trust if you made the file yourself",
        )
    meta = item["tensor_meta"]
    if meta["dtype"] not in DTYPES:
        raise ModelError(f"{path.name}: {name!r} holds numbers of an unknown kind", AGAIN)
    sizes, strides = ([int(part["as_int"]) for part in meta[key]] for key in ("sizes", "strides"))
    offset, dtype = int(meta["storage_offset"]["as_int"]), DTYPES[meta["dtype"]]
    content = member_bytes(archive, member)
    _require_room(sizes, strides, offset, len(content) // dtype.itemsize, f"{path.name}: {name!r}")
    if not content or 0 in sizes:
        return torch.zeros(sizes, dtype=dtype)
    flat = torch.frombuffer(bytearray(content), dtype=dtype)
    return torch.as_strided(flat, sizes, strides, offset).contiguous()


def _require_room(
    sizes: list[int], strides: list[int], offset: int, there: int, where: str
) -> None:
    count = math.prod(map(int, sizes))
    reach = offset + sum((size - 1) * stride for size, stride in zip(sizes, strides, strict=True))
    negative = min([offset, *sizes, *strides]) < 0
    if negative or count > there or (count and reach >= there):
        raise ModelError(
            f"{where} claims {' × '.join(map(str, sizes))} numbers, and the file holds {there:,}",
            AGAIN,
        )
