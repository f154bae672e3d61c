"""Results to coded findings and the verdict, by a rule that is printed."""

from audit.findings.conclusions import conclude
from audit.findings.drawing import Results
from audit.findings.records import Finding, Severity, Verdict, VerdictWord
from audit.findings.verdict import RULE, verdict_word
from audit.findings.words import forbidden_words

__all__ = [
    "RULE",
    "Finding",
    "Results",
    "Severity",
    "Verdict",
    "VerdictWord",
    "conclude",
    "forbidden_words",
    "verdict_word",
]
