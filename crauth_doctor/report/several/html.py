"""What became of several calls as one page: the table, then each call that is not clear."""

from __future__ import annotations

from collections.abc import Sequence

from .. import html, pairs
from ..document import time_of
from ..pages.frame import framed
from ..pairs import HEADS, PairResult
from ..status import ExitStatus


def render(results: Sequence[PairResult], version: str) -> str:
    """Return the page, with a newline at the end."""
    reports = [one.report for one in results if one.report]
    return framed(
        "several.html.j2",
        pairs.summary(results),
        version,
        pairs.as_json(results, version),
        summary=pairs.summary(results),
        sandbox=any(one.sandbox for one in reports),
        checked_at=time_of(reports[0].checked_at) if reports else None,
        heads=HEADS,
        rows=[(one.row, html.tone(one.exit)) for one in results],
        calls=[
            (no, f"{one.row[0]} from {one.row[1]}", one.failure, html.values(one.report) if one.report else None)
            for no, one in enumerate(results, 1)
            if one.exit is not ExitStatus.CLEAR
        ],
        exit=pairs.status(results).value,
    )
