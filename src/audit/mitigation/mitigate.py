"""Carrying out one mitigation: fitted and tuned without the test rows, which are asked last."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from audit.canonical import stable_id
from audit.errors import AuditError
from audit.mitigation.checking import mitigator, require_attribute
from audit.mitigation.mitigator import Mitigated, Mitigator, Outcome, Progress, Refused, Task
from audit.mitigation.results import MitigationRecord
from audit.mitigation.rows import divide

if TYPE_CHECKING:
    from audit.config import Mitigation
    from audit.data.dataset import Dataset, SensitiveAttribute
    from audit.models.model import TorchModel


EVEN = 0.5
"""The threshold where it decides nothing: of several classes, and of numbers."""


def mitigate(
    model: TorchModel | None,
    dataset: Dataset,
    config_item: Mitigation,
    *,
    number: int,
    threshold: float | None,
    seed: int = 0,
    minimum_group: int = 30,
    progress: Progress | None = None,
) -> Mitigated:
    """Carry out one mitigation of the baseline, or say why it cannot be.

    Parameters
    ----------
    model : TorchModel or None
        The baseline, left as it is; None where only predictions are known.
    dataset : Dataset
        Fitted on its training rows, tuned on its validation rows (a fifth of the training rows
        where there are none), asked about its test rows at the end.
    config_item : Mitigation
        Method and parameters.
    number : int
        Its place among the mitigations, from 1; part of the name.
    threshold : float or None
        Positive is score >= threshold; of several classes and of numbers it is not used.
    seed : int
        The same seed gives the same result, bit for bit, on the same CPU build.
    minimum_group : int
        Groups with fewer training rows take no part in a penalty.
    progress : callable, optional
        Called with (steps done, steps at most).

    Returns
    -------
    Mitigated
        With status ``refused`` where the mitigation cannot apply and ``failed`` where it broke
        off, and the reason; the audit goes on.

    Raises
    ------
    ConfigError
        If the method, a parameter or the sensitive attribute is unknown.
    """
    method = mitigator(config_item)
    require_attribute(
        method.attribute, [item.name for item in dataset.sensitive], config_item.method
    )
    attribute = _attribute(dataset, method)
    planned = _planned(config_item, method, attribute, dataset, number)
    try:
        task = Task(
            model=_network(model),
            dataset=dataset,
            attribute=attribute,
            rows=divide(dataset, seed),
            threshold=_cut(threshold, dataset),
            seed=seed,
            minimum_group=minimum_group,
            progress=progress,
        )
        outcome = method.apply(task)
        predictions = outcome.predict(dataset.splits["test"])
    except Refused as error:
        return Mitigated(record=replace(planned, status="refused", reason=str(error)))
    except AuditError as error:
        return Mitigated(record=replace(planned, status="failed", reason=str(error)))
    return Mitigated(
        record=_carried_out(planned, outcome),
        predictions=predictions,
        model=outcome.model,
        initial_state=outcome.initial_state,
    )


def _network(model: TorchModel | None) -> TorchModel:
    if model is None:
        raise Refused(
            "only predictions are known, and only for the test rows", "audit the network itself"
        )
    return model


def _cut(threshold: float | None, dataset: Dataset) -> float:
    if threshold is not None:
        return threshold
    if dataset.task == "binary":
        raise Refused("there is no threshold at which scores become decisions")
    return EVEN


def _attribute(dataset: Dataset, method: Mitigator) -> SensitiveAttribute:
    wanted = method.attribute or dataset.sensitive[0].name
    return next(item for item in dataset.sensitive if item.name == wanted)


def _planned(
    item: Mitigation,
    method: Mitigator,
    attribute: SensitiveAttribute,
    dataset: Dataset,
    number: int,
) -> MitigationRecord:
    parameters = _parameters(method, item.model_extra or {})
    short = item.method.rpartition(":")[2]
    return MitigationRecord(
        id=stable_id("mitigation", method=item.method, parameters=parameters, number=number),
        name=f"{short}-{number}",
        method=item.method,
        parameters=parameters,
        constraint=method.constraint,
        attribute=(attribute.name,),
        needs_sensitive_at_prediction=method.needs_sensitive_at_prediction
        or _is_feature(dataset, attribute.name),
        fitted_on="",
        tuned_on="",
    )


def _parameters(method: Mitigator, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return all parameters, defaults included, where the method can say them."""
    dump = getattr(method, "model_dump", None)
    return dict(dump(mode="json")) if callable(dump) else dict(given)


def _is_feature(dataset: Dataset, name: str) -> bool:
    return any(
        column.name == name and "feature" in column.roles for column in dataset.record.columns
    )


def _carried_out(planned: MitigationRecord, outcome: Outcome) -> MitigationRecord:
    return replace(
        planned,
        fitted_on=outcome.fitted_on,
        tuned_on=outcome.tuned_on,
        selected=outcome.selected,
        sha256=_sha256(outcome.model),
    )


def _sha256(model: TorchModel | None) -> str | None:
    if model is None:
        return None
    from audit.models.weights_file import weights_sha256

    return weights_sha256(model.network.state_dict())
