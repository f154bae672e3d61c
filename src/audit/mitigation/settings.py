"""The settings of a network's own training, for training it again or further."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from audit.config import Train
from audit.mitigation.mitigator import Refused

if TYPE_CHECKING:
    from audit.models.records import TrainingRecord


def settings_of(record: TrainingRecord | None, own: Mapping[str, Any] | None = None) -> Train:
    """Return the settings that a record states, with those of `own` in their place.

    Raises
    ------
    Refused
        If they are not settings of this version, for example of an architecture it does not know.
    """
    stated = record.settings if record else {}
    known = {name: value for name, value in stated.items() if name in Train.model_fields}
    try:
        return Train.model_validate(known | dict(own or {}))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise Refused(
            f"the record of the network's training says {place}: {first['input']!r}, which this "
            "version does not know",
            "use the version that trained it",
        ) from error
