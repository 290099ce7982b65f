"""What became of several calls, as annotations of a GitHub workflow."""

from __future__ import annotations

from collections.abc import Sequence

from .. import github
from ..pairs import PairResult


def render(results: Sequence[PairResult]) -> str:
    """Return the workflow commands of each, one a line."""
    return "".join(github.render(one.report) if one.report else _failed(one) for one in results)


def _failed(one: PairResult) -> str:
    line = github.command("error", "not judged", f"{one.row[0]} from {one.row[1]}: {one.failure}")
    return f"{line}\n"
