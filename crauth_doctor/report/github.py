"""The report as annotations of a GitHub workflow.

Source: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

from typing import Final

from ..fixes import words
from ..model.finding import Finding
from ..redaction import clean
from .document import Report
from .headline import headline

_MOST: Final = 10
"""GitHub shows so many of a kind for one step. Source: https://github.com/orgs/community/discussions/26680"""


def render(document: Report) -> str:
    """Return one workflow command a line: an error for the cause, warnings for what blocks too."""
    diagnosis = document.diagnosis
    cause = diagnosis.cause
    fix = f". Fix: {words.sentence(cause.finding.fixes[0])}" if cause and cause.finding and cause.finding.fixes else ""
    level = {0: "notice", 10: "error"}.get(document.exit.value, "warning")
    sandbox = "SANDBOX, not Google. " if document.sandbox else ""
    lines = [command(level, cause.rule if cause else diagnosis.conclusion.value, f"{sandbox}{headline(document)}{fix}")]
    lines += _counted("warning", [(o.rule, finding) for o, finding in document.elsewhere])
    lines += _counted("notice", [(o.rule, o.finding) for o in diagnosis.warnings if o.finding])
    return "".join(f"{line}\n" for line in lines)


def _counted(level: str, found: list[tuple[str, Finding]]) -> list[str]:
    shown = [command(level, rule, finding.title) for rule, finding in found[: _MOST - 2]]
    left = len(found) - len(shown)
    return [*shown, command(level, "more", f"{left} more are in the report.")] if left else shown


def command(level: str, title: str, message: str, *, file: str = "", line: int = 1) -> str:
    """Return one annotation."""
    where = f"file={_property(file)},line={line}," if file else ""
    return f"::{level} {where}title={_property(f'crauth-doctor: {title}')}::{_data(message)}"


def _data(text: str) -> str:
    return clean(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A").replace("##", "# #")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
