"""Tensors of an ONNX file: as large as they say, and kept in the folder of the file."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from audit.errors import ModelError

if TYPE_CHECKING:
    import onnx

LARGEST = 2**31 - 1
AGAIN = "export the model again"
INSIDE = "keep the weights in the folder of the model, and export it again"
PACKED = {"UINT4": 2, "INT4": 2, "FLOAT4E2M1": 2, "UINT2": 4, "INT2": 4}  # numbers in a byte
TYPED = ("float_data", "int32_data", "int64_data", "double_data", "uint64_data")


def tensors_of(graph: onnx.GraphProto) -> Iterator[onnx.TensorProto]:
    """Iterate over every tensor of a graph: weights, constants, and those of graphs inside it."""
    yield from graph.initializer
    for node in graph.node:
        for attribute in node.attribute:
            yield from (tensor for tensor in (attribute.t, *attribute.tensors) if tensor.data_type)
            for inner in (attribute.g, *attribute.graphs):
                yield from tensors_of(inner)


def require_honest(model: onnx.ModelProto, name: str) -> None:
    """Refuse tensors whose stated size is not that of their data, before any memory is taken.

    Raises
    ------
    ModelError
        Naming the tensor, what it claims and what is there; also for sparse tensors.
    """
    sparse = bool(model.graph.sparse_initializer) or any(
        attribute.HasField("sparse_tensor") or attribute.sparse_tensors
        for node in model.graph.node
        for attribute in node.attribute
    )
    if sparse:
        raise ModelError(f"{name} holds sparse tensors, which are not read", "export dense weights")
    for tensor in tensors_of(model.graph):
        count = _count(tensor, name)
        if not _external(tensor):
            _require_size(tensor, count, name)


def _count(tensor: onnx.TensorProto, name: str) -> int:
    if any(dim < 0 for dim in tensor.dims):
        raise ModelError(
            f"{name}: tensor {tensor.name!r} has shape {list(tensor.dims)[:8]}, below 0", AGAIN
        )
    count: int = math.prod(tensor.dims)
    if count > LARGEST:
        raise ModelError(
            f"{name}: tensor {tensor.name!r} claims {count:,} numbers, more than 2 GB hold", AGAIN
        )
    return count


def _external(tensor: onnx.TensorProto) -> bool:
    return bool(tensor.data_location == 1 or tensor.external_data)


def dtype_of(number: int) -> np.dtype[Any] | None:
    """Return numpy's type for one of ONNX's types of numbers; None for texts and unknown ones."""
    import onnx

    try:
        found = np.dtype(onnx.helper.tensor_dtype_to_np_dtype(number))
    except (KeyError, TypeError, ValueError):
        return None
    return None if found.kind == "O" else found


def bytes_of(tensor: onnx.TensorProto, count: int) -> int | None:
    """Return how many bytes so many numbers of a tensor's type take, or None for texts."""
    stated, kind = type_of(tensor), dtype_of(tensor.data_type)
    if stated in PACKED:
        return -(-count // PACKED[stated])
    return None if kind is None else int(count * kind.itemsize)


def type_of(tensor: onnx.TensorProto) -> str:
    """Return a tensor's type as ONNX names it, such as FLOAT; UNDEFINED for an unknown one."""
    import onnx

    known = onnx.TensorProto.DataType.values()
    stated = tensor.data_type if tensor.data_type in known else onnx.TensorProto.UNDEFINED
    return str(onnx.TensorProto.DataType.Name(stated))


def _require_size(tensor: onnx.TensorProto, count: int, name: str) -> None:
    if type_of(tensor) == "UNDEFINED":
        raise ModelError(f"{name}: tensor {tensor.name!r} is of no known type", AGAIN)
    needed = bytes_of(tensor, count)
    unit, there = "values", max(len(getattr(tensor, field)) for field in TYPED)
    claimed = count * (2 if type_of(tensor).startswith("COMPLEX") else 1)
    if needed is None:
        there = len(tensor.string_data)
    elif tensor.HasField("raw_data"):
        unit, there, claimed = "bytes", len(tensor.raw_data), needed
    elif type_of(tensor) in PACKED:
        claimed = needed
    if there != claimed:
        raise ModelError(
            f"{name}: tensor {tensor.name!r} of shape {list(tensor.dims)[:8]} needs {claimed:,} "
            f"{unit}, the file holds {there:,}",
            AGAIN,
        )


def load_external(model: onnx.ModelProto, path: Path) -> None:
    """Read weights that are kept in files beside the model into it.

    Raises
    ------
    ModelError
        If a file lies outside the model's folder (an absolute path, ``..`` or a link), is missing
        or shorter than stated, or all of them hold more than 2 GB.
    """
    total = 0
    for tensor in tensors_of(model.graph):
        if not _external(tensor):
            continue
        file, offset, length = _place(tensor, path)
        total += length
        if total > LARGEST:
            raise ModelError(f"{path.name} keeps more than 2 GB of weights beside it", AGAIN)
        with file.open("rb") as stream:
            stream.seek(offset)
            tensor.raw_data = stream.read(length)
        del tensor.external_data[:]
        tensor.data_location = type(tensor).DEFAULT


def _place(tensor: onnx.TensorProto, path: Path) -> tuple[Path, int, int]:
    stated = {entry.key: entry.value for entry in tensor.external_data}
    file = _file(stated.get("location", ""), tensor.name, path)
    needed = bytes_of(tensor, math.prod(tensor.dims))
    if needed is None or type_of(tensor) == "UNDEFINED":
        raise ModelError(f"{path.name}: tensor {tensor.name!r} is of a type not read", AGAIN)
    try:
        offset = int(stated.get("offset") or 0)
        length = int(stated.get("length") or needed)
    except ValueError as error:
        raise ModelError(f"{path.name}: tensor {tensor.name!r}: {error}", AGAIN) from error
    there = file.stat().st_size
    if offset < 0 or length != needed or offset + length > there:
        raise ModelError(
            f"{path.name}: tensor {tensor.name!r} needs {needed:,} bytes of {file.name} from byte "
            f"{offset:,}, stated are {length:,}, and the file has {there:,}",
            AGAIN,
        )
    return file, offset, length


def _file(location: str, tensor: str, path: Path) -> Path:
    folder = path.parent.resolve()
    file = folder / location
    outside = (
        not location
        or "\\" in location
        or "\0" in location
        or Path(location).is_absolute()
        or not file.resolve().is_relative_to(folder)
    )
    if outside:
        raise ModelError(
            f"{path.name}: weights of {tensor!r} are said to be at {location!r}, which is not in "
            "the folder of the model",
            INSIDE,
        )
    if not file.is_file():
        raise ModelError(f"{path.name}: its weights file {location!r} does not exist", INSIDE)
    return file


def as_array(tensor: onnx.TensorProto) -> NDArray[np.generic]:
    """Return the values of a tensor whose size was checked; texts as objects."""
    import onnx.numpy_helper

    if type_of(tensor) == "STRING":
        texts = [value.decode("utf-8", "replace") for value in tensor.string_data]
        return np.array(texts, dtype=object).reshape(tuple(tensor.dims))
    return onnx.numpy_helper.to_array(tensor)
