"""What a Keras configuration says of a network, as plain values: layers, and who takes what."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from audit.errors import ModelError

Ref = tuple[str, int]
Settings = Mapping[str, Any]
MODELS = ("Sequential", "Functional", "Model")
DEEPEST = 20
MOST_LAYERS = 5_000
ONNX = 'export it instead, model.export("network.onnx", format="onnx"), and audit that file'
TENSOR = "__keras_tensor__"


@dataclass(frozen=True, kw_only=True)
class LayerSpec:
    """One layer.

    Attributes
    ----------
    name, kind : str
        Its name and its class in Keras.
    settings : mapping
        Its configuration.
    calls : tuple of tuple of (layer name, call)
        For each time that it is called, the outputs it takes.
    stored : str
        Under which name a .keras archive keeps its weights.
    inner : NetworkSpec or None
        Of a network within the network.
    """

    name: str
    kind: str
    settings: Settings
    calls: tuple[tuple[Ref, ...], ...]
    stored: str = ""
    inner: NetworkSpec | None = None


@dataclass(frozen=True, kw_only=True)
class NetworkSpec:
    """Layers in the order of the file, and which of them are inputs and outputs."""

    name: str
    layers: tuple[LayerSpec, ...]
    inputs: tuple[Ref, ...]
    outputs: tuple[Ref, ...]


def network_spec(config: object, file: str, depth: int = 0) -> NetworkSpec:
    """Return the network that a configuration (as parsed JSON) describes.

    Raises
    ------
    ModelError
        If it is no Sequential or functional model, holds custom objects, or is damaged.
    """
    if depth > DEEPEST:
        raise ModelError(f"{file}: models are nested deeper than {DEEPEST}", ONNX)
    try:
        return _network(config, file, depth)
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise ModelError(
            f"{file}: its configuration is damaged ({type(error).__name__}: {error})",
            "save the model again with Keras",
        ) from error


def _network(config: Any, file: str, depth: int) -> NetworkSpec:  # noqa: ANN401 - parsed JSON
    kind = config["class_name"]
    settings = config["config"]
    if kind not in MODELS or is_custom(config):
        raise ModelError(
            f"{file}: the model is a {kind}, a class of its own whose code is not in the file",
            f"a Sequential or functional model can be read; {ONNX}",
        )
    if isinstance(settings, list):  # Keras before 2.2.3
        settings = {"layers": settings, "name": "sequential"}
    if len(settings["layers"]) > MOST_LAYERS:
        raise ModelError(f"{file} has {len(settings['layers']):,} layers", ONNX)
    name = str(settings.get("name", "network"))
    if kind == "Sequential":
        return _sequential(name, settings, file, depth)
    layers = [_layer(item, file, depth) for item in settings["layers"]]
    return NetworkSpec(
        name=name,
        layers=_stored(layers),
        inputs=tuple(_refs(settings["input_layers"])),
        outputs=tuple(_refs(settings["output_layers"])),
    )


def _sequential(name: str, settings: Settings, file: str, depth: int) -> NetworkSpec:
    layers = [_layer(item, file, depth) for item in settings["layers"]]
    if not layers or layers[0].kind != "InputLayer":
        layers.insert(0, _first(settings, layers, file))
    chained = [layers[0]]
    for layer in layers[1:]:
        calls = (((chained[-1].name, 0),),)
        chained.append(replace(layer, calls=calls))
    return NetworkSpec(
        name=name,
        layers=_stored(chained),
        inputs=((chained[0].name, 0),),
        outputs=((chained[-1].name, 0),),
    )


def _first(settings: Settings, layers: Sequence[LayerSpec], file: str) -> LayerSpec:
    """Return the input that old files state in the first layer, or beside the layers."""
    own = layers[0].settings if layers else {}
    shape = own.get("batch_input_shape") or settings.get("build_input_shape")
    inner = layers[0].inner if layers else None
    if shape is None and inner is not None:
        entry = next(layer for layer in inner.layers if layer.name == inner.inputs[0][0])
        shape = input_shape(entry.settings)
    if shape is None:
        raise ModelError(
            f"{file} does not say how many inputs its network takes",
            "begin the network with keras.Input(shape=...) and save it again",
        )
    return LayerSpec(name="input", kind="InputLayer", settings={"batch_shape": shape}, calls=())


def input_shape(settings: Settings) -> Any:  # noqa: ANN401 - a list, or nothing
    """Return the shape that an input states, rows included, whatever the version of Keras."""
    return settings.get("batch_shape") or settings.get("batch_input_shape")


def _layer(item: Any, file: str, depth: int) -> LayerSpec:  # noqa: ANN401 - parsed JSON
    kind, settings = str(item["class_name"]), item["config"]
    name = str(item.get("name") or settings.get("name") or kind)
    if kind in MODELS and not is_custom(item):
        inner = network_spec(item, file, depth + 1)
        settings = {}
        name = str(item.get("name") or inner.name)
    else:
        inner = None
        require_known_code(kind, name, item, file)
    calls = tuple(_call(node, name, file) for node in item.get("inbound_nodes", ()))
    return LayerSpec(name=name, kind=kind, settings=settings, calls=calls, inner=inner)


def require_known_code(kind: str, name: str, item: Mapping[str, Any], file: str) -> None:
    """Refuse layers that are code: Lambda layers, custom classes, plain operations."""
    if kind in {"Lambda", "TFOpLambda", "SlicingOpLambda"}:
        raise ModelError(
            f"{file}: layer {name!r} is a {kind} layer, which holds Python code; code in a model "
            "file is never run",
            f"build the network from layers of Keras alone, or {ONNX}",
        )
    if is_custom(item):
        operation = ".ops." in str(item.get("module"))
        what = "an operation between layers" if operation else "a class of its own"
        raise ModelError(
            f"{file}: layer {name!r} ({kind}) is {what}, no layer of Keras that can be rebuilt",
            f"build the network from layers of Keras alone, or {ONNX}",
        )


def is_custom(item: Mapping[str, Any]) -> bool:
    """Tell whether a configuration names a class of the user's, or an operation."""
    module = item.get("module")
    ours = module is None or (
        re.fullmatch(
            r"(tf_)?keras(\.src)?(\.(layers|models|engine|activations)[\w.]*)?", str(module)
        )
        or module == "builtins"
    )
    return not ours or ">" in str(item.get("registered_name") or "")


def _call(node: Any, name: str, file: str) -> tuple[Ref, ...]:  # noqa: ANN401 - parsed JSON
    if isinstance(node, Mapping):
        refs, said = tuple(_tensors(node["args"])), node.get("kwargs") or {}
    else:
        items = [node] if node and isinstance(node[0], str) else list(node)
        refs = tuple((str(item[0]), int(item[1])) for item in items)
        said = {k: v for item in items if len(item) > 3 for k, v in (item[3] or {}).items()}  # noqa: PLR2004 - name, call, output, options
    more = {key: value for key, value in said.items() if value not in (None, False)}
    if more:
        raise ModelError(
            f"{file}: layer {name!r} is called with {min(more)!r}, which is not known", ONNX
        )
    return refs


def _tensors(value: Any) -> Iterator[Ref]:  # noqa: ANN401 - parsed JSON
    if isinstance(value, Mapping):
        if value.get("class_name") != TENSOR:
            raise ValueError(f"expected a tensor, came {value.get('class_name')}")
        layer, call, output = value["config"]["keras_history"]
        if output != 0:
            raise ValueError(f"layer {layer} has several outputs")
        yield str(layer), int(call)
    elif isinstance(value, list):
        for item in value:
            yield from _tensors(item)
    elif value is not None:
        raise ValueError(f"expected a tensor, came {value!r}")


def _refs(value: Any) -> Iterator[Ref]:  # noqa: ANN401 - parsed JSON
    if isinstance(value, Mapping):
        for item in value.values():
            yield from _refs(item)
    elif value and isinstance(value[0], str):
        yield str(value[0]), int(value[1])
    else:
        for item in value:
            yield from _refs(item)


def _stored(layers: Sequence[LayerSpec]) -> tuple[LayerSpec, ...]:
    """Give each layer the name under which .keras archives keep it: its class, and a number."""
    used: dict[str, int] = {}
    named = []
    for layer in layers:
        stem = _snake(layer.kind)
        stored = f"{stem}_{used[stem]}" if stem in used else stem
        used[stem] = used.get(stem, 0) + 1
        named.append(replace(layer, stored=stored))
    return tuple(named)


def _snake(name: str) -> str:
    name = re.sub(r"\W+", "", name)
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()
