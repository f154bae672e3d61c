"""An estimator out of a .skops file, its types checked before anything is made of them."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from audit.errors import ModelError
from audit.models.sklearn_archive import AGAIN, safe_archive
from audit.models.sklearn_types import beyond_safe

INSTALL = 'pip install "skops>=0.16"'
TREES = ("sklearn.tree._tree.Tree", "TreePredictor")
SHOWN = 5


def read_estimator(path: Path, *, trust: bool = False) -> tuple[Any, tuple[str, ...]]:
    """Read the object in a .skops file.

    Parameters
    ----------
    path : Path
    trust : bool
        Whether types that are not known to be safe are allowed; they are noted.

    Returns
    -------
    estimator : object
    notes : tuple of str
        What a reader must know: types that were allowed, versions that differ.

    Raises
    ------
    ModelError
        If skops is not there, the file is damaged or hostile, or holds types that are not known to
        be safe and `trust` is false. Nothing of these types is imported or run then.
    """
    skops = _skops()
    content = safe_archive(path)
    with _told(path):
        asked = skops.get_untrusted_types(data=content)
    unknown = beyond_safe(asked)
    if unknown and not trust:
        raise _untrusted(path, unknown)
    with _told(path), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        estimator = skops.loads(content, trusted=asked)
    allowed = (f"read with --trust, which allowed: {', '.join(unknown)}",) if unknown else ()
    return estimator, (*allowed, *_versions(caught))


def _skops() -> Any:  # noqa: ANN401 - a module
    try:
        import skops.io
    except ImportError as error:
        raise ModelError(
            "reading a .skops file needs skops, which is not there", INSTALL
        ) from error
    return skops.io


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Turn whatever goes wrong inside skops into one line: the file decides what that is."""
    try:
        yield
    except RecursionError as error:
        raise ModelError(f"{path.name} is nested too deeply", AGAIN) from error
    except MemoryError as error:
        raise ModelError(f"{path.name} needs more memory than there is", AGAIN) from error
    except Exception as error:
        raise ModelError(
            f"{path.name} is damaged, or from another version of skops or scikit-learn: "
            f"{type(error).__name__}: {error}",
            AGAIN,
        ) from error


def _untrusted(path: Path, types: tuple[str, ...]) -> ModelError:
    more = f" and {len(types) - SHOWN} more" if len(types) > SHOWN else ""
    trees = [name for name in types if name.endswith(TREES)]
    why = " (a crafted tree can read foreign memory)" if trees else ""
    return ModelError(
        f"{path.name} holds types that are not known to be safe: {', '.join(types[:SHOWN])}{more}"
        f"{why}",
        "if you trust who made the file, pass --trust; or audit its scores: "
        "predictions: {score: column}",
    )


def _versions(caught: list[warnings.WarningMessage]) -> tuple[str, ...]:
    """Say once for each version that parts of the estimator come from another scikit-learn."""
    from sklearn.exceptions import InconsistentVersionWarning

    found = (item.message for item in caught)
    pairs = {
        (item.original_sklearn_version, item.current_sklearn_version): None
        for item in found
        if isinstance(item, InconsistentVersionWarning)
    }
    return tuple(
        f"saved with scikit-learn {saved}, read with {current}: its answers may differ"
        for saved, current in pairs
    )
