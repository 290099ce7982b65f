"""What became of several calls, in Markdown: a table, then each report that is not clear."""

from __future__ import annotations

from collections.abc import Sequence

from .. import markdown
from ..markdown_text import cell, escaped
from ..pairs import HEADS, PairResult, summary
from ..status import ExitStatus


def render(results: Sequence[PairResult]) -> str:
    """Return the table and the reports, with a newline at the end."""
    rows = [tuple(cell(each) if each else "" for each in one.row) for one in results]
    table = [f"| {' | '.join(row)} |" for row in (HEADS, ("---",) * len(HEADS), *rows)]
    blocks = [f"## {escaped(summary(results))}", "\n".join(table)]
    for one in results:
        if one.report is None:
            said = f"{one.row[0]} from {one.row[1]} could not be judged."
            blocks += [f"## ? {escaped(said)}", escaped(one.failure)]
        elif one.exit is not ExitStatus.CLEAR:
            blocks.append(markdown.render(one.report).rstrip("\n"))
    return "\n\n".join(blocks) + "\n"
