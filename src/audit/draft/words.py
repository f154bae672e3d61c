"""How names and paths are written in a draft."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

CHECK = "# CHECK:"
RESERVED = {"yes", "no", "on", "off", "y", "n", "true", "false", "null"}


def relative(path: Path, base: Path) -> str:
    """Return `path` as audit.yaml in `base` would name it."""
    return Path(os.path.relpath(path.absolute(), base.absolute())).as_posix()


def quoted(text: str) -> str:
    """Return a text as YAML; JSON strings are YAML strings, and plain words need no quotes."""
    plain = re.fullmatch(r"[A-Za-z_][\w./-]*", text) and text.lower() not in RESERVED
    return text if plain else json.dumps(text, ensure_ascii=False)
