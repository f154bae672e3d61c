"""Sequence classifiers from a local Hugging Face folder; nothing is downloaded, and no code run."""

from __future__ import annotations

from pathlib import Path

import torch

from audit.config import ModelConfig
from audit.errors import ModelError
from audit.models.huggingface_encoder import read_encoder
from audit.models.huggingface_folder import Folder, opened_folder
from audit.models.huggingface_network import TextClassifier, read_network
from audit.models.model import TorchModel, pick_device
from audit.models.records import Output

TWO = 2
SEVERAL = "multi_label_classification"


def load_folder(
    config: ModelConfig, base: Path, *, device: torch.device | None = None
) -> TorchModel:
    """Load the sequence classifier in the folder that ``model.path`` names.

    Parameters
    ----------
    config : ModelConfig
        With path; the folder brings its tokenizer, so encode is refused, and output is needed only
        for a network with one label.
    base : Path
        Folder that paths are relative to.
    device : torch.device, optional
        By default the fastest there is.

    Returns
    -------
    TorchModel
        Takes one column of texts; its tensors are tokens, which have no gradients.

    Raises
    ------
    ModelError
        If transformers is not installed; the folder is damaged or hostile, names code of its own
        or holds pickled weights; or it does not choose one of its labels.
    """
    folder = opened_folder(base / (config.path or ""))
    if config.encode is not None:
        raise ModelError(
            f"model.encode: {folder.name} brings its own tokenizer", "leave model.encode out"
        )
    labels = _labels(folder)
    output = _output(folder, config, labels)
    encoder = read_encoder(folder)
    inner = read_network(folder)
    place = device or pick_device()
    network = TextClassifier(inner, padded_right=encoder.tokenizer.padding_side == "right")
    return TorchModel(
        network=network.eval().to(place),
        encoder=encoder,
        output=output,
        kind="huggingface",
        device=place,
        notes=(f"{folder.architecture}; texts are cut after {encoder.length} tokens",),
        width=1,
        classes=_classes(labels),
        outputs=len(labels) if len(labels) > 1 else None,
    )


def _labels(folder: Folder) -> tuple[str, ...]:
    """Return the labels in the order of the network's outputs."""
    named, stated = folder.config.get("id2label"), folder.config.get("num_labels")
    if named is None:
        count = stated if isinstance(stated, int) else TWO
        return tuple(f"LABEL_{place}" for place in range(count))
    whole = isinstance(named, dict) and set(named) == {str(place) for place in range(len(named))}
    if not whole:
        raise ModelError(
            f"{folder.name}config.json: expected id2label from '0', '1', ..., came {named}",
            "number the labels in the order of the network's outputs",
        )
    return tuple(str(named[str(place)]) for place in range(len(named)))


def _output(folder: Folder, config: ModelConfig, labels: tuple[str, ...]) -> Output:
    if not labels:
        raise ModelError(
            f"{folder.name} has no label", "save a sequence classifier with its labels"
        )
    if len(labels) > 1:
        if folder.config.get("problem_type") == SEVERAL:
            raise ModelError(
                f"{folder.name} decides on each of its {len(labels)} labels by itself ({SEVERAL})",
                "audit a network that chooses one of its labels",
            )
        return _stated(folder, config, "logits")
    if config.output is None:
        raise ModelError(
            f"{folder.name} has one label, which does not say what kind of score it is",
            f"say it: model: {{path: {folder.path.name}, output: logit}}",
        )
    if config.output in {"logits", "probabilities"}:
        raise ModelError(
            f"output: {config.output} was declared, but {folder.name} has one label",
            "declare output: logit, probability, or value for a regression",
        )
    return config.output


def _stated(folder: Folder, config: ModelConfig, found: Output) -> Output:
    if config.output not in {None, found}:
        raise ModelError(
            f"output: {config.output} was declared, but {folder.name} answers with {found}",
            f"declare output: {found}, or leave it out",
        )
    return found


def _classes(labels: tuple[str, ...]) -> tuple[str, ...] | None:
    """Return the labels as classes, unless they are the names that transformers makes up."""
    made_up = all(label == f"LABEL_{place}" for place, label in enumerate(labels))
    return None if made_up or len(labels) < TWO else labels
