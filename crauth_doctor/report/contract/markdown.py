"""What became of a contract in Markdown, for pull requests and the summary of a step."""

from __future__ import annotations

from typing import Final

from ..document import SANDBOX
from ..markdown_text import cell, escaped
from ..status import ExitStatus
from .results import ContractResults, ContractVerdict

_MARKS: Final = {ContractVerdict.MET: "✓", ContractVerdict.BROKEN: "✗", ContractVerdict.CANNOT_TELL: "?"}


def render(found: ContractResults) -> str:
    """Return the results as a heading and a table, with a newline at the end."""
    mark = {ExitStatus.BLOCKED: "✗", ExitStatus.CANNOT_TELL: "?"}.get(found.exit, "✓")
    lines = [f"## {mark} {escaped(found.file)}: {found.summary}", ""]
    if found.sandbox:
        lines += [SANDBOX, ""]
    lines += ["| | service | clause | why |", "|---|---|---|---|"]
    for one in found.clauses:
        cause = f" ({cell(one.cause)})" if one.cause else ""
        why = " ".join([escaped(one.sentence), *map(escaped, one.unread)])
        lines.append(
            f"| {_MARKS[one.verdict]} {one.verdict.value} | {cell(one.service)} | {cell(one.title)} | {why}{cause} |"
        )
    return "\n".join(lines) + "\n"
