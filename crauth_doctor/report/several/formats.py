"""The formats of several calls together, by the names that one report's formats have."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ...model.fact import ReadTiming
from .. import pairs, sarif
from ..layout import Look
from ..pairs import PairResult

NAMES: Final = ("text", "json", "html", "markdown", "sarif", "junit", "github")
"""Those that there are."""


def rendered(
    name: str, results: Sequence[PairResult], version: str, look: Look, taken: Sequence[ReadTiming] | None = None
) -> str:
    """Return what became of several calls in one of the formats."""
    match name:
        case "json":
            return pairs.as_json(results, version, taken)
        case "html":
            from . import html

            return html.render(results, version)
        case "markdown":
            from . import markdown

            return markdown.render(results)
        case "sarif":
            judged = [one.report for one in results if one.report is not None]
            failures = [f"{one.row[0]} from {one.row[1]}: {one.failure}" for one in results if one.report is None]
            return sarif.log(judged, version, pairs.status(results), failures)
        case "junit":
            from . import junit

            return junit.render(results)
        case "github":
            from . import github

            return github.render(results)
        case _:
            return pairs.as_text(results, look)
