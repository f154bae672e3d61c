"""A first audit.yaml, guessed from a model and a table, with every guess marked."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from audit.config.data import MISSING
from audit.data.columns import kind_of
from audit.data.table import Table, read_file
from audit.draft.bundle import Known, read_known
from audit.draft.columns import guess_parts, sensitive_lines
from audit.draft.model_file import read_model
from audit.draft.network import encoder_of, feature_lines, model_lines
from audit.draft.task import task_lines, tolerance_line
from audit.draft.words import CHECK, quoted, relative
from audit.errors import ConfigError, DataError, nearest


def write_draft(
    model: str, data: Path, output: Path, *, force: bool = False, trust: bool = False
) -> Draft:
    """Write a commented audit.yaml, and return it.

    Parameters
    ----------
    model : str
        A bundle folder, a model file or folder of any format, a weights file, file.py:function, or
        the name of a column of predictions.
    data : Path
        The table.
    output : Path
        Where to write it; paths inside are relative to its folder.
    force : bool
        Overwrite an existing file.
    trust : bool
        Whether code inside a model file may run.

    Raises
    ------
    AuditError
        If the table or the model cannot be recognised, or `output` exists.
    """
    if output.exists() and not force:
        raise ConfigError(f"{output}: exists already", "overwrite it with --force")
    if not data.is_file():
        names = [item.name for item in data.absolute().parent.glob("*") if item.is_file()]
        raise DataError(f"{data}: no such file", nearest(data.name, names))
    table = read_file(data, name=data.name, missing=MISSING)
    made = draft(model, table, relative(data, output.parent), output.parent, trust=trust)
    try:
        output.write_bytes(made.text.encode())
    except UnicodeEncodeError as error:
        raise ConfigError(
            f"{model!r}, {data.name!r}: expected names in UTF-8, came other bytes",
            "rename the file",
        ) from error
    except OSError as error:
        raise ConfigError(f"{output}: cannot be written ({error.strerror})") from error
    return made


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A commented audit.yaml, and whether the model it names can be read with trust only."""

    text: str
    trusted: bool

    @property
    def checks(self) -> int:
        """Return how many lines a human should check."""
        return self.text.count(CHECK)


def draft(model: str, table: Table, data: str, base: Path, *, trust: bool = False) -> Draft:
    """Draft a commented audit.yaml."""
    score = model if model in table.frame.columns else None
    told = None if score else read_model(model, trust=trust)
    known = Known() if score else read_known(model)
    if told is not None:
        known = Known(inputs=told.features or (), task=told.task)
    said = table.frame[score] if score else None
    guess = guess_parts(table, {score} if score else set(), known, said)
    encoder = None if score or told else encoder_of(model)
    lines = [
        "# What is audited, on whom, and between which groups. Every key is described in",
        "# docs/config.md; names are checked before anything runs.",
        f"name: {quoted(Path(data).name.partition('.')[0] or 'audit')}",
        "data:",
        f"  path: {quoted(data)}",
        f"  target: {guess.target_line}",
        *task_lines(guess.task),
        *sensitive_lines(guess.sensitive, table),
        *feature_lines(model, score, guess, table, encoder=encoder, told=told),
        "  intersections: 2          # cross attributes two by two; 1 turns this off",
        f"  split: {guess.split_line}" if not score else "  # split: every row is audited",
        *model_lines(model, score, table, base, encoder=encoder, told=told, task=guess.task),
        "metrics:",
        *([f"  threshold: {_threshold(score, table)}"] if guess.task == "binary" else []),
        "  confidence: 0.95",
        tolerance_line(guess.task),
        "  minimum_group: 30         # smaller groups are suppressed, and named",
        "statements:                 # what only a human can say; left out, it reads NOT PROVIDED",
        "  # intended_use: what the model is for, and what it must not be used for",
        "  # choice_of_threshold: who chose the threshold and the tolerance, and why",
        "  # prepared_by: your name",
        "seed: 0",
    ]
    return Draft(text="\n".join(lines) + "\n", trusted=told is not None and told.trusted)


def _threshold(score: str | None, table: Table) -> str:
    middle = 0.5
    if score is not None and kind_of(table.frame[score]) == "number":
        column = table.frame[score]
        inside = column.min() >= 0 and column.max() <= 1
        middle = middle if inside else float(column.median())
    return f"{middle:g}            {CHECK} positive is score >= threshold"
