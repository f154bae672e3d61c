"""What an audit gives back in Python: tables, the report, and a folder on request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from audit import folder
from audit.errors import EvidenceError
from audit.evidence import Evidence, to_json
from audit.findings import Finding, Verdict
from audit.findings.words import group_words

if TYPE_CHECKING:
    import pandas as pd

Record = TypeVar("Record")


@dataclass(frozen=True)
class Records(Sequence[Record], Generic[Record]):
    """Results of one kind, as a sequence and as a frame."""

    items: tuple[Record, ...]

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.items)

    def __getitem__(self, index: Any) -> Any:  # noqa: ANN401 - a position or a slice
        """Return one, or several as Records."""
        found = self.items[index]
        return Records(found) if isinstance(index, slice) else found

    def __iter__(self) -> Iterator[Record]:
        """Iterate over them."""
        return iter(self.items)

    def to_frame(self) -> pd.DataFrame:
        """Return one row each; groups in words, intervals in columns ``interval_low`` and so on."""
        import pandas as pd

        return pd.DataFrame([_flat(asdict(item)) for item in self.items])  # type: ignore[call-overload]  # Record is always a dataclass

    def _repr_html_(self) -> str:
        return self.to_frame().to_html(max_rows=60)


@dataclass(frozen=True, kw_only=True)
class AuditResult:
    """A finished audit.

    Attributes
    ----------
    evidence : Evidence
        Everything that was found, as it is written to audit.json.
    files : mapping of str to bytes
        Further files of the audit's folder, for example the bundle of a network trained in it.
    started : datetime
    seconds : float
    """

    evidence: Evidence
    files: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    started: datetime = field(default_factory=lambda: datetime.now(UTC), repr=False)
    seconds: float = field(default=0.0, repr=False)

    @property
    def verdict(self) -> Verdict:
        """The verdict, with its rule."""
        return self.evidence.verdict

    @property
    def findings(self) -> Records[Finding]:
        """Findings, most severe first."""
        return Records(self.evidence.findings)

    @property
    def metrics(self) -> Records[Any]:
        """Each metric of each group."""
        return Records(self.evidence.metrics)

    @property
    def disparities(self) -> Records[Any]:
        """Each comparison between groups."""
        return Records(self.evidence.disparities)

    @property
    def explanations(self) -> Records[Any]:
        """Attributions, global, by group and for each gap."""
        return Records(self.evidence.explanations)

    @property
    def ledgers(self) -> Records[Any]:
        """Weight ledgers: which units, weights and biases carry each gap."""
        return Records(self.evidence.weights.ledgers)

    def ledger(self, kind: str = "carrier", **wanted: str) -> Records[Any]:
        """Return the entries of the first ledger of a kind.

        Parameters
        ----------
        kind : {"carrier", "bias", "change"}
        **wanted : str
            Further fields: ``cut="fc1"``, ``level="unit"``, ``gap="equal_opportunity"``, ...

        Raises
        ------
        EvidenceError
            If there is none.
        """
        asked = {"kind": kind, **wanted}
        for item in self.evidence.weights.ledgers:
            if all(getattr(item, name, None) == value for name, value in asked.items()):
                return Records(item.entries)
        cuts = sorted({item.cut for item in self.evidence.weights.ledgers})
        raise EvidenceError(
            f"no ledger with {asked}", f"there are cuts {', '.join(cuts) or 'none'}"
        )

    @property
    def mitigations(self) -> Records[Any]:
        """Mitigations, carried out or refused."""
        return Records(self.evidence.mitigations)

    @property
    def comparisons(self) -> Records[Any]:
        """What each mitigation changed, on the same rows."""
        return Records(self.evidence.comparisons)

    def to_json(self) -> bytes:
        """Return the evidence as canonical JSON."""
        return to_json(self.evidence)

    def report(self) -> bytes:
        """Return the report: one self-contained HTML page, UTF-8."""
        from audit.report import render

        return render(self.evidence)

    def save(self, path: str | Path) -> Path:
        """Write the audit's folder: report.html, audit.json, run.json, SHA256SUMS and models.

        Returns
        -------
        Path
            The folder.

        Raises
        ------
        EvidenceError
            If the folder cannot be written to or holds files that no audit wrote.
        """
        target = Path(path)
        folder.require_writable(target)
        first = folder.first_run(target) or self.started.date().isoformat()
        started = self.started.isoformat(timespec="seconds")
        content = {
            **self.files,
            folder.EVIDENCE: self.to_json(),
            folder.REPORT: self.report(),
            folder.RUN: folder.run_record(first, started, self.seconds),
        }
        folder.write(target, content)
        return target

    def _repr_html_(self) -> str:
        verdict = self.verdict
        items = "".join(
            f"<li><b>{escape(finding.severity)}</b> {escape(finding.text)}</li>"
            for finding in self.findings
        )
        return (
            f"<h3>{escape(self.evidence.title)}: {escape(verdict.word)}</h3>"
            f"<p>{escape(verdict.sentence)}</p><ul>{items}</ul>"
        )


def _flat(values: Mapping[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in values.items():
        if name in ("group", "a", "b"):
            flat[name] = group_words(value)
        elif name in ("interval", "family"):
            keys = INTERVAL if name == "interval" else FAMILY
            flat.update({f"{name}_{key}": (value or {}).get(key) for key in keys})
        else:
            flat[name] = value
    return flat


INTERVAL = ("low", "high", "level", "method", "simultaneous")
FAMILY = ("name", "size", "method")
