"""The command line: parses and prints, nothing else."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from audit._version import __version__
from audit.config import load_config
from audit.errors import AuditError
from audit.registry import KINDS

MISTAKE, DIFFERS, CANNOT_TELL, INTERRUPTED = 2, 3, 4, 130

app = typer.Typer(
    help="Audit a neural network: group metrics with honest intervals, explanations, one report.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

ConfigArgument = Annotated[Path, typer.Argument(help="audit.yaml", show_default=False)]
OutputOption = Annotated[
    Path | None, typer.Option("--output", "-o", help="Folder for the results.", show_default=False)
]

TrustOption = Annotated[
    bool,
    typer.Option(
        "--trust",
        help="Let code inside the model file run (TorchScript, unknown types in .skops); the "
        "report says so.",
    ),
]


def main() -> None:
    """Run the command line; a mistake of the user is one line on stderr and exit code 2."""
    try:
        app()
    except KeyboardInterrupt:
        print("audit: interrupted; nothing was written", file=sys.stderr)
        sys.exit(INTERRUPTED)
    except AuditError as error:
        print(f"audit: {error}", file=sys.stderr)
        sys.exit(MISTAKE)


@contextmanager
def _interruptible(outcome: str = "nothing was written") -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        print(f"audit: interrupted; {outcome}", file=sys.stderr)
        raise typer.Exit(INTERRUPTED) from None


@app.command()
def init(
    model: Annotated[
        str,
        typer.Argument(
            help="A bundle folder, a model file (.onnx, .pt2, .skops, .keras, .h5) or Hugging Face "
            "folder, a weights file (.safetensors, .pt), file.py:function, or the name of a column "
            "of predictions."
        ),
    ],
    data: Annotated[Path, typer.Argument(help="The table: .csv, .csv.gz, .tsv or .parquet.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Where to write it.")] = Path(
        "audit.yaml"
    ),
    force: Annotated[bool, typer.Option(help="Overwrite an existing file.")] = False,
    trust: TrustOption = False,
) -> None:
    """Write a commented audit.yaml, guessed from the files."""
    from audit.draft import write_draft

    made = write_draft(model, data, output, force=force, trust=trust)
    print(f"Wrote {output}.")
    if made.checks:
        needs = " --trust" if made.trusted else ""
        print(f"Lines to check are marked CHECK ({made.checks}). Then: audit run {output}{needs}")
    else:
        print(f"Next: audit run {output}")


@app.command()
def run(config: ConfigArgument, output: OutputOption = None, trust: TrustOption = False) -> None:
    """Audit: writes report.html and audit.json."""
    settings = load_config(config)
    target = output or Path("reports") / slug(settings.name)
    with _interruptible():
        from audit.pipeline import run_to_folder
        from audit.progress import on_stderr

        result = run_to_folder(
            settings, target, base=config.parent, progress=on_stderr(), trust=trust
        )
    print(f"{result.evidence.title}: {result.verdict.word}")
    print(result.verdict.sentence)
    for note in result.evidence.model.notes:
        print(f"Note: {note}")
    print(f"Report:   {target / 'report.html'}")
    print(f"Evidence: {target / 'audit.json'}")


@app.command()
def train(config: ConfigArgument, output: OutputOption = None) -> None:
    """Train the network that the configuration describes and save it as a bundle."""
    settings = load_config(config)
    target = output or config.parent / "model"
    with _interruptible("the same command goes on after the last whole epoch"):
        from audit.pipeline import train_to_folder
        from audit.progress import on_stderr

        trained = train_to_folder(settings, target, base=config.parent, progress=on_stderr())
    record = trained.record
    kept = record.epochs[record.best_epoch - 1]
    if trained.resumed:
        print(f"Went on after epoch {trained.resumed} of a training that was interrupted.")
    print(f"Trained {len(record.epochs)} epochs; kept epoch {record.best_epoch}.")
    if kept.validation_loss is not None:
        losses = f"{kept.train_loss:.4f} in training, {kept.validation_loss:.4f} in validation"
        print(f"Loss: {losses}")
    print(f"Bundle: {target}")
    place = Path(os.path.relpath(target, config.parent)).as_posix()
    print(f"Next: set model: {{bundle: {place}/}} in {config.name}, then audit run {config}")


@app.command()
def compare(
    first: Annotated[Path, typer.Argument(help="Folder of the audit from before.")],
    second: Annotated[Path, typer.Argument(help="Folder of the audit from after.")],
    output: OutputOption = None,
) -> None:
    """Put two audits of the same rows side by side."""
    from audit.comparing import compare_folders

    found = compare_folders(first, second, output)
    print(f"{found.first.title}: {found.first.verdict}")
    print(f"{found.second.title}: {found.second.verdict}")
    counts = ", ".join(f"{count} {outcome}" for outcome, count in sorted(found.outcomes().items()))
    print(f"Disparities: {counts}")
    if output is not None:
        print(f"Report:   {output / 'comparison.html'}")
        print(f"Evidence: {output / 'comparison.json'}")


@app.command()
def report(
    audit_json: Annotated[Path, typer.Argument(help="An audit.json.")],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", help="By default report.html beside it.", show_default=False
        ),
    ] = None,
) -> None:
    """Render the report again from the evidence alone."""
    from audit.rendering import render_file

    print(f"Report: {render_file(audit_json, output or audit_json.with_name('report.html'))}")


@app.command()
def verify(
    directory: Annotated[Path, typer.Argument(help="The folder of an audit.")],
) -> None:
    """Recompute the hashes of an audit's folder and say what changed."""
    from audit.folder import verify as check

    try:
        found = check(directory)
    except AuditError as error:
        print(f"audit: {error}", file=sys.stderr)
        raise typer.Exit(CANNOT_TELL) from error
    for word, names in (
        ("changed", found.changed),
        ("missing", found.missing),
        ("added", found.added),
    ):
        for name in names:
            print(f"{word}: {name}")
    if not found.intact:
        raise typer.Exit(DIFFERS)
    print(f"{found.checked} files are as they were written.")


@app.command("list")
def list_names(
    kind: Annotated[
        str | None, typer.Argument(help=f"One of {', '.join(KINDS)}.", show_default=False)
    ] = None,
) -> None:
    """List the names that a configuration may use."""
    if kind is not None and kind not in KINDS:
        raise AuditError.unknown("kind", kind, KINDS)
    for name, registry in KINDS.items():
        if kind in (None, name):
            print(f"{name}:")
            for entry_name, entry in registry.entries.items():
                print(f"  {entry_name:<26} {entry.summary}")


def slug(name: str) -> str:
    """Return a name as the name of a folder: letters, digits, dots and dashes."""
    kept = "".join(char if char.isalnum() or char in "._-" else "-" for char in name)
    return kept.strip(".-")[:80] or "audit"


def _version(asked: bool) -> None:
    if asked:
        print(f"weight-audit {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass
