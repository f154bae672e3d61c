"""What figures depend on: the configuration as given, and the versions that computed them."""

from __future__ import annotations

import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path, PurePath
from typing import Any

from audit.canonical import canonical_json, sha256_hex
from audit.config import AuditConfig
from audit.evidence import ConfigRecord, Environment

LIBRARIES = ("captum", "matplotlib", "numpy", "pandas", "scikit-learn", "scipy", "torch")


def config_record(config: AuditConfig) -> ConfigRecord:
    """Return the configuration with its defaults and its hash; absolute paths lose their folder."""
    values = _plain(config.model_dump(mode="python"))
    return ConfigRecord(values=values, sha256=sha256_hex(canonical_json(values)))


def environment(device: str) -> Environment:
    """Return the versions of everything that computed the figures; no user, host or path."""
    return Environment(
        python=".".join(str(part) for part in sys.version_info[:3]),
        machine=f"{platform.system()} {platform.machine()}",
        device=device,
        threads=_threads(),
        libraries={name: found for name in LIBRARIES if (found := _version(name))},
    )


def _plain(value: Any) -> Any:  # noqa: ANN401 - any configuration value
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, PurePath):
        return value.name if value.is_absolute() else Path(value).as_posix()
    if isinstance(value, str) and ":" in value and PurePath(value.rpartition(":")[0]).is_absolute():
        # A function in a file named by an absolute path.
        return PurePath(value).name
    return value


def _threads() -> int:
    torch = sys.modules.get("torch")
    return int(torch.get_num_threads()) if torch else os.cpu_count() or 1


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
