"""What became of a contract as annotations of a GitHub workflow, at the lines of its file."""

from __future__ import annotations

from ..github import command
from .results import ContractResults, ContractVerdict

_MOST = 9
"""Of one kind, beside the line that counts the rest: GitHub shows ten.

Source: https://github.com/orgs/community/discussions/26680
"""


def render(found: ContractResults) -> str:
    """Return one workflow command a line: errors for what is broken, warnings for what cannot be told."""
    levels = {
        ContractVerdict.BROKEN: "error",
        ContractVerdict.CANNOT_TELL: "notice" if found.tolerated else "warning",
    }
    lines = []
    for verdict, level in levels.items():
        clauses = [one for one in found.clauses if one.verdict is verdict]
        for one in clauses[:_MOST]:
            why = " ".join([f"{one.service}: {one.title}: {one.sentence}", *one.unread])
            lines.append(command(level, one.cause or one.expectation, why, file=found.file, line=one.line))
        if len(clauses) > _MOST:
            lines.append(command(level, "more", f"{len(clauses) - _MOST} more are in the report."))
    sandbox = "SANDBOX, not Google. " if found.sandbox else ""
    lines.append(command("notice", "contract", f"{sandbox}{found.summary}"))
    return "".join(f"{line}\n" for line in lines)
