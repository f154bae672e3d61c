"""Functions of the user's own that the configuration names: found, hashed and called."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from audit.canonical import sha256_file, sha256_hex
from audit.errors import AuditError, nearest


@dataclass(frozen=True, kw_only=True)
class CodeRecord:
    """Code that the configuration names and that was run."""

    name: str
    sha256: str


@dataclass(frozen=True, kw_only=True)
class UserFunction:
    """A function of the user's own, and the hash of the file it stands in.

    Attributes
    ----------
    call : callable
    record : CodeRecord
    error : type of AuditError
        What goes wrong in it becomes.
    """

    call: Callable[..., Any]
    record: CodeRecord
    error: type[AuditError]

    def __call__(self, *arguments: Any) -> Any:  # noqa: ANN401 - whatever the function takes
        """Call the function; whatever goes wrong in it becomes an error of one line."""
        try:
            return self.call(*arguments)
        except AuditError:
            raise
        except (Exception, SystemExit) as error:
            raise self.error(
                f"{self.record.name} failed: {type(error).__name__}: {error}",
                "correct the function; it is called with "
                + ("the feature columns as a pandas frame" if arguments else "no arguments"),
            ) from error


def find_function(name: str, base: Path, error: type[AuditError]) -> UserFunction:
    """Import the function that ``file.py:function`` or ``package.module:function`` names.

    This runs the user's module. A file is looked for relative to `base`; its folder (for a module,
    `base`) can be imported from meanwhile. No bytecode is written.

    Raises
    ------
    AuditError
        Of type `error`, if the file, module or function does not exist, or importing it fails.
    """
    place, _, function = name.rpartition(":")
    if not place or not function.isidentifier():
        raise error(
            f"expected file.py:function or package.module:function, came {name!r}",
            "for example network.py:build",
        )
    module, source = (_from_file if place.endswith(".py") else _from_module)(place, base, error)
    call = getattr(module, function, None)
    if not callable(call):
        known = [key for key, value in vars(module).items() if callable(value) and key[0] != "_"]
        raise error(f"{place} has no function {function!r}", nearest(function, known))
    shown = f"{source.name if place.endswith('.py') else place}:{function}"
    record = CodeRecord(name=shown, sha256=sha256_file(source))
    return UserFunction(call=call, record=record, error=error)


def _from_file(place: str, base: Path, error: type[AuditError]) -> tuple[ModuleType, Path]:
    source = (base / place).resolve()
    if not source.is_file():
        siblings = [path.name for path in base.glob("*.py")] if base.is_dir() else []
        raise error(f"code file {place} does not exist", nearest(place, siblings))
    unique = f"audit_user_{sha256_hex(str(source).encode())[:12]}"
    spec = importlib.util.spec_from_file_location(unique, source)
    if spec is None or spec.loader is None:
        raise error(f"code file {place} cannot be imported")
    module = importlib.util.module_from_spec(spec)
    sys.modules[unique] = module  # dataclasses look their module up while it is being run
    with _importing(place, source.parent, error):
        spec.loader.exec_module(module)
    return module, source


def _from_module(place: str, base: Path, error: type[AuditError]) -> tuple[ModuleType, Path]:
    with _importing(place, base, error):
        module = importlib.import_module(place)
    if module.__file__ is None:
        raise error(f"{place} is a folder, not a module", "name the module of the function")
    return module, Path(module.__file__)


@contextmanager
def _importing(place: str, folder: Path, error: type[AuditError]) -> Iterator[None]:
    bytecode, path = sys.dont_write_bytecode, list(sys.path)
    sys.dont_write_bytecode = True
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    try:
        yield
    except (Exception, SystemExit) as problem:
        raise error(
            f"{place} cannot be imported: {type(problem).__name__}: {problem}",
            "it is looked for relative to the configuration file",
        ) from problem
    finally:
        sys.dont_write_bytecode, sys.path[:] = bytecode, path
